namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-delete</c> takes.</summary>
public sealed record AccountDeleteRequest
{
    /// <summary>The server, as its account was made.</summary>
    public string? Server { get; set; }

    /// <summary>The name there.</summary>
    public string? User { get; set; }

    /// <summary>The server is not asked: the account is forgotten here only.</summary>
    public bool Local { get; set; }
}

/// <content><c>account-delete</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-delete</c>: deletes an account at its server, and its keys here; messages stay.</summary>
    public static CommandSpec<AccountDeleteRequest, DoneInfo> AccountDelete { get; } = new(
        "account-delete", CommandGroup.Accounts, "Deletes an account at its server, and its keys here; messages stay.",
        json => json.DoneInfo,
        new ArgumentList<AccountDeleteRequest>()
            .Operand("server", "The server, as its account was made.", r => r.Server, (r, v) => r.Server = v)
            .Operand("user", "The name there.", r => r.User, (r, v) => r.User = v)
            .Flag("local", "Forget it here only: the server is not asked.", r => r.Local, (r, v) => r.Local = v))
    {
        IsBrief = true,
        Console = [new("/account delete", "SERVER USER", "delete it at the server, and its keys here")],
    };
}
