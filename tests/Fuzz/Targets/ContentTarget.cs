using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>What messages say, and what the store keeps beside it: what is read is written alike.</summary>
internal static class ContentTarget
{
    internal static readonly FuzzTarget Target = new("content", "contents of messages, cards, padding", Seeds, Run);

    private static IEnumerable<byte[]> Seeds()
    {
        using LocalIdentity identity = MlsLite.Tests.World.IdentityOf(1);
        var card = ContactCard.Sign(identity, "alice", ["tcp://192.0.2.7:7450"], new KeyPackageHash(7));
        ContentReference id = ContentReference.To(new EnvelopeId(1, 2)),
            place = ContentReference.To(new MessagePlace(3, 4, 5));
        MessageContent[] contents =
        [
            new TextContent("grüß dich"), new ReplyContent(id, "yes"), new ReplyContent(place, "no"),
            new ReactionContent(id, 1, "👍"),
            new EditContent(place, 2, "new"), new DeleteContent(id), new ReadContent([id, place]),
            new TypingContent(true),
            new TimerContent(3, new DisappearAfter(60)),
            new TimedContent(new DisappearAfter(30), new TextContent("soon gone")),
            new CardContent(card), new LocationContent(1, -2, 3, "mill"), new UnsupportedContent(40, new byte[] { 1 }),
            new FileOfferContent(9, new byte[32], new byte[32], "map.png", "image/png", new byte[] { 5 }),
            new EpochNotice(6),
        ];
        MessageExtras extras = new(
            2, DateTimeOffset.UnixEpoch.AddDays(1), [identity.Address], [new Reaction(identity.Address, 1, "👍")]);
        return [.. contents.Select(c => c.ToBytes()), extras.ToBytes(), Encoding.UTF8.GetBytes(card.ToUri())];
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (MessageContent.TryReadStored(input, out MessageContent? content))
            Assert.Equal(input.ToArray(), content.ToBytes());
        if (MessageContent.TryRead(input, out MessageContent? foreign))
            Assert.Equal(input.ToArray(), foreign.ToBytes());
        if (MessageExtras.TryRead(input, out MessageExtras extras) && !extras.IsEmpty)
            Assert.InRange(extras.Size, 1, MessageExtras.MaxSize);
        if (!ContactCard.TryParse(Encoding.UTF8.GetString(input), out _, out string? error))
            Assert.NotEmpty(error);
        _ = Contact.TryRead(input, out _);
        if (ContentPadding.TryRemove(input, out ReadOnlySpan<byte> body))
            Assert.InRange(body.Length, 1, input.Length - 1);
    }
}
