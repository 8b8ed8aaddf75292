namespace QuicProChat.Mesh.Messaging.Content;

// 85 reference(9 or 15)

/// <summary>An earlier message of the same author is to go (MIMI: replaces, by nothing).</summary>
/// <param name="To">The message.</param>
public sealed record DeleteContent(ContentReference To) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Delete;

    /// <inheritdoc/>
    public override bool IsShown => false;

    /// <inheritdoc/>
    protected override int BodySize => To.Size;

    internal static DeleteContent? Read(ReadOnlySpan<byte> body) =>
        ContentReference.TryRead(ref body, out ContentReference to) && body.IsEmpty ? new DeleteContent(to) : null;

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination) => To.Write(destination);
}
