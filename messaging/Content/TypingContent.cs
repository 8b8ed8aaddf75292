namespace QuicProChat.Mesh.Messaging.Content;

// 87 isTyping(1)       0 or 1

/// <summary>Somebody is writing. Never stored, and never sent where the way may cross a radio.</summary>
/// <param name="IsTyping">False: not any more.</param>
public sealed record TypingContent(bool IsTyping) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Typing;

    /// <inheritdoc/>
    public override bool IsShown => false;

    /// <inheritdoc/>
    protected override int BodySize => 1;

    internal static TypingContent? Read(ReadOnlySpan<byte> body) =>
        body.Length == 1 && body[0] <= 1 ? new TypingContent(body[0] == 1) : null;

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        destination[0] = IsTyping ? (byte)1 : (byte)0;
        return 1;
    }
}
