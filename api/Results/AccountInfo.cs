using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>An account on a server.</summary>
/// <param name="Server">The server, as it stands behind the @ in names.</param>
/// <param name="User">The own name there.</param>
/// <param name="State">
/// <c>connecting</c>, <c>online</c>, <c>offline</c>, <c>refused</c> or <c>logged-out</c> (docs/reference/control.md).
/// </param>
/// <param name="Uri">Where the server is.</param>
/// <param name="Conversations">Conversations there.</param>
/// <param name="Waiting">Messages that wait to be stored on the server.</param>
/// <param name="Lost">Messages that were gone from the inboxes before this node read them.</param>
public sealed record AccountInfo(
    string Server, string User, string State, string Uri, int Conversations, int Waiting, long Lost)
{
    /// <summary>
    /// The fingerprint of the server's key that is pinned: 64 hexadecimal digits; null where certificates are trusted.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    /// <summary>Why it is in that state, where that needs saying.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Problem { get; init; }

    internal static void Show(Screen screen, AccountInfo account)
    {
        screen.Line($"{account.User}@{Screen.Printable(account.Server)}  {account.State}  "
            + $"{Screen.Count(account.Conversations, "conversation")}  {account.Waiting} waiting"
            + (account.Lost > 0 ? $"  {account.Lost} lost" : ""));
        screen.Line(account.Key is { } key ? $"  the server's key: {key}"
            : "  the server's certificate is an authority's");
        if (account.Problem is { } problem)
            screen.Line("  " + Screen.Printable(problem));
    }
}

/// <summary>A conversation on a server.</summary>
/// <param name="Name">What it is called here: USER@SERVER where it is with one user.</param>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Server">The server.</param>
/// <param name="Direct">It is with one user.</param>
/// <param name="State"><c>opening</c>, <c>ready</c>, <c>changing</c> or <c>out</c> (docs/reference/control.md).</param>
/// <param name="Epoch">The epoch of its keys; 0 while there are none.</param>
/// <param name="Waiting">Messages that wait to be stored on the server.</param>
/// <param name="Members">Addresses of its members, this node first.</param>
public sealed record ServerConversationInfo(
    string Name, string Id, string Server, bool Direct, string State, long Epoch, int Waiting,
        IReadOnlyList<string> Members)
{
    internal string Describe() =>
        $"{Screen.Printable(Name)}  {Id}  {State}  epoch {Epoch}  {Screen.Count(Members.Count, "member")}  "
        + $"{Waiting} waiting"
        + (Direct && Members.Count > 1 ? $"  {Members[1]}" : "");
}
