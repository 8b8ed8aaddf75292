namespace QuicProChat.Mesh.Messaging.Content;

// UTF-8(1..), without a type

/// <summary>Plain text.</summary>
/// <param name="Value">What it says; not empty.</param>
public sealed record TextContent(string Value) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Text;

    /// <inheritdoc/>
    public override string Text => Value;

    /// <inheritdoc/>
    protected override int BodySize => ContentText.Size(Value);

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination) => ContentText.Write(Value, destination);
}
