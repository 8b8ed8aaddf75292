namespace QuicProChat.Mesh.Api;

/// <summary>What <c>read</c> takes.</summary>
public sealed record MarkReadRequest
{
    /// <summary>An alias, an address, <c>group:NAME</c>, <c>self</c>.</summary>
    public string? To { get; set; }

    /// <summary>Tell the others which messages were read.</summary>
    public bool Tell { get; set; }
}

/// <content><c>read</c>.</content>
public static partial class Commands
{
    /// <summary><c>read</c>: marks a conversation as read.</summary>
    public static CommandSpec<MarkReadRequest, DoneInfo> MarkRead { get; } = new(
        "read", CommandGroup.Messages, "Marks a conversation as read.", json => json.DoneInfo,
        new ArgumentList<MarkReadRequest>()
            .Operand("to", "An alias, an address, group:NAME, self.", r => r.To, (r, v) => r.To = v)
            .Flag("tell", "Tell the others which messages were read.", r => r.Tell, (r, v) => r.Tell = v))
    {
        IsBrief = true,
        Console = [new("/read", "PEER", "mark a conversation as read")],
    };
}
