using System.Globalization;
using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>An MLS-Lite group: what it is called here, and how far it is.</summary>
/// <param name="Name">What it is called here.</param>
/// <param name="Id">16 hexadecimal digits.</param>
/// <param name="Cipher"><c>chacha20-poly1305</c> or <c>aes-ccm-8</c>.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="EpochTag">The epoch's tag on the wire: 4 hexadecimal digits.</param>
/// <param name="Counter">Messages that this node has made in it.</param>
/// <param name="Members">Who is in it.</param>
public sealed record LiteGroupInfo(
    string Name, string Id, string Cipher, long Epoch, string EpochTag, int Counter,
    IReadOnlyList<LiteMemberInfo> Members)
{
    internal string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Screen.Printable(Name)}  {Id}  {Screen.Count(Members.Count, "member")}  epoch {Epoch}  {Cipher}  "
        + $"{Screen.Count(Counter, "message")} made here");

    internal static void Show(Screen screen, LiteGroupInfo group)
    {
        screen.Line(group.Describe());
        foreach (LiteMemberInfo member in group.Members)
        {
            string alias = member.Alias is { } called ? $"  {Screen.Printable(called)}" : "";
            screen.Line($"  {member.Index,2}  {member.Address}{alias}{(member.Self ? "  (this node)" : "")}");
        }
    }
}

/// <summary>A member of a group.</summary>
/// <param name="Index">Its place, from 0.</param>
/// <param name="Address">Its address.</param>
/// <param name="Self">It is this node.</param>
public sealed record LiteMemberInfo(int Index, string Address, bool Self)
{
    /// <summary>What the owner calls it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Alias { get; init; }
}
