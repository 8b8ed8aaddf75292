namespace QuicProChat.Mesh.Api;

/// <content><c>account-conversations</c>.</content>
public static partial class Commands
{
    /// <summary><c>account-conversations</c>: conversations on servers.</summary>
    public static CommandSpec<NoArguments, IReadOnlyList<ServerConversationInfo>> AccountConversations { get; } = new(
        "account-conversations", CommandGroup.Accounts, "Conversations on servers.",
        json => json.IReadOnlyListServerConversationInfo)
    {
        Console = [new("/account conversations", "", "conversations on servers")],
        Rendering = (screen, conversations) =>
        {
            foreach (ServerConversationInfo conversation in conversations)
                screen.Line(conversation.Describe());
            if (conversations.Count == 0)
                screen.Line("no conversations on servers");
        },
    };
}
