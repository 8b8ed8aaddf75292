using System.Buffers;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>One wire type under test: an example, and what decoding does with any bytes.</summary>
/// <param name="Name">As in the examples of docs/reference/protocol.md.</param>
/// <param name="Example">What the writer makes of fixed values.</param>
/// <param name="Decode">Decodes and touches every field without allocating; tells whether it was accepted.</param>
/// <param name="Recode">Decodes and writes again; null if refused.</param>
/// <param name="AcceptsCut">Whether that many first bytes of the example are a valid encoding of something
/// shorter.</param>
public sealed record Codec(
    string Name, byte[] Example, Codec.DecodeBytes Decode, Codec.RecodeBytes Recode, Func<int, bool> AcceptsCut)
{
    public delegate bool DecodeBytes(ReadOnlySpan<byte> bytes);

    public delegate byte[]? RecodeBytes(ReadOnlySpan<byte> bytes);

    private static readonly Func<int, bool> Never = _ => false;

    public static readonly NodeAddress Destination =
        NodeAddress.Read(Convert.FromHexString("21fe31dfa154a261626bf854046fd227"));

    public static readonly EnvelopeHeader ExampleHeader = new(
        EnvelopeKind.Sealed, Priority.Normal, WantsReceipt: true, Attempt: 1, HopsLeft: 16, LifetimeUnits: 8640,
        Destination);

    // RFC 8032, section 7.1, test 1.
    public static readonly byte[] Seed =
        Convert.FromHexString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");

    public static readonly byte[] ExamplePayload = [0xDE, 0xAD, 0xBE, 0xEF];

    public static readonly Codec[] All =
    [
        new("Envelope", WriteEnvelope(ExampleHeader, ExamplePayload), DecodeEnvelope, RecodeEnvelope, cut => cut
            >= EnvelopeHeader.Size),
        new("CustodyAck", WriteCustodyAck(), DecodeCustodyAck, RecodeCustodyAck, cut => cut == 18),
        new("Receipt", WriteReceipt(), b => Receipt.TryRead(b, out _), b => Receipt.TryRead(b, out var p) ? p.ToArray()
            : null, Never),
        new("Announce", WriteAnnounce().Bytes.ToArray(), DecodeAnnounce, RecodeAnnounce, Never),
        new("RouteUpdate", WriteRouteUpdate(), DecodeRouteUpdate, RecodeRouteUpdate, cut => cut is 3 or 15),
        new("PathRequest",
            Bytes(PathRequest.Size, new PathRequest(8, 0x1234, true, Abbreviation.Of(Destination)).Write),
            b => PathRequest.TryRead(b, out _), b => PathRequest.TryRead(b, out var r)
                ? Bytes(PathRequest.Size, r.Write) : null, Never),
        new("PathRequestWithAnnounce",
            Bytes(PathRequest.Size, new PathRequest(2, 0, false, Abbreviation.Of(Destination), true).Write),
            b => PathRequest.TryRead(b, out _), b => PathRequest.TryRead(b, out var r)
                ? Bytes(PathRequest.Size, r.Write) : null, Never),
        new("PathRequestWholeTable",
            Bytes(PathRequest.Size, new PathRequest(1, 0, false, Abbreviation.Of(Destination), WholeTable: true).Write),
            b => PathRequest.TryRead(b, out _), b => PathRequest.TryRead(b, out var r)
                ? Bytes(PathRequest.Size, r.Write) : null, Never),
        new("AnnounceRequest", WriteAnnounceRequest(), DecodeAnnounceRequest, RecodeAnnounceRequest, cut => cut == 8),
        new("ControlAck", Bytes(ControlAck.Size, new ControlAck(0x0102).Write),
            b => ControlAck.TryRead(b, out _), b => ControlAck.TryRead(b, out var a) ? Bytes(ControlAck.Size, a.Write)
                : null, Never),
        new("Ping", Bytes(Ping.Size, new Ping(0x1234).Write),
            b => Ping.TryRead(b, out _), b => Ping.TryRead(b, out var p) ? Bytes(Ping.Size, p.Write) : null, Never),
        new("Pong", Bytes(Pong.Size, new Pong(0x1234).Write),
            b => Pong.TryRead(b, out _), b => Pong.TryRead(b, out var p) ? Bytes(Pong.Size, p.Write) : null, Never),
        new("Bye", Bytes(Bye.Size, new Bye(LinkEndCode.Duplicate).Write),
            b => Bye.TryRead(b, out _), b => Bye.TryRead(b, out var p) ? Bytes(Bye.Size, p.Write) : null, Never),
        new("Hello", WriteHello(), DecodeHello, RecodeHello, Never),
        new("SealedContent", WriteContent(8640), DecodeContent, RecodeContent, cut => cut
            >= SealedContent.HeaderSize + 2),
        new("SealedContentPadded", WritePadded(), DecodeContent, RecodeContent, cut => cut
            >= SealedContent.HeaderSize + 2),
        new("SealedContentWithoutLifetime", WriteContent(0), DecodeContent, RecodeContent, cut => cut
            >= SealedContent.HeaderSize),
        .. BundleCodecs.All,
        .. GossipCodecs.All,
        .. FileCodecs.All,
    ];

    public override string ToString() => Name;

    public static Codec Named(string name) => All.Single(c => c.Name == name);

    public static Announce WriteAnnounce(uint sequence = 7, string name = "relay-3") =>
        WriteAnnounce(Seed, sequence, name);

    public static Announce WriteAnnounce(byte[] seed, uint sequence, string name)
    {
        byte[] publicKey = new byte[Ed25519.PublicKeySize], secretKey = new byte[Ed25519.SecretKeySize];
        Ed25519.KeyPairFromSeed(seed, publicKey, secretKey);
        return Announce.Create(
            sequence, publicKey, Capabilities.Relay | Capabilities.StoreAndForward,
            new KeyPackageHash(0x0123456789ABCDEF), name,
            (message, signature) => Ed25519.Sign(message, secretKey, signature));
    }

    /// <summary>The first announce of a node without a name.</summary>
    public static byte[] WriteUnnamedAnnounce(byte[] seed)
    {
        using LocalIdentity identity = LocalIdentity.FromSeed(seed);
        return Announce.Create(
            1, identity.PublicKey.Span, Capabilities.Relay | Capabilities.StoreAndForward, null, "",
            identity.Sign).Bytes.ToArray();
    }

    public static byte[] WriteEnvelope(in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        byte[] bytes = new byte[Envelope.SizeOf(payload.Length)];
        Assert.Equal(bytes.Length, Envelope.Write(bytes, header, payload));
        return bytes;
    }

    public static byte[] WriteHello(in Hello hello)
    {
        var output = new ArrayBufferWriter<byte>();
        hello.Write(output);
        return output.WrittenSpan.ToArray();
    }

    private delegate void Writing(Span<byte> bytes);

    private static byte[] Bytes(int size, Writing write)
    {
        byte[] bytes = new byte[size];
        write(bytes);
        return bytes;
    }

    private static bool DecodeEnvelope(ReadOnlySpan<byte> bytes)
    {
        if (!Envelope.TryRead(bytes, out Envelope envelope))
            return false;
        _ = envelope.ComputeId();
        return envelope.Payload.Length >= 0;
    }

    private static byte[]? RecodeEnvelope(ReadOnlySpan<byte> bytes) =>
        Envelope.TryRead(bytes, out Envelope envelope) ? WriteEnvelope(envelope.Header, envelope.Payload) : null;

    private static byte[] WriteCustodyAck()
    {
        byte[] body = new byte[64];
        var writer = new CustodyAck.Writer(body);
        Assert.True(writer.TryAdd(CustodyCode.Taken, 0x7CD7E076209107EF));
        Assert.True(writer.TryAdd(CustodyCode.Taken, 0x22222222222203C0));
        Assert.True(writer.TryAdd(CustodyCode.TooFast, 0x33333333333303C5));
        return body[..writer.Length];
    }

    private static bool DecodeCustodyAck(ReadOnlySpan<byte> bytes)
    {
        if (!CustodyAck.TryRead(bytes, out CustodyAck ack))
            return false;
        int count = 0;
        foreach (CustodyAnswer _ in ack)
            count++;
        return count == ack.Count ? true
            : throw new InvalidOperationException("The enumerator disagrees with the count.");
    }

    // Groups that a writer would have joined come out joined, so they are compared by what they say.
    private static byte[]? RecodeCustodyAck(ReadOnlySpan<byte> bytes)
    {
        if (!CustodyAck.TryRead(bytes, out CustodyAck ack))
            return null;
        byte[] body = new byte[bytes.Length];
        var writer = new CustodyAck.Writer(body);
        foreach (CustodyAnswer answer in ack)
            Assert.True(writer.TryAdd(answer.Code, answer.Name));
        return body[..writer.Length];
    }

    private static byte[] WriteReceipt()
    {
        byte[] proof = new byte[Receipt.ProofSize];
        Assert.True(Envelope.TryRead(WriteEnvelope(ExampleHeader, ExamplePayload), out Envelope envelope));
        Receipt.ComputeProof(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), envelope.ComputeId(), proof);
        return proof;
    }

    private static bool DecodeAnnounce(ReadOnlySpan<byte> bytes)
    {
        if (!UnverifiedAnnounce.TryRead(bytes, out UnverifiedAnnounce announce))
            return false;
        return announce.Name.Length <= Limits.MaxNodeName && announce.PublicKey.Length == 32
            && (announce.KeyPackage is not null || announce.Sequence >= 0 || announce.Capabilities >= 0);
    }

    private static byte[]? RecodeAnnounce(ReadOnlySpan<byte> bytes) =>
        UnverifiedAnnounce.TryRead(bytes, out UnverifiedAnnounce announce) ? announce.Bytes.ToArray() : null;

    private static byte[] WriteRouteUpdate()
    {
        byte[] body = new byte[RouteUpdate.SizeOf(2)];
        var writer = new RouteUpdate.Writer(body, 0x0102, RouteUpdateFlags.Acknowledge | RouteUpdateFlags.FirstOfTable);
        Assert.True(writer.TryAdd(
            new RouteEntry(Abbreviation.Of(Destination), 0x1234, Metric.FromTime(TimeSpan.FromMilliseconds(12)))));
        Assert.True(writer.TryAdd(new RouteEntry(new Abbreviation(0xAABBCCDDEEFF0011), 5, Metric.Infinite)));
        return body[..writer.Length];
    }

    private static bool DecodeRouteUpdate(ReadOnlySpan<byte> bytes)
    {
        if (!RouteUpdate.TryRead(bytes, out RouteUpdate update))
            return false;
        int count = 0;
        foreach (RouteEntry entry in update)
            count += update[count] == entry ? 1 : 0;
        return count == update.Count ? true
            : throw new InvalidOperationException("The enumerator disagrees with the indexer.");
    }

    private static byte[]? RecodeRouteUpdate(ReadOnlySpan<byte> bytes)
    {
        if (!RouteUpdate.TryRead(bytes, out RouteUpdate update))
            return null;
        byte[] body = new byte[RouteUpdate.SizeOf(update.Count)];
        var writer = new RouteUpdate.Writer(body, update.Number, update.Flags);
        foreach (RouteEntry entry in update)
            Assert.True(writer.TryAdd(entry));
        return body;
    }

    private static byte[] WriteAnnounceRequest()
    {
        byte[] body = new byte[AnnounceRequest.SizeOf(2)];
        _ = AnnounceRequest.Write(body, [Abbreviation.Of(Destination), new Abbreviation(0xAABBCCDDEEFF0011)]);
        return body;
    }

    private static bool DecodeAnnounceRequest(ReadOnlySpan<byte> bytes)
    {
        if (!AnnounceRequest.TryRead(bytes, out AnnounceRequest request))
            return false;
        ulong all = 0;
        for (int i = 0; i < request.Count; i++)
            all |= request[i].Value;
        return all >= 0;
    }

    private static byte[]? RecodeAnnounceRequest(ReadOnlySpan<byte> bytes)
    {
        if (!AnnounceRequest.TryRead(bytes, out AnnounceRequest request))
            return null;
        var names = new Abbreviation[request.Count];
        for (int i = 0; i < names.Length; i++)
            names[i] = request[i];
        byte[] body = new byte[AnnounceRequest.SizeOf(names.Length)];
        _ = AnnounceRequest.Write(body, names);
        return body;
    }

    private static byte[] WriteHello() => WriteHello(new Hello
    {
        Version = Hello.CurrentVersion,
        Capabilities = Capabilities.Relay | Capabilities.StoreAndForward,
        Name = "relay-3"u8,
        NetworkId = Convert.FromHexString("0011223344556677"),
        MaxFrame = 65535,
        NetworkProof = Enumerable.Range(0x40, 32).Select(i => (byte)i).ToArray(),
        BootId = 0x0102030405060708,
        DialNumber = 3,
    });

    private static bool DecodeHello(ReadOnlySpan<byte> bytes) =>
        Hello.TryRead(bytes, out Hello hello) && hello.Name.Length <= Limits.MaxNodeName
            && hello.MaxFrame >= Limits.MinMaxFrame;

    private static byte[]? RecodeHello(ReadOnlySpan<byte> bytes) => Hello.TryRead(bytes, out Hello hello)
        ? WriteHello(hello) : null;

    private static byte[] WriteContent(ushort lifetime)
    {
        byte[] body = Encoding.UTF8.GetBytes("grüß dich");
        byte[] bytes = new byte[SealedContent.SizeOf(body.Length, lifetime)];
        uint time = SealedContent.ToTime(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));
        _ = SealedContent.Write(bytes, ContentType.Content, keySign: true, time, lifetime, body);
        return bytes;
    }

    private static byte[] WritePadded()
    {
        byte[] text = Encoding.UTF8.GetBytes("grüß dich");
        byte[] body = new byte[ContentPadding.SizeOf(text.Length, SealedContent.SizeOf(0, 8640))];
        text.CopyTo(body, 0);
        ContentPadding.Write(body, text.Length);
        byte[] bytes = new byte[SealedContent.SizeOf(body.Length, 8640)];
        uint time = SealedContent.ToTime(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));
        _ = SealedContent.Write(bytes, ContentType.Padded, keySign: true, time, 8640, body);
        return bytes;
    }

    private static bool DecodeContent(ReadOnlySpan<byte> bytes) =>
        SealedContent.TryRead(bytes, out SealedContent content)
            && content.Body.Length == bytes.Length - SealedContent.SizeOf(0, content.LifetimeUnits);

    private static byte[]? RecodeContent(ReadOnlySpan<byte> bytes)
    {
        if (!SealedContent.TryRead(bytes, out SealedContent content))
            return null;
        byte[] copy = new byte[bytes.Length];
        _ = SealedContent.Write(copy, content.Type, content.KeySign, content.Time, content.LifetimeUnits, content.Body);
        return copy;
    }
}
