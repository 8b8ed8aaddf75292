namespace QuicProChat.Mesh.Messaging.Content;

// 80 + type, body(0..)         a type that this version does not know

/// <summary>
/// A content of a later version: kept as it is and shown as unsupported, never lost. A version that knows it reads it.
/// </summary>
/// <param name="Number">Its type.</param>
/// <param name="Body">What follows the type.</param>
public sealed record UnsupportedContent(byte Number, ReadOnlyMemory<byte> Body) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => (MessageContentType)Number;

    /// <inheritdoc/>
    protected override int BodySize => Body.Length;

    /// <inheritdoc/>
    public bool Equals(UnsupportedContent? other) =>
        other is not null && Number == other.Number && Body.Span.SequenceEqual(other.Body.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Number, Body.Length);

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        Body.Span.CopyTo(destination);
        return Body.Length;
    }
}
