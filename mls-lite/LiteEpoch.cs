using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>A stream that is readable in an epoch, and the tag of its texts there.</summary>
internal readonly record struct OpenStream(int Sender, LiteStream Stream, ushort Tag);

/// <summary>
/// One epoch of a group: the tree with the keys of all its messages, and the streams that are read. The secret itself
/// is gone once the tree's root is derived; whoever joins later gets a new epoch.
/// </summary>
internal sealed class LiteEpoch : IDisposable
{
    private readonly byte[] _id;
    private readonly KeyTree _tree;
    private readonly List<OpenStream> _streams;

    internal LiteEpoch(uint number, byte[] id, ushort tag, LiteCipher cipher, KeyTree tree, List<OpenStream> streams)
    {
        Number = number;
        _id = id;
        Tag = tag;
        Cipher = cipher;
        _tree = tree;
        _streams = streams;
    }

    internal uint Number { get; }

    internal ReadOnlySpan<byte> Id => _id;

    /// <summary>The tag of messages that name their stream.</summary>
    internal ushort Tag { get; }

    internal LiteCipher Cipher { get; }

    /// <summary>The index of the member that brought it here.</summary>
    internal required int Beginner { get; init; }

    /// <summary>This node made the epoch to invite somebody, who knows no other.</summary>
    internal bool InvitedHere { get; init; }

    internal IReadOnlyList<Subtree> Subtrees => _tree.Subtrees;

    /// <summary>The streams that are read, by sender in the order in which they were opened.</summary>
    internal IReadOnlyList<OpenStream> Streams => _streams;

    internal static LiteEpoch Derive(
        ReadOnlySpan<byte> secret, LiteGroupId group, uint number, LiteCipher cipher, int beginner,
        bool invitedHere = false)
    {
        Span<byte> prk = stackalloc byte[LiteConstants.SecretSize];
        Span<byte> context = stackalloc byte[LiteKeySchedule.ContextSize];
        LiteKeySchedule.Extract(secret, prk);
        LiteKeySchedule.WriteContext(context, group, number, cipher);
        byte[] id = new byte[LiteConstants.EpochIdSize];
        byte[] root = new byte[LiteConstants.SecretSize];
        Span<byte> tag = stackalloc byte[LiteConstants.TagSize];
        LiteKeySchedule.EpochId(prk, context, id);
        LiteKeySchedule.EpochTag(prk, context, tag);
        LiteKeySchedule.Root(prk, context, root);
        CryptographicOperations.ZeroMemory(prk);
        return new LiteEpoch(number, id, BinaryPrimitives.ReadUInt16BigEndian(tag), cipher, new KeyTree(root), [])
        {
            Beginner = beginner,
            InvitedHere = invitedHere,
        };
    }

    /// <summary>True if this epoch is the one to send in, of two.</summary>
    internal bool WinsOver(LiteEpoch other) =>
        Number != other.Number ? Number > other.Number : Id.SequenceCompareTo(other.Id) < 0;

    /// <summary>Nothing of a sender's slot was used, and no stream has it.</summary>
    internal bool IsFree(int sender, int slot) =>
        _tree.CostOf(LeafPath.FirstOfSlot(sender, slot), LeafPath.SlotHeight) >= 0
        && !_streams.Exists(s => s.Sender == sender && s.Stream.Slot == slot);

    /// <summary>How many slots of a sender are free, those of streams that were not used yet among them.</summary>
    internal long FreeSlots(int sender) => _tree.CountNodes(
        LeafPath.FirstOfSlot(sender, 0), LeafPath.SenderHeight, LeafPath.SlotHeight);

    /// <summary>
    /// Makes a stream readable; false if its slot was used before, by another. Of too many streams of one sender the
    /// oldest is given up.
    /// </summary>
    internal bool TryOpenStream(int sender, LiteStream stream)
    {
        if (_streams.Exists(s => s.Sender == sender && s.Stream == stream))
            return true;
        Span<byte> secret = stackalloc byte[LiteConstants.SecretSize];
        uint first = LeafPath.FirstOfSlot(sender, stream.Slot);
        if (!IsFree(sender, stream.Slot) || !_tree.TryDerive(first, LeafPath.SlotHeight, secret))
            return false;
        Span<byte> salt = stackalloc byte[LiteStream.SaltSize];
        Span<byte> tag = stackalloc byte[LiteConstants.TagSize];
        stream.WriteSalt(salt);
        LiteKeySchedule.StreamTag(secret, salt, tag);
        CryptographicOperations.ZeroMemory(secret);
        _streams.Add(new OpenStream(sender, stream, BinaryPrimitives.ReadUInt16BigEndian(tag)));
        if (_streams.FindAll(s => s.Sender == sender) is { Count: > LiteConstants.StreamsOfSender } all)
        {
            _tree.GiveUp(LeafPath.FirstOfSlot(sender, all[0].Stream.Slot), LeafPath.SlotHeight);
            _streams.Remove(all[0]);
        }

        return true;
    }

    /// <summary>The tag of a sender's texts in a stream; null if it is not open.</summary>
    internal ushort? TagOf(int sender, LiteStream stream)
    {
        int at = _streams.FindIndex(s => s.Sender == sender && s.Stream == stream);
        return at < 0 ? null : _streams[at].Tag;
    }

    /// <summary>
    /// Derivations that a message costs before it is known whether it is authentic; -1 if its key was used, or given
    /// up.
    /// </summary>
    internal int CostOf(LeafPath path) => _tree.CostOf(path.Leaf, 0);

    /// <summary>Derives the secret of a node of the tree and changes nothing; false if it was used.</summary>
    internal bool TryDerive(uint first, int height, Span<byte> secret) => _tree.TryDerive(first, height, secret);

    /// <summary>Protects a message of this node and uses its key up; null if that was used.</summary>
    internal byte[]? Seal(LiteGroupId group, in LiteHeader header, ReadOnlySpan<byte> content)
    {
        ushort tag = Tag;
        if (!UnverifiedLiteMessage.HasStream(header.Type))
        {
            if (TagOf(header.Sender, header.Stream) is not { } ofStream)
                return null;
            tag = ofStream;
        }

        Span<byte> key = stackalloc byte[LiteAead.KeySize(Cipher)];
        Span<byte> nonce = stackalloc byte[LiteAead.NonceSize(Cipher)];
        if (!TryDeriveKeys(header, key, nonce))
            return null;
        Span<byte> associated = stackalloc byte[LiteHeader.AssociatedSize];
        header.WriteAssociated(associated, group);
        int size = UnverifiedLiteMessage.HeaderSize(header);
        byte[] message = new byte[size + content.Length + LiteAead.TagSize(Cipher)];
        _ = UnverifiedLiteMessage.WriteHeader(message, tag, header);
        LiteAead.Seal(Cipher, key, nonce, content, associated, message.AsSpan(size));
        CryptographicOperations.ZeroMemory(key);
        Use(header.Path);
        return message;
    }

    /// <summary>Opens a message and changes nothing.</summary>
    internal LiteError TryOpen(
        LiteGroupId group, in LiteHeader header, ReadOnlySpan<byte> sealedContent, out byte[] content)
    {
        content = [];
        int size = sealedContent.Length - LiteAead.TagSize(Cipher);
        if (size < 0 || size > LiteConstants.MaxContent)
            return LiteError.Malformed;
        Span<byte> key = stackalloc byte[LiteAead.KeySize(Cipher)];
        Span<byte> nonce = stackalloc byte[LiteAead.NonceSize(Cipher)];
        if (!TryDeriveKeys(header, key, nonce))
            return LiteError.ReplayedOrTooOld;
        Span<byte> associated = stackalloc byte[LiteHeader.AssociatedSize];
        header.WriteAssociated(associated, group);
        byte[] plaintext = new byte[size];
        bool authentic = LiteAead.TryOpen(Cipher, key, nonce, sealedContent, associated, plaintext);
        CryptographicOperations.ZeroMemory(key);
        if (!authentic)
            return LiteError.NotAuthentic;
        content = plaintext;
        return LiteError.None;
    }

    /// <summary>The key of a message that was accepted is gone for good.</summary>
    internal void Use(LeafPath path)
    {
        _tree.Puncture(path);
        _tree.Trim(path, slot => _streams.FindIndex(s => s.Sender == path.Sender && s.Stream.Slot == slot));
    }

    /// <summary>The index belongs to somebody else now.</summary>
    internal void CloseStreams(int sender) => _streams.RemoveAll(s => s.Sender == sender);

    /// <inheritdoc/>
    public void Dispose() => _tree.Dispose();

    private bool TryDeriveKeys(in LiteHeader header, Span<byte> key, Span<byte> nonce)
    {
        Span<byte> leaf = stackalloc byte[LiteConstants.SecretSize];
        if (!_tree.TryDerive(header.Path.Leaf, 0, leaf))
            return false;
        Span<byte> salt = stackalloc byte[LiteStream.SaltSize];
        header.Stream.WriteSalt(salt);
        LiteKeySchedule.MessageKey(leaf, salt, key);
        LiteKeySchedule.Nonce(leaf, salt, nonce);
        CryptographicOperations.ZeroMemory(leaf);
        return true;
    }
}
