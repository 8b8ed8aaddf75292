using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

// What this node writes.
public sealed partial class LiteGroup
{
    /// <summary>
    /// Slots of an epoch below which this node should begin another: each of its runs uses one up, and so does every
    /// stream that has come to its end.
    /// </summary>
    private const int FewSlots = (LiteStream.MaxSlot + 1) / 8;

    /// <summary>Draws for a free slot; with <see cref="FewSlots"/> left all fail once in a million.</summary>
    private const int SlotDraws = 200;

    /// <summary>
    /// A rekey should be made soon: the keys that this node has in the epoch it sends in come to an end.
    /// </summary>
    public bool NeedsRekey => HasNextEpoch && _epochs.Sending.FreeSlots(OwnIndex) < FewSlots;

    /// <summary>Protects a text for the group; any member could have made it.</summary>
    /// <param name="text">UTF-8, at most 4,096 bytes.</param>
    /// <exception cref="ArgumentException">The text is too long.</exception>
    /// <exception cref="InvalidOperationException">This node's keys in the epoch are used up.</exception>
    public LiteSealed Seal(ReadOnlySpan<byte> text)
    {
        CheckSize(text.Length);
        return SealText(LiteMessageType.Text, text);
    }

    /// <summary>
    /// Protects a text with a signature inside: 64 bytes more, and the others can tell it from one that another member
    /// made up.
    /// </summary>
    /// <param name="text">UTF-8, at most 4,032 bytes.</param>
    /// <exception cref="ArgumentException">The text is too long.</exception>
    /// <exception cref="InvalidOperationException">This node's keys in the epoch are used up.</exception>
    public LiteSealed SealSigned(ReadOnlySpan<byte> text)
    {
        CheckSize(text.Length + Ed25519.SignatureSize);
        return SealText(LiteMessageType.SignedText, text);
    }

    /// <summary>
    /// After a write that failed: this is the group as it was stored before, and goes on with the stream of the later
    /// state. What was made in between may have reached the disk all the same, so no key of it is ever used for
    /// something else; and it may never have left, so everybody is told of the stream again.
    /// </summary>
    /// <param name="later">The same group, as it went on.</param>
    public void KeepSpent(LiteGroup later)
    {
        _own = later._own;
        _own?.ForgetAll();
        Sent = Math.Max(Sent, later.Sent);
    }

    private static void CheckSize(int size)
    {
        if (size > LiteConstants.MaxContent)
            throw new ArgumentException($"A message has at most {LiteConstants.MaxContent} bytes, not {size}.");
    }

    private LiteSealed SealText(LiteMessageType type, ReadOnlySpan<byte> text)
    {
        // The text and the introduction to it belong to one stream.
        LiteReply? introduction = HasStream(_epochs.Sending, messages: 2) ? Introduce() : null;
        byte[] message = TrySeal(_epochs.Sending, type, text, [])
            ?? throw new InvalidOperationException("This node's keys in this epoch are used up: rekey the group.");
        return new LiteSealed(introduction, message);
    }

    /// <summary>Tells those who do not know this node's stream; null if all do.</summary>
    private LiteReply? Introduce()
    {
        TimeSpan now = _self.Now;
        LiteMember[] untold = [.. Others.Where(m => !_own!.Knows(m, now))];
        return untold.Length > 0 && TrySeal(_epochs.Sending, LiteMessageType.Start, default, untold) is { } message
            ? new LiteReply(untold, message)
            : null;
    }

    /// <summary>
    /// Protects a message in an epoch and uses its key up; null if this node has none left there. Whoever receives one
    /// that names the stream knows the stream.
    /// </summary>
    private byte[]? TrySeal(
        LiteEpoch epoch, LiteMessageType type, ReadOnlySpan<byte> content, IEnumerable<LiteMember> receivers)
    {
        if (!HasStream(epoch, messages: 1))
            return null;
        LiteHeader header = OwnHeader(type);
        byte[]? message = epoch.Seal(Id, header, header.IsSigned ? Sign(epoch, header, content) : content);
        if (message is null)
            return null;
        _own!.Spend(header.IsSigned);
        Sent++;
        if (UnverifiedLiteMessage.HasStream(type))
            _own.Told(receivers, _self.Now);
        return message;
    }

    private LiteHeader OwnHeader(LiteMessageType type) => new(
        type, OwnIndex, type == LiteMessageType.Hello ? default : _self.Address, _own!.Stream,
        _own.Next(signed: type != LiteMessageType.Text));

    private byte[] Sign(LiteEpoch epoch, in LiteHeader header, ReadOnlySpan<byte> content)
    {
        byte[] signed = new byte[Ed25519.SignatureSize + content.Length];
        _self.Sign(header.SignedBytes(Id, epoch.Id, content), signed.AsSpan(0, Ed25519.SignatureSize));
        content.CopyTo(signed.AsSpan(Ed25519.SignatureSize));
        return signed;
    }

    /// <summary>
    /// Sees to it that there is a stream with room for some messages, and that it is open in an epoch.
    /// </summary>
    private bool HasStream(LiteEpoch epoch, int messages)
    {
        if (_own is null || _own.Left < messages)
        {
            if (DrawSlot() is not { } slot)
                return false;
            Span<byte> stream = stackalloc byte[LiteStream.Size];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(stream, (ushort)slot);
            _self.Random(LiteStream.SaltSize).CopyTo(stream[sizeof(ushort)..]);
            _ = LiteStream.TryRead(stream, out LiteStream drawn);
            _own = new OwnStream(drawn);
        }

        return epoch.TryOpenStream(OwnIndex, _own.Stream);
    }

    /// <summary>A free slot at random; null if there are hardly any left.</summary>
    private int? DrawSlot()
    {
        for (int i = 0; i < SlotDraws; i++)
        {
            int slot = _self.Random(sizeof(ushort)) is [var high, var low] ? (high << 8 | low) & LiteStream.MaxSlot : 0;
            // One that is free in the past epochs too, if one comes: a newcomer may have to be answered there.
            if (i < SlotDraws / 2 ? _epochs.Kept.All(e => e.IsFree(OwnIndex, slot))
                : _epochs.Sending.IsFree(OwnIndex, slot))
                return slot;
        }

        return null;
    }
}
