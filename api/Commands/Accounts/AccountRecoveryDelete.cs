namespace QuicProChat.Mesh.Api;

/// <content><c>account-recovery-delete</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-recovery-delete</c>: deletes the recovery bundle at a server.</summary>
    public static CommandSpec<AccountRecoveryRequest, DoneInfo> AccountRecoveryDelete { get; } = new(
        "account-recovery-delete", CommandGroup.Accounts,
        "Deletes the recovery bundle at a server: its code opens nothing any more.", json => json.DoneInfo,
        RecoveryArguments())
    {
        Under = "recovery",
        IsBrief = true,
    };
}
