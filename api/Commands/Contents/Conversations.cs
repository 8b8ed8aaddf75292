using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>What <c>conversations</c> takes.</summary>
public sealed record ConversationsRequest
{
    /// <summary>How many are listed where the request does not say.</summary>
    public const int UsualLimit = 50;

    /// <summary>At most so many, whoever wrote last first: 1 to 1,000.</summary>
    public int? Limit { get; set; }
}

/// <summary>A conversation with what is in it.</summary>
/// <param name="Conversation">What it is called, as <c>send</c> takes it.</param>
/// <param name="Count">Its messages.</param>
/// <param name="Unread">Those that the owner has not read.</param>
/// <param name="Disappear">After what time its messages disappear; <c>off</c>: they stay.</param>
/// <param name="Muted">The owner is not to be disturbed by it.</param>
/// <param name="Last">The newest message.</param>
public sealed record ConversationInfo(
    string Conversation, int Count, int Unread, string Disappear, bool Muted, MessageInfo Last)
{
    /// <summary>With whom, where it is with one node.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Address { get; init; }

    /// <summary>What that node calls itself, which anybody may.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>The safety number was compared, where it is with one node.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Verified { get; init; }

    /// <summary>What the next text is protected by, where it is with one node: <c>mls</c> or <c>sealed</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Security { get; init; }

    /// <summary>What the owner wants of that: <c>auto</c>, <c>mls</c> or <c>sealed</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Wanted { get; init; }
}

/// <content><c>conversations</c>.</content>
public static partial class Commands
{
    /// <summary><c>conversations</c>: whom one talks to, whoever wrote last first.</summary>
    public static CommandSpec<ConversationsRequest, IReadOnlyList<ConversationInfo>> Conversations { get; } = new(
        "conversations", CommandGroup.Messages, "Conversations, whoever wrote last first.",
        json => json.IReadOnlyListConversationInfo,
        new ArgumentList<ConversationsRequest>().Number(
            "limit", "N", "At most so many.", r => r.Limit, (r, v) => r.Limit = v))
    {
        Console = [new("/list", "", "conversations, whoever wrote last first")],
        Rendering = ShowConversations,
    };

    private static void ShowConversations(Screen screen, IReadOnlyList<ConversationInfo> conversations)
    {
        foreach (ConversationInfo conversation in conversations)
        {
            string name = Screen.Printable(conversation.Conversation);
            string announced = conversation is { Name: { Length: > 0 } called, Verified: not true }
                ? $" ('{Screen.Printable(called)}', unverified)" : conversation.Verified == true ? " (verified)" : "";
            string unread = conversation.Unread > 0 ? $", {conversation.Unread} unread" : "";
            string disappear = conversation.Disappear == "off" ? "" : $", disappear after {conversation.Disappear}";
            string count = Screen.Count(conversation.Count, "message");
            string security = conversation.Security == "mls" ? ", under MLS" : "";
            screen.Line(
                $"{name}{announced}: {count}{unread}{disappear}{security}{(conversation.Muted ? ", muted" : "")}");
            screen.Line($"  {MessageLines.Describe(screen, conversation.Last)}");
        }

        if (conversations.Count == 0)
            screen.Line("no conversations");
    }
}
