namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-ban</c> takes.</summary>
public sealed record AccountBanRequest
{
    /// <summary>The server.</summary>
    public string? Server { get; set; }

    /// <summary>A name there, or a key of 64 hexadecimal digits.</summary>
    public string? User { get; set; }

    /// <summary>How many hours; null for ever.</summary>
    public int? Hours { get; set; }

    /// <summary>Why: at most 200 characters; the user is told.</summary>
    public string? Reason { get; set; }
}

/// <content><c>account-ban</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-ban</c>: bans a user of a server; for its moderators.</summary>
    public static CommandSpec<AccountBanRequest, DoneInfo> AccountBan { get; } = new(
        "account-ban", CommandGroup.Accounts, "Bans a user of a server; for its moderators.", json => json.DoneInfo,
        new ArgumentList<AccountBanRequest>()
            .Operand("server", "The server.", r => r.Server, (r, v) => r.Server = v)
            .Operand("user", "A name there, or a key of 64 hexadecimal digits.", r => r.User, (r, v) => r.User = v)
            .Number("hours", "N", "How long; without it for ever.", r => r.Hours, (r, v) => r.Hours = v)
            .Option("reason", "TEXT", "Why; the user is told.", r => r.Reason, (r, v) => r.Reason = v))
    {
        IsBrief = true,
        Console = [new("/account ban", "SERVER USER", "ban a user of a server; for its moderators")],
    };
}
