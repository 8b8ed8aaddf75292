namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-banned</c> takes.</summary>
public sealed record AccountBannedRequest
{
    /// <summary>The server.</summary>
    public string? Server { get; set; }
}

/// <content><c>account-banned</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-banned</c>: who is banned on a server; for its moderators.</summary>
    public static CommandSpec<AccountBannedRequest, IReadOnlyList<ServerBanInfo>> AccountBanned { get; } = new(
        "account-banned", CommandGroup.Accounts, "Who is banned on a server; for its moderators.",
        json => json.IReadOnlyListServerBanInfo,
        new ArgumentList<AccountBannedRequest>()
            .Operand("server", "The server.", r => r.Server, (r, v) => r.Server = v))
    {
        Console = [new("/account banned", "SERVER", "who is banned on a server; for its moderators")],
        Rendering = (screen, bans) =>
        {
            foreach (ServerBanInfo ban in bans)
                ServerBanInfo.Show(screen, ban);
            if (bans.Count == 0)
                screen.Line("nobody is banned");
        },
    };
}
