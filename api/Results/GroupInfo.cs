using System.Globalization;
using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>An MLS group: what it is called here, and how far it is.</summary>
/// <param name="Name">What it is called here.</param>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Suite">The cipher suite.</param>
/// <param name="Epoch">The epoch that this node is in.</param>
/// <param name="State">16 hexadecimal digits: equal for two members that stand at the same place.</param>
/// <param name="Status"><c>joining</c>, <c>current</c>, <c>behind</c>, <c>forked</c> or <c>out</c>.</param>
/// <param name="Pending">What waits to be committed, or for the keys of whom is invited.</param>
/// <param name="Forks">How often this node went over to another branch since it started.</param>
/// <param name="Members">Who is in it, and who was invited.</param>
public sealed record GroupInfo(
    string Name, string Id, int Suite, long Epoch, string State, string Status, int Pending, int Forks,
    IReadOnlyList<GroupMemberInfo> Members)
{
    /// <summary>The name of the cipher suite, as its specification has it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SuiteName { get; init; }

    /// <summary>True where the keys are post-quantum ones; signatures never are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool PostQuantum { get; init; }

    internal string Describe()
    {
        int invited = Members.Count(m => m.Invited);
        string count = Screen.Count(Members.Count - invited, "member") + (invited > 0 ? $", {invited} invited" : "");
        string pending = Pending > 0 ? $"  {Pending} pending" : "";
        string keys = PostQuantum ? "  post-quantum keys" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Screen.Printable(Name)}  {Id}  {count}  epoch {Epoch}  {Status}{pending}{keys}");
    }

    internal static void Show(Screen screen, GroupInfo group)
    {
        screen.Line(group.Describe());
        if (group.SuiteName is { } suite)
            screen.Line($"  suite {group.Suite}: {suite}");
        foreach (GroupMemberInfo member in group.Members)
        {
            string alias = member.Alias is { } called ? $"  {Screen.Printable(called)}" : "";
            string role = member.Invited ? "invited" : member.Role;
            string way = member.Server is { } server ? $"  over {Screen.Printable(server)}"
                : member.CarriedBy is { } carrier ? $"  carried by {carrier}" : "";
            screen.Line($"  {member.Address}{alias}  {role}{(member.Self ? "  (this node)" : "")}{way}");
        }
    }
}

/// <summary>A member of a group.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Role"><c>admin</c> or <c>member</c>.</param>
/// <param name="Self">It is this node.</param>
public sealed record GroupMemberInfo(string Address, string Role, bool Self)
{
    /// <summary>What the owner calls it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Alias { get; init; }

    /// <summary>The server whose inbox it is reached by now; absent where the mesh or a member brings it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Server { get; init; }

    /// <summary>The address of the member that carries to it now; absent where none does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CarriedBy { get; init; }

    /// <summary>True where it was invited, and nothing shows yet that it accepted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Invited { get; init; }
}
