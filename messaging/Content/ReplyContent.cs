namespace QuicProChat.Mesh.Messaging.Content;

// 82 reference(9 or 15) UTF-8(1..)

/// <summary>A text that answers another message (MIMI: inReplyTo).</summary>
/// <param name="To">The message.</param>
/// <param name="Value">What it says; not empty.</param>
public sealed record ReplyContent(ContentReference To, string Value) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Reply;

    /// <inheritdoc/>
    public override string Text => Value;

    /// <inheritdoc/>
    protected override int BodySize => To.Size + ContentText.Size(Value);

    internal static ReplyContent? Read(ReadOnlySpan<byte> body) =>
        ContentReference.TryRead(ref body, out ContentReference to) && !body.IsEmpty
            && ContentText.Read(body) is { } text
            ? new ReplyContent(to, text) : null;

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        int written = To.Write(destination);
        return written + ContentText.Write(Value, destination[written..]);
    }
}
