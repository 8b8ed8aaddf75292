using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Siege.Attacks;

/// <summary>Envelopes for nobody: custody fills with them.</summary>
/// <param name="priority">As they claim.</param>
/// <param name="size">Bytes of each.</param>
internal sealed class Junk(Priority priority, int size) : LinkAttack
{
    internal override string Name => $"junk, {priority}, {size} B";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(5);

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        byte[] envelope = new byte[size];
        for (int i = 0; i < 20; i++)
        {
            byte[] payload = new byte[size - EnvelopeHeader.Size];
            raid.Random.NextBytes(payload);
            var nobody = new NodeAddress((ulong)raid.Random.NextInt64(), (ulong)raid.Random.Next(8));
            Envelope.Write(envelope,
                new EnvelopeHeader(EnvelopeKind.Sealed, priority, true, 0, Limits.MaxHops, ushort.MaxValue, nobody),
                payload);
            await link.SendAsync(FrameKind.Envelope, envelope, stop);
        }
    }
}

/// <summary>Envelopes that live ten seconds, at link speed: each could cost a write.</summary>
internal sealed class ShortLived : LinkAttack
{
    internal override string Name => "lives 10 s";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(5);

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        byte[] envelope = new byte[EnvelopeHeader.Size + 100];
        byte[] payload = new byte[100];
        for (int i = 0; i < 50; i++)
        {
            raid.Random.NextBytes(payload);
            var nobody = new NodeAddress(7, (ulong)raid.Random.Next(1000));
            Envelope.Write(envelope,
                new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, false, 0, Limits.MaxHops, 1, nobody), payload);
            await link.SendAsync(FrameKind.Envelope, envelope, stop);
        }
    }
}

/// <summary>Blocks mailboxes: fills what is held for an honest node that is known, with junk it cannot open.</summary>
internal sealed class Mailbox : LinkAttack
{
    internal override string Name => "mailbox";

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        byte[] envelope = new byte[2000];
        byte[] payload = new byte[envelope.Length - EnvelopeHeader.Size];
        foreach ((NodeAddress address, _) in raid.Gossip.Keys)
        {
            raid.Random.NextBytes(payload);
            var priority = (Priority)raid.Random.Next(4);
            Envelope.Write(envelope,
                new EnvelopeHeader(EnvelopeKind.Sealed, priority, true, 0, Limits.MaxHops, 8640, address), payload);
            await link.SendAsync(FrameKind.Envelope, envelope, stop);
        }
    }
}

/// <summary>Real texts of people who do not exist, to everybody whose key is known: the inbox fills.</summary>
/// <param name="size">Bytes of each text.</param>
internal sealed class StrangersTexts(int size) : LinkAttack
{
    internal override string Name => $"texts of strangers, {size} B";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(50);

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        using Mask somebody = new(raid.Random);
        byte[][] envelopes =
            [.. raid.Gossip.Keys.Select(k => Text(somebody.Identity, k.Key, k.Value, size, raid.Random))];
        foreach (byte[] envelope in envelopes)
            await link.SendAsync(FrameKind.Envelope, envelope, stop);
    }

    private static byte[] Text(LocalIdentity from, NodeAddress to, byte[] key, int size, Random random)
    {
        byte[] text = [.. Enumerable.Range(0, size).Select(_ => (byte)random.Next('a', 'z'))];
        bool keySign = (from.PublicKey.Span[^1] & 0x80) != 0;
        byte[] content = new byte[SealedContent.SizeOf(size)];
        SealedContent.Write(content, ContentType.Content, keySign, time: 1, lifetimeUnits: 0, text);
        byte[] envelope = new byte[EnvelopeHeader.Size + Sealer.Overhead + content.Length];
        new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, true, 0, Limits.MaxHops, 8640, to).Write(envelope);
        using var sealer = new Sealer(from);
        byte[] receiptKey = new byte[Sealer.ReceiptKeySize];
        sealer.TrySeal(SealContext.Of(envelope), key, content, envelope.AsSpan(EnvelopeHeader.Size), receiptKey);
        return envelope;
    }
}

/// <summary>Others' envelopes, handed back with attempts, hops and lifetimes of its own choice.</summary>
internal sealed class Altered : LinkAttack
{
    internal override string Name => "altered copies";

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        foreach (byte[] envelope in raid.Gossip.Envelopes)
        {
            EnvelopeHeader.Restamp(
                envelope, (byte)raid.Random.Next(4), (ushort)(raid.Random.Next(2) == 0 ? 1 : raid.Random.Next(1024)),
                (ushort)(raid.Random.Next(2) == 0 ? 1 : ushort.MaxValue));
            await link.SendAsync(FrameKind.Envelope, envelope, stop);
        }
    }
}

/// <summary>Forged answers, forged receipts, forged group messages.</summary>
internal sealed class Forgeries : LinkAttack
{
    internal override string Name => "forgeries";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(2);

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        byte[] names = new byte[255 * sizeof(ulong)];
        raid.Random.NextBytes(names);
        await link.SendAsync(FrameKind.CustodyAck, (byte[])[(byte)raid.Random.Next(6), 255, .. names], stop);
        foreach ((NodeAddress address, _) in raid.Gossip.Keys)
        {
            byte[] proof = new byte[Receipt.ProofSize];
            raid.Random.NextBytes(proof);
            byte[] receipt = new byte[Receipt.EnvelopeSize];
            Envelope.Write(receipt,
                new EnvelopeHeader(EnvelopeKind.Receipt, Priority.Normal, false, 0, Limits.MaxHops, 100, address),
                proof);
            await link.SendAsync(FrameKind.Envelope, receipt, stop);
            byte[] lite = new byte[EnvelopeHeader.Size + 30];
            byte[] payload = new byte[30];
            raid.Random.NextBytes(payload);
            Envelope.Write(lite,
                new EnvelopeHeader(EnvelopeKind.MlsLite, Priority.Normal, false, 0, Limits.MaxHops, 100, address),
                payload);
            await link.SendAsync(FrameKind.Envelope, lite, stop);
        }
    }
}

/// <summary>Frames of every kind: valid ones, mutated ones, noise.</summary>
internal sealed class AnyFrame : LinkAttack
{
    private static readonly FrameKind[] _kinds = Enum.GetValues<FrameKind>();

    internal override string Name => "any frame";

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        byte[] body = raid.Random.Next(3) switch
        {
            0 when raid.Gossip.Envelopes is { Length: > 0 } heard => heard[raid.Random.Next(heard.Length)],
            1 => raid.Mask.Announce((uint)raid.Random.Next()),
            _ => new byte[raid.Random.Next(1, 3000)],
        };
        if (body.Length > 0 && raid.Random.Next(2) == 0)
            body[raid.Random.Next(body.Length)] ^= (byte)(1 << raid.Random.Next(8));
        FrameKind kind = raid.Random.Next(8) == 0 ? (FrameKind)raid.Random.Next(256)
            : _kinds[raid.Random.Next(_kinds.Length)];
        await link.SendAsync(kind == FrameKind.Bye ? FrameKind.Ping
            : kind, body.AsMemory(0, raid.Random.Next(body.Length + 1)), stop);
    }
}
