using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Content;

/// <summary>One content of each type: the examples of docs/reference/content.md.</summary>
internal static class ContentExamples
{
    internal static readonly ContentReference ById =
        ContentReference.To(EnvelopeId.Read(Convert.FromHexString("79dd876b20e14a9c95fd2671c6c457d4")));

    internal static readonly ContentReference ByPlace =
        ContentReference.To(new MessagePlace(0x0123456789abcdef, 3, 70_000));

    internal static readonly NodeAddress Bob =
        NodeAddress.Read(Convert.FromHexString("6a3803d5f059902a1c6dafbc9ba47292"));

    internal static IReadOnlyDictionary<string, MessageContent> FromOthers { get; } =
        new Dictionary<string, MessageContent>
        {
            ["Text"] = new TextContent("grüß dich"),
            ["TimedText"] = new TimedContent(new DisappearAfter(60), new TextContent("soon gone")),
            ["TimedReply"] = new TimedContent(new DisappearAfter(30), new ReplyContent(ById, "yes")),
            ["Reply"] = new ReplyContent(ById, "at nine"),
            ["ReplyByPlace"] = new ReplyContent(ByPlace, "at nine"),
            ["Reaction"] = new ReactionContent(ById, 1, "👍"),
            ["ReactionTakenBack"] = new ReactionContent(ById, 2, "👍"),
            ["Edit"] = new EditContent(ById, 1, "at ten"),
            ["Delete"] = new DeleteContent(ById),
            ["Read"] = new ReadContent([ById, ByPlace]),
            ["Typing"] = new TypingContent(true),
            ["Timer"] = new TimerContent(1, new DisappearAfter(7 * 24 * 60)),
            ["FileOffer"] = new FileOfferContent(
            70_000, Enumerable.Repeat((byte)0xA1, 32).ToArray(), Enumerable.Repeat((byte)0xB2, 32).ToArray(), "map.png",
            "image/png", new byte[] { 1, 2, 3 }),
            ["ContactCard"] = new CardContent(Card()),
            ["Location"] = new LocationContent(513_397_000, 123_731_000, 25, "mill"),
            ["Unsupported"] = new UnsupportedContent(40, new byte[] { 0xFF, 0x00 }),
        };

    internal static IReadOnlyDictionary<string, MessageContent> Local { get; } = new Dictionary<string, MessageContent>
    {
        ["Joined"] = new MemberNotice(Bob, HasJoined: true),
        ["Left"] = new MemberNotice(Bob, HasJoined: false),
        ["Renamed"] = new RenamedNotice("mühle"),
        ["Epoch"] = new EpochNotice(7),
        ["Deleted"] = new DeletedContent(),
    };

    private static ContactCard Card()
    {
        using LocalIdentity bob = LocalIdentity.FromSeed(Enumerable.Repeat((byte)2, 32).ToArray());
        return ContactCard.Sign(bob, "bob", ["tcp://192.0.2.7:7450"], new KeyPackageHash(0x0102030405060708));
    }
}
