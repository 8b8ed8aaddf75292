namespace QuicProChat.Mesh.Messaging.Content;

// 84 reference(9 or 15) revision(1) UTF-8(1..)     revision: 1 to 255

/// <summary>
/// A new text for an earlier message of the same author (MIMI: replaces). The highest revision counts, in whatever
/// order they come.
/// </summary>
/// <param name="To">The message.</param>
/// <param name="Revision">1 for the first edit; a message is edited 255 times at most.</param>
/// <param name="Value">What it says from now on; not empty.</param>
public sealed record EditContent(ContentReference To, byte Revision, string Value) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Edit;

    /// <inheritdoc/>
    public override bool IsShown => false;

    /// <inheritdoc/>
    public override string Text => Value;

    /// <inheritdoc/>
    protected override int BodySize => To.Size + 1 + ContentText.Size(Value);

    internal static EditContent? Read(ReadOnlySpan<byte> body) =>
        ContentReference.TryRead(ref body, out ContentReference to) && body.Length > 1 && body[0] > 0
            && ContentText.Read(body[1..]) is { } text
            ? new EditContent(to, body[0], text) : null;

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        int written = To.Write(destination);
        destination[written++] = Revision;
        return written + ContentText.Write(Value, destination[written..]);
    }
}
