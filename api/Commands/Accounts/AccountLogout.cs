namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-logout</c> takes.</summary>
public sealed record AccountLogoutRequest
{
    /// <summary>The server, as its account was made.</summary>
    public string? Server { get; set; }

    /// <summary>The name there.</summary>
    public string? User { get; set; }
}

/// <content><c>account-logout</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-logout</c>: ends the connection and forgets the session; conversations stay.</summary>
    public static CommandSpec<AccountLogoutRequest, AccountInfo> AccountLogout { get; } = new(
        "account-logout", CommandGroup.Accounts, "Ends the connection and forgets the session; conversations stay.",
        json => json.AccountInfo,
        new ArgumentList<AccountLogoutRequest>()
            .Operand("server", "The server, as its account was made.", r => r.Server, (r, v) => r.Server = v)
            .Operand("user", "The name there.", r => r.User, (r, v) => r.User = v))
    {
        IsBrief = true,
        Console = [new("/account logout", "SERVER USER", "end the connection; conversations stay")],
        Rendering = AccountInfo.Show,
    };
}
