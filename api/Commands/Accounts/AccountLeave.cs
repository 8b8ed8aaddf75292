namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-leave</c> takes.</summary>
public sealed record AccountLeaveRequest
{
    /// <summary>Its name or id.</summary>
    public string? Conversation { get; set; }
}

/// <content><c>account-leave</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-leave</c>: leaves a conversation on a server: its keys are forgotten here.</summary>
    public static CommandSpec<AccountLeaveRequest, DoneInfo> AccountLeave { get; } = new(
        "account-leave", CommandGroup.Accounts, "Leaves a conversation on a server: its keys are forgotten here.",
            json => json.DoneInfo,
        new ArgumentList<AccountLeaveRequest>()
            .Operand("conversation", "Its name or id.", r => r.Conversation, (r, v) => r.Conversation = v))
    {
        IsBrief = true,
        Console = [new("/account leave", "CONVERSATION", "leave a conversation: its keys are forgotten here")],
    };
}
