namespace QuicProChat.Mesh.Api;

/// <summary>What <c>account-open</c> takes.</summary>
public sealed record AccountOpenRequest
{
    /// <summary>USER@SERVER.</summary>
    public string? To { get; set; }
}

/// <content><c>account-open</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-open</c>: begins a conversation with a user of a server.</summary>
    public static CommandSpec<AccountOpenRequest, ServerConversationInfo> AccountOpen { get; } = new(
        "account-open", CommandGroup.Accounts, "Begins a conversation with a user of a server.", json =>
            json.ServerConversationInfo,
        new ArgumentList<AccountOpenRequest>()
            .Operand("to", "USER@SERVER.", r => r.To, (r, v) => r.To = v))
    {
        IsBrief = true,
        Console = [new("/account open", "USER@SERVER", "begin a conversation with a user")],
        Rendering = (screen, conversation) => screen.Line(conversation.Describe()),
    };
}
