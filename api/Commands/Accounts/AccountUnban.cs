namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-unban</c> takes.</summary>
public sealed record AccountUnbanRequest
{
    /// <summary>The server.</summary>
    public string? Server { get; set; }

    /// <summary>A name there, or a key of 64 hexadecimal digits.</summary>
    public string? User { get; set; }
}

/// <content><c>account-unban</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-unban</c>: ends a ban; for moderators.</summary>
    public static CommandSpec<AccountUnbanRequest, DoneInfo> AccountUnban { get; } = new(
        "account-unban", CommandGroup.Accounts, "Ends a ban; for a server's moderators.", json => json.DoneInfo,
        new ArgumentList<AccountUnbanRequest>()
            .Operand("server", "The server.", r => r.Server, (r, v) => r.Server = v)
            .Operand("user", "A name there, or a key of 64 hexadecimal digits.", r => r.User, (r, v) => r.User = v))
    {
        IsBrief = true,
        Console = [new("/account unban", "SERVER USER", "end a ban; for a server's moderators")],
    };
}
