using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

// docs/reference/mls-lite.md, section 6: a text in the twin of an MLS state
//
//  tag 2 | type 3 bits, leaf 5 bits | leaf 0..1 | number 1..2 | guard 8 | ciphertext n | tag 16, or 8 with cipher 1
//
//  type: 1, a signed text; tag, leaf and number as tag, sender and counter of LiteMessage.cs
//  guard: random; two messages under one number have two keys

/// <summary>
/// The compact twin of one state of an MLS group: the members of the state, and a key for each number that each of them
/// may write under there. It is made with the state and kept with it, also while another branch wins. Number and sender
/// name a text in both forms, so whoever read one form gives up the key of the other.
/// <code>
/// secret of the state -> a tree for each leaf -> leaf of a number --guard--> key and nonce, once
/// </code>
/// One owner at a time, who stores what <see cref="SaveHead"/> and <see cref="SaveLeaf"/> give after each change.
/// </summary>
public sealed class LiteTwin : IDisposable
{
    /// <summary>The highest number of a text that has a compact form; further texts of a leaf go as MLS.</summary>
    public const int MaxNumber = LiteConstants.MaxCounter;

    /// <summary>Longest text in bytes: what a message may have, without the signature.</summary>
    public const int MaxText = LiteConstants.MaxContent - Ed25519.SignatureSize;

    /// <summary>Size of the random bytes in each message.</summary>
    public const int GuardSize = sizeof(ulong);

    /// <summary>
    /// Subtrees that are kept of a leaf: each gap in the numbers that came costs one, each is 37 bytes, and there is a
    /// twin for each state. Where there are more, the lowest numbers are given up: they are the longest overdue.
    /// </summary>
    internal const int MaxSubtrees = 64;

    // version 1 | cipher 1 | group 8 | id 32 | tag 2 | count 1, leaves that wrote nothing: leaf 1, secret 32
    private const byte StateVersion = 1;
    private const int HeadSize = 2 + LiteGroupId.Size + LiteConstants.EpochIdSize + LiteConstants.TagSize + 1;
    private const int FreshSize = 1 + LiteConstants.SecretSize;

    // version 1 | count 2, subtrees: first 4, height 1, secret 32
    private const int LeafHeadSize = 1 + sizeof(ushort);
    private const int SubtreeSize = sizeof(uint) + 1 + LiteConstants.SecretSize;

    private readonly LiteGroupId _group;
    private readonly LiteCipher _cipher;
    private readonly byte[] _id;
    private readonly SortedDictionary<int, KeyTree> _leaves = [];

    private LiteTwin(LiteGroupId group, LiteCipher cipher, byte[] id, ushort tag) =>
        (_group, _cipher, _id, Tag) = (group, cipher, id, tag);

    /// <summary>What the messages of the state begin with; another state's may begin with the same.</summary>
    public ushort Tag { get; }

    /// <summary>The leaves that have written, or whose texts were read: each has a value of its own.</summary>
    public IEnumerable<int> Opened => _leaves.Where(static l => !IsFresh(l.Value)).Select(static l => l.Key);

    /// <summary>Bytes of what is stored, about.</summary>
    public int Size => HeadSize + _leaves.Values.Sum(static t => LeafHeadSize + (t.Subtrees.Count * SubtreeSize));

    /// <summary>Makes the twin of a state from a secret that no other use shares; the caller zeroes it.</summary>
    /// <param name="secret">At least 32 bytes, given out once.</param>
    /// <param name="mlsGroupId">The MLS group id.</param>
    /// <param name="epoch">The number of the state's epoch, at most 2^31 - 1.</param>
    /// <param name="cipher">How texts are protected.</param>
    /// <param name="leaves">The leaves of the state's members, each from 0 to 254.</param>
    public static LiteTwin Derive(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> mlsGroupId, ulong epoch, LiteCipher cipher,
        IEnumerable<int> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, LiteConstants.SecretSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(epoch, LiteConstants.MaxEpoch);
        var group = LiteGroupId.Read(SHA256.HashData(mlsGroupId));
        using LiteEpoch whole = LiteEpoch.Derive(secret, group, (uint)epoch, cipher, beginner: 0);
        var twin = new LiteTwin(group, cipher, whole.Id.ToArray(), whole.Tag);
        foreach (int leaf in leaves)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)leaf, (uint)LiteConstants.MaxIndex, nameof(leaves));
            byte[] key = new byte[LiteConstants.SecretSize];
            _ = whole.TryDerive(FirstOf(leaf), LeafPath.ClassHeight, key);
            twin._leaves[leaf] = KeyTree.FromSubtrees([new Subtree(FirstOf(leaf), LeafPath.ClassHeight, key)])!;
        }

        return twin;
    }

    /// <summary>
    /// Protects a text of this node, with its signature, and uses the number up. Null, and nothing changed, if the
    /// number has no key here (any more), or the text is too long.
    /// </summary>
    /// <param name="leaf">This node's leaf in the state.</param>
    /// <param name="number">The number: the generation of the text's MLS form.</param>
    /// <param name="sender">This node's address.</param>
    /// <param name="sign">Signs with this node's identity.</param>
    /// <param name="guard">Random, <see cref="GuardSize"/> bytes.</param>
    /// <param name="text">The text, at most <see cref="MaxText"/> bytes.</param>
    public byte[]? Seal(
        int leaf, uint number, NodeAddress sender, MessageSigner sign, ReadOnlySpan<byte> guard,
        ReadOnlySpan<byte> text)
    {
        ArgumentNullException.ThrowIfNull(sign);
        if (!Has(leaf, number) || text.Length > MaxText)
            return null;
        LiteHeader header = Header(leaf, (int)number, sender, BinaryPrimitives.ReadUInt64BigEndian(guard));
        byte[] content = new byte[Ed25519.SignatureSize + text.Length];
        sign(header.SignedBytes(_group, _id, text), content.AsSpan(0, Ed25519.SignatureSize));
        text.CopyTo(content.AsSpan(Ed25519.SignatureSize));
        int size = UnverifiedLiteMessage.HeaderSize(header);
        byte[] message = new byte[size + GuardSize + content.Length + LiteAead.TagSize(_cipher)];
        _ = UnverifiedLiteMessage.WriteHeader(message, Tag, header);
        guard[..GuardSize].CopyTo(message.AsSpan(size));
        Span<byte> key = stackalloc byte[LiteAead.KeySize(_cipher)];
        Span<byte> nonce = stackalloc byte[LiteAead.NonceSize(_cipher)];
        _ = TryDeriveKeys(header, key, nonce);
        Span<byte> associated = stackalloc byte[LiteHeader.AssociatedSize];
        header.WriteAssociated(associated, _group);
        LiteAead.Seal(_cipher, key, nonce, content, associated, message.AsSpan(size + GuardSize));
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(content);
        _ = Spend(leaf, number);
        return message;
    }

    /// <summary>Whether something has the form and the size of a text that some twin may open.</summary>
    public static bool MayRead(ReadOnlySpan<byte> message) =>
        UnverifiedLiteMessage.TryRead(message, out UnverifiedLiteMessage read)
        && read.Type == LiteMessageType.SignedText
        && read.SealedContent.Length >= GuardSize + Ed25519.SignatureSize + LiteAead.TagSize(LiteCipher.AesCcm8)
        && read.SealedContent.Length
            <= GuardSize + LiteConstants.MaxContent + LiteAead.TagSize(LiteCipher.ChaCha20Poly1305);

    /// <summary>
    /// Opens a text and changes nothing: whoever takes it calls <see cref="Spend"/>. Anything may be given.
    /// </summary>
    /// <param name="message">What came.</param>
    /// <param name="sender">The address of the member at the message's leaf.</param>
    /// <param name="publicKey">Its Ed25519 public key, 32 bytes.</param>
    /// <param name="text">Receives the text.</param>
    /// <returns><see cref="LiteError.None"/> if that member wrote it under that number in this state.</returns>
    public LiteError TryOpen(
        in UnverifiedLiteMessage message, NodeAddress sender, ReadOnlySpan<byte> publicKey, out byte[] text)
    {
        text = [];
        if (message.Tag != Tag)
            return LiteError.UnknownEpoch;
        // MLS decides about keys and members, and there is no text that any member could have made.
        if (message.Type != LiteMessageType.SignedText)
            return LiteError.NotHere;
        if (!_leaves.ContainsKey(message.Sender))
            return LiteError.UnknownSender;
        int size = message.SealedContent.Length - GuardSize - LiteAead.TagSize(_cipher);
        if (size is < Ed25519.SignatureSize or > LiteConstants.MaxContent)
            return LiteError.Malformed;
        LiteHeader header = Header(
            message.Sender, message.Counter, sender, BinaryPrimitives.ReadUInt64BigEndian(message.SealedContent));
        Span<byte> key = stackalloc byte[LiteAead.KeySize(_cipher)];
        Span<byte> nonce = stackalloc byte[LiteAead.NonceSize(_cipher)];
        if (!TryDeriveKeys(header, key, nonce))
            return LiteError.ReplayedOrTooOld;
        Span<byte> associated = stackalloc byte[LiteHeader.AssociatedSize];
        header.WriteAssociated(associated, _group);
        byte[] content = new byte[size];
        bool isAuthentic = LiteAead.TryOpen(
            _cipher, key, nonce, message.SealedContent[GuardSize..], associated, content);
        CryptographicOperations.ZeroMemory(key);
        if (!isAuthentic)
            return LiteError.NotAuthentic;
        ReadOnlySpan<byte> signed = content.AsSpan(Ed25519.SignatureSize);
        bool isSigned = Ed25519.Verify(
            header.SignedBytes(_group, _id, signed), publicKey, content.AsSpan(0, Ed25519.SignatureSize));
        if (isSigned)
            text = signed.ToArray();
        CryptographicOperations.ZeroMemory(content);
        return isSigned ? LiteError.None : LiteError.BadSignature;
    }

    /// <summary>Whether a number of a leaf has its key still.</summary>
    public bool Has(int leaf, uint number) => number <= MaxNumber
        && _leaves.TryGetValue(leaf, out KeyTree? tree) && tree.CostOf(PathOf(leaf, number).Leaf, 0) >= 0;

    /// <summary>Deletes the key of a number: its text was sent, or read in one form or the other.</summary>
    /// <returns>False if there was none.</returns>
    public bool Spend(int leaf, uint number)
    {
        if (!Has(leaf, number))
            return false;
        _leaves[leaf].Puncture(PathOf(leaf, number));
        _leaves[leaf].GiveUpFirst(MaxSubtrees);
        return true;
    }

    /// <summary>
    /// Deletes the keys of a number and of all below it: this node wrote under it, and its numbers only go up.
    /// </summary>
    /// <returns>False if there were none.</returns>
    public bool SpendThrough(int leaf, uint number)
    {
        if (!_leaves.TryGetValue(leaf, out KeyTree? tree))
            return false;
        number = Math.Min(number, MaxNumber);
        bool isSpent = Spend(leaf, number);
        return tree.GiveUpBefore(PathOf(leaf, number).Leaf) || isSpent;
    }

    /// <summary>What is stored beside the values of <see cref="Opened"/>; it changes when that does. Secret.</summary>
    public byte[] SaveHead()
    {
        KeyValuePair<int, KeyTree>[] fresh = [.. _leaves.Where(static l => IsFresh(l.Value))];
        byte[] state = new byte[HeadSize + (fresh.Length * FreshSize)];
        var writer = new StateWriter(state);
        writer.Byte(StateVersion);
        writer.Byte((byte)_cipher);
        writer.UInt64(_group.Value);
        writer.Bytes(_id);
        writer.UInt16(Tag);
        writer.Byte(fresh.Length);
        foreach ((int leaf, KeyTree tree) in fresh)
        {
            writer.Byte(leaf);
            writer.Bytes(tree.Subtrees[0].Secret);
        }

        return state;
    }

    /// <summary>What is stored of a leaf that was opened; it changes with each text of the leaf. Secret.</summary>
    public byte[] SaveLeaf(int leaf)
    {
        IReadOnlyList<Subtree> subtrees = _leaves[leaf].Subtrees;
        byte[] state = new byte[LeafHeadSize + (subtrees.Count * SubtreeSize)];
        var writer = new StateWriter(state);
        writer.Byte(StateVersion);
        writer.UInt16(subtrees.Count);
        foreach (Subtree subtree in subtrees)
        {
            writer.UInt32(subtree.First);
            writer.Byte(subtree.Height);
            writer.Bytes(subtree.Secret);
        }

        return state;
    }

    /// <summary>Reads what <see cref="SaveHead"/> gave; false if it makes no sense.</summary>
    public static bool TryLoad(ReadOnlySpan<byte> head, [NotNullWhen(true)] out LiteTwin? twin)
    {
        twin = null;
        var reader = new StateReader(head);
        byte version = reader.Byte();
        var cipher = (LiteCipher)reader.Byte();
        var group = new LiteGroupId(reader.UInt64());
        byte[] id = reader.Bytes(LiteConstants.EpochIdSize).ToArray();
        ushort tag = reader.UInt16();
        var loaded = new LiteTwin(group, cipher, id, tag);
        bool isRead = version == StateVersion && cipher <= LiteCipher.AesCcm8;
        for (int i = reader.Byte(); i > 0 && isRead; i--)
        {
            int leaf = reader.Byte();
            isRead = loaded.TryAdd(leaf, [ReadSubtree(FirstOf(leaf), LeafPath.ClassHeight, ref reader)]);
        }

        if (isRead && !reader.Failed && reader.AtEnd)
        {
            twin = loaded;
            return true;
        }

        loaded.Dispose();
        return false;
    }

    /// <summary>Reads what <see cref="SaveLeaf"/> gave; false if it makes no sense, or the leaf is there already.
    /// </summary>
    public bool TryLoadLeaf(int leaf, ReadOnlySpan<byte> state)
    {
        var reader = new StateReader(state);
        if (reader.Byte() != StateVersion)
            return false;
        var subtrees = new List<Subtree>();
        for (int i = reader.UInt16(); i > 0 && !reader.Failed; i--)
            subtrees.Add(ReadSubtree(reader.UInt32(), reader.Byte(), ref reader));
        return !reader.Failed && reader.AtEnd && TryAdd(leaf, subtrees);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KeyTree tree in _leaves.Values)
            tree.Dispose();
        _leaves.Clear();
    }

    /// <summary>The keys that are left of a leaf, for tests of what is in them.</summary>
    internal KeyTree Tree(int leaf) => _leaves[leaf];

    private static Subtree ReadSubtree(uint first, int height, ref StateReader reader) =>
        new(first, height, reader.Bytes(LiteConstants.SecretSize).ToArray());

    private bool TryAdd(int leaf, List<Subtree> subtrees)
    {
        long end = FirstOf(Math.Min(leaf, LiteConstants.MaxIndex)) + (1L << LeafPath.ClassHeight);
        if (leaf is < 0 or > LiteConstants.MaxIndex || _leaves.ContainsKey(leaf)
            || subtrees.Exists(s => s.First < FirstOf(leaf) || s.Height > LeafPath.ClassHeight || s.End > end)
            || KeyTree.FromSubtrees(subtrees) is not { } tree)
            return false;
        _leaves[leaf] = tree;
        return true;
    }

    private static bool IsFresh(KeyTree tree) => tree.Subtrees is [{ Height: LeafPath.ClassHeight }];

    private static uint FirstOf(int leaf) => PathOf(leaf, 0).Leaf;

    private static LeafPath PathOf(int leaf, uint number) => LeafPath.Of(leaf, slot: 0, signed: true, (int)number);

    private static LiteHeader Header(int leaf, int number, NodeAddress sender, ulong guard) => new(
        LiteMessageType.SignedText, leaf, sender, new LiteStream(0, new UInt128(guard, 0)), number);

    private bool TryDeriveKeys(in LiteHeader header, Span<byte> key, Span<byte> nonce)
    {
        Span<byte> leaf = stackalloc byte[LiteConstants.SecretSize];
        if (!_leaves.TryGetValue(header.Sender, out KeyTree? tree) || !tree.TryDerive(header.Path.Leaf, 0, leaf))
            return false;
        Span<byte> salt = stackalloc byte[LiteStream.SaltSize];
        header.Stream.WriteSalt(salt);
        LiteKeySchedule.MessageKey(leaf, salt, key);
        LiteKeySchedule.Nonce(leaf, salt, nonce);
        CryptographicOperations.ZeroMemory(leaf);
        return true;
    }
}
