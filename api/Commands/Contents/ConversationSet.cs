namespace QuicProChat.Mesh.Api;

/// <summary>What <c>conversation-set</c> takes.</summary>
public sealed record ConversationSetRequest
{
    /// <summary>An address or alias.</summary>
    public string? To { get; set; }

    /// <summary><c>auto</c>, <c>mls</c> or <c>sealed</c>.</summary>
    public string? Security { get; set; }
}

/// <content><c>conversation-set</c>.</content>
public static partial class Commands
{
    /// <summary><c>conversation-set</c>: says how texts to one node are protected.</summary>
    public static CommandSpec<ConversationSetRequest, DoneInfo> ConversationSet { get; } = new(
        "conversation-set", CommandGroup.Conversation, "Says how texts to one node are protected.",
        json => json.DoneInfo,
        new ArgumentList<ConversationSetRequest>()
            .Operand("to", "An address or alias.", r => r.To, (r, v) => r.To = v)
            .Operand("security", "auto, mls or sealed.", r => r.Security, (r, v) => r.Security = v))
    {
        IsBrief = true,
        Console = [new("/security", "PEER auto|mls|sealed", "say how messages to somebody are protected")],
    };
}
