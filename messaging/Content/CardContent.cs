using QuicProChat.Mesh.Messaging.Contacts;

namespace QuicProChat.Mesh.Messaging.Content;

// 8A card          a contact card as in docs/reference/contacts.md, section 2

/// <summary>Somebody's address and key, signed by that somebody.</summary>
/// <param name="Card">The card; its signature holds.</param>
public sealed record CardContent(ContactCard Card) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.ContactCard;

    /// <inheritdoc/>
    public override string Text => Card.Name;

    /// <inheritdoc/>
    protected override int BodySize => Card.Bytes.Length;

    internal static CardContent? Read(ReadOnlySpan<byte> body) =>
        ContactCard.TryRead(body, out ContactCard? card) ? new CardContent(card) : null;

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        Card.Bytes.Span.CopyTo(destination);
        return Card.Bytes.Length;
    }
}
