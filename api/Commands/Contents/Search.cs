namespace QuicProChat.Mesh.Api;

/// <summary>What <c>search</c> takes.</summary>
public sealed record SearchRequest
{
    /// <summary>How many are listed where the request does not say.</summary>
    public const int UsualLimit = 50;

    /// <summary>What a message has to contain; large and small letters are the same.</summary>
    public string? Text { get; set; }

    /// <summary>Only in this conversation: an alias, an address, <c>group:NAME</c>, <c>self</c>.</summary>
    public string? In { get; set; }

    /// <summary>At most so many, the newest: 1 to 1,000.</summary>
    public int? Limit { get; set; }
}

/// <content><c>search</c>.</content>
public static partial class Commands
{
    /// <summary><c>search</c>: messages that contain a text, oldest first.</summary>
    public static CommandSpec<SearchRequest, IReadOnlyList<MessageInfo>> Search { get; } = new(
        "search", CommandGroup.Messages, "Messages that contain a text, oldest first.",
        json => json.IReadOnlyListMessageInfo,
        new ArgumentList<SearchRequest>()
            .Operand("text", "What a message has to contain.", r => r.Text, (r, v) => r.Text = v)
            .Option("in", "A", "Only in this conversation.", r => r.In, (r, v) => r.In = v)
            .Number("limit", "N", "At most so many, the newest.", r => r.Limit, (r, v) => r.Limit = v))
    {
        Console = [new("/search", "TEXT", "messages that contain a text")],
        Rendering = MessageLines.ShowAll,
    };
}
