namespace QuicProChat.Mesh.Api;

/// <summary>What <c>messages</c> takes.</summary>
public sealed record MessagesRequest
{
    /// <summary>How many are listed where the request does not say.</summary>
    public const int UsualLimit = 50;

    /// <summary>Only those with this address, alias or group.</summary>
    public string? With { get; set; }

    /// <summary>At most so many, the newest: 1 to 10,000.</summary>
    public int? Limit { get; set; }

    /// <summary>Go on behind this: what the reply before said as <c>more</c>.</summary>
    public string? From { get; set; }
}

/// <content><c>messages</c>.</content>
public static partial class Commands
{
    /// <summary>So many the console shows.</summary>
    private const int ConsoleMessages = 20;

    /// <summary><c>messages</c>: the newest, oldest first.</summary>
    public static CommandSpec<MessagesRequest, IReadOnlyList<MessageInfo>> Messages { get; } = new(
        "messages", CommandGroup.Messages, "Messages, oldest first.", json => json.IReadOnlyListMessageInfo,
        new ArgumentList<MessagesRequest>()
            .Option("with", "A", "Only those with this address, alias or group.", r => r.With, (r, v) => r.With = v)
            .Number("limit", "N", "At most so many, the newest.", r => r.Limit, (r, v) => r.Limit = v)
            .From(r => r.From, (r, v) => r.From = v))
    {
        Paging = Paging.Backward,
        UsualItems = MessagesRequest.UsualLimit,
        Console =
        [
            new("/history", "[PEER]", "messages with PEER, or with the current one")
            {
                Parse = line => new MessagesRequest
                {
                    With = line.Rest.Length > 0 ? line.Rest : line.Conversation,
                    Limit = ConsoleMessages,
                },
            },
        ],
        Rendering = MessageLines.ShowAll,
    };
}
