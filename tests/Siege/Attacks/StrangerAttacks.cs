using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Siege.Attacks;

/// <summary>Envelopes that are properly sealed by people who do not exist.</summary>
internal static class Sealed
{
    /// <summary>An envelope whose sealed part is what is given.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="mark">Bytes before the sealed part.</param>
    /// <param name="from">Who seals.</param>
    /// <param name="to">The receiver and its key.</param>
    /// <param name="content">What is sealed.</param>
    internal static byte[] Envelope(
        EnvelopeKind kind, ReadOnlySpan<byte> mark, LocalIdentity from, KeyValuePair<NodeAddress, byte[]> to,
        ReadOnlySpan<byte> content)
    {
        byte[] envelope = new byte[EnvelopeHeader.Size + mark.Length + Sealer.Overhead + content.Length];
        new EnvelopeHeader(kind, Priority.Normal, true, 0, Limits.MaxHops, 8640, to.Key).Write(envelope);
        mark.CopyTo(envelope.AsSpan(EnvelopeHeader.Size));
        using var sealer = new Sealer(from);
        sealer.TrySeal(
            SealContext.Of(envelope), to.Value, content, envelope.AsSpan(EnvelopeHeader.Size + mark.Length),
            new byte[Sealer.ReceiptKeySize]);
        return envelope;
    }
}

/// <summary>
/// Contents that keep nothing or change something: it types, signs, edits and deletes what may not exist, and sets
/// timers (docs/reference/content.md).
/// </summary>
internal sealed class StrangersContents : LinkAttack
{
    private const byte Typing = 0x87;

    internal override string Name => "contents of strangers";

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        using Mask somebody = new(raid.Random);
        foreach (KeyValuePair<NodeAddress, byte[]> to in raid.Gossip.Keys)
        {
            foreach (byte[] said in Contents(raid.Random))
            {
                byte[] content = new byte[SealedContent.SizeOf(said.Length)];
                bool keySign = (somebody.Identity.PublicKey.Span[^1] & 0x80) != 0;
                SealedContent.Write(content, ContentType.Content, keySign, time: 1, lifetimeUnits: 0, said);
                await link.SendAsync(
                    FrameKind.Envelope, Sealed.Envelope(EnvelopeKind.Sealed, [], somebody.Identity, to, content), stop);
            }
        }
    }

    private static byte[][] Contents(Random random)
    {
        byte[] reference = new byte[1 + sizeof(ulong)];
        random.NextBytes(reference.AsSpan(1));
        return
        [
            [Typing, (byte)random.Next(2)],
            [0x83, .. reference, (byte)random.Next(1, 256), .. "+"u8],
            [0x84, .. reference, (byte)random.Next(1, 256), .. "edited"u8],
            [0x85, .. reference],
            [0x86, .. reference, .. reference],
            [0x88, (byte)random.Next(256), 1, 0, (byte)random.Next(256)],
        ];
    }
}

/// <summary>Questions for KeyPackages, by people who do not exist: each answer costs a key pair.</summary>
internal sealed class KeyPackageQuestions : LinkAttack
{
    private const byte FrameMark = 1;
    private const byte ContentMark = 1;
    private const byte Question = 16;

    internal override string Name => "questions for KeyPackages";

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        using Mask somebody = new(raid.Random);
        byte[] content = [ContentMark, Question, 0, (byte)raid.Random.Next(1, 4)];
        foreach (KeyValuePair<NodeAddress, byte[]> to in raid.Gossip.Keys)
            await link.SendAsync(FrameKind.Envelope,
                Sealed.Envelope(EnvelopeKind.Mls, [FrameMark], somebody.Identity, to, content), stop);
    }
}

/// <summary>
/// Invitations and other frames of groups that do not exist, properly sealed, and texts that are nearly MLS.
/// </summary>
internal sealed class GroupFrames : LinkAttack
{
    private const int HeadSize = 1 + 16 + sizeof(ulong) + 176;

    internal override string Name => "frames of groups";

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        using Mask somebody = new(raid.Random);
        foreach (KeyValuePair<NodeAddress, byte[]> to in raid.Gossip.Keys)
        {
            // Half of them are invitations.
            byte kind = raid.Random.Next(2) == 0 ? (byte)5 : (byte)raid.Random.Next(1, 5);
            byte[] content = new byte[1 + HeadSize + raid.Random.Next(1, 20_000)];
            raid.Random.NextBytes(content);
            (content[0], content[1]) = (1, kind);
            await link.SendAsync(
                FrameKind.Envelope, Sealed.Envelope(EnvelopeKind.Mls, [1], somebody.Identity, to, content), stop);

            // version 1, PrivateMessage, a group id of 16 bytes, and noise (RFC 9420, section 6).
            byte[] payload = new byte[raid.Random.Next(100, 2000)];
            raid.Random.NextBytes(payload);
            BinaryPrimitives.WriteUInt32BigEndian(payload, 0x0001_0002);
            payload[4] = 16;
            byte[] envelope = new byte[EnvelopeHeader.Size + payload.Length];
            Envelope.Write(envelope,
                new EnvelopeHeader(EnvelopeKind.Mls, Priority.Normal, true, 0, Limits.MaxHops, 8640, to.Key), payload);
            await link.SendAsync(FrameKind.Envelope, envelope, stop);
        }
    }
}

/// <summary>
/// MLS-Lite messages in the right form (docs/reference/mls-lite.md, section 3), of every type, with tags that it heard
/// or that it counts through: each could cost derivations, or a place among what waits.
/// </summary>
internal sealed class LiteForgeries : LinkAttack
{
    private ushort _tag;

    internal override string Name => "forgeries of MLS-Lite";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(5);

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        foreach ((NodeAddress address, _) in raid.Gossip.Keys)
        {
            for (int i = 0; i < 10; i++)
            {
                byte[] payload = Heard(raid) ?? MadeUp(raid.Random);
                payload[3] = (byte)raid.Random.Next(128);
                raid.Random.NextBytes(payload.AsSpan(4));
                byte[] envelope = new byte[EnvelopeHeader.Size + payload.Length];
                var header = new EnvelopeHeader(EnvelopeKind.MlsLite, Priority.Normal, true, 0, Limits.MaxHops,
                    8640, address);
                Envelope.Write(envelope, header, payload);
                await link.SendAsync(FrameKind.Envelope, envelope, stop);
            }
        }
    }

    private byte[] MadeUp(Random random)
    {
        byte[] payload = new byte[random.Next(20, 200)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, _tag++);
        payload[2] = (byte)(random.Next(6) << 5 | random.Next(31));
        return payload;
    }

    // Of an honest message the tag and the sender are readable: a forgery takes them over.
    private static byte[]? Heard(Raid raid)
    {
        foreach (byte[] envelope in raid.Gossip.Envelopes)
        {
            if (Envelope.TryRead(envelope, out Envelope read) && read.Header.Kind == EnvelopeKind.MlsLite
                && read.Payload.Length > 20)
                return read.Payload.ToArray();
        }

        return null;
    }
}
