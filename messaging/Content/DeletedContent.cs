namespace QuicProChat.Mesh.Messaging.Content;

// B4           local

/// <summary>What is left of a message that its author deleted: the place where it was.</summary>
public sealed record DeletedContent : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Deleted;

    /// <inheritdoc/>
    protected override int BodySize => 0;

    internal static DeletedContent? Read(ReadOnlySpan<byte> body) => body.IsEmpty ? new DeletedContent() : null;

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination) => 0;
}
