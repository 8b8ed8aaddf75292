namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-recovery-create</c> and <c>account-recovery-delete</c> take.</summary>
public sealed record AccountRecoveryRequest
{
    /// <summary>The server, as its account was made.</summary>
    public string? Server { get; set; }

    /// <summary>The name there.</summary>
    public string? User { get; set; }
}

/// <content><c>account-recovery-create</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-recovery-create</c>: leaves a recovery bundle at a server; tells its code once.</summary>
    public static CommandSpec<AccountRecoveryRequest, RecoveryCodeInfo> AccountRecoveryCreate { get; } = new(
        "account-recovery-create", CommandGroup.Accounts,
        "Leaves identity, accounts and contacts at a server, sealed, and prints the code that opens them; once.",
        json => json.RecoveryCodeInfo, RecoveryArguments())
    {
        Under = "recovery",
        Rendering = RecoveryCodeInfo.Show,
    };

    private static ArgumentList<AccountRecoveryRequest> RecoveryArguments() =>
        new ArgumentList<AccountRecoveryRequest>()
        .Operand("server", "The server, as its account was made.", r => r.Server, (r, v) => r.Server = v)
        .Operand("user", "The name there.", r => r.User, (r, v) => r.User = v);
}
