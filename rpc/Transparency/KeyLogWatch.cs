using System.Security.Cryptography;
using Google.Protobuf;

namespace QuicProChat.Mesh.Rpc.Transparency;

/// <summary>What became of an answer of a server about its log of keys.</summary>
public enum KeyLogVerdict
{
    /// <summary>It is proven, and goes with all that the server said before.</summary>
    Proven,

    /// <summary>It is no proof: a signature or a hash does not hold.</summary>
    Unproven,

    /// <summary>The name had another key before; the owner has not accepted this one.</summary>
    Changed,

    /// <summary>The server signed two logs of which neither begins with the other.</summary>
    Forked,
}

/// <summary>
/// What a client knows of a server's log of keys, and holds the server to: the last head, the entries that it read, the
/// keys of names that it asked for. Not safe for several threads at once.
/// </summary>
/// <param name="serverKey">The server's Ed25519 key, pinned.</param>
/// <param name="ownName">The own name there.</param>
/// <param name="ownKey">The own key, 32 bytes.</param>
public sealed class KeyLogWatch(ReadOnlyMemory<byte> serverKey, string ownName, ReadOnlyMemory<byte> ownKey)
{
    /// <summary>Names whose keys are remembered, at most; the oldest gives way. Arbitrary.</summary>
    public const int MaxNames = 256;

    /// <summary>Entries that are asked for at once. Arbitrary; the server gives as many at most.</summary>
    public const int PageSize = 1024;

    private readonly byte[] _ownTag = KeyLeaf.NameOf(ownName);
    private readonly List<V1.KnownName> _names = [];
    private TreeFrontier _read = new();
    private TreeHead? _contradiction;
    private ulong _ownNext;
    private byte[] _ownBinding = [];

    /// <summary>The last head that goes with all before it; null before the first.</summary>
    public TreeHead? Head { get; private set; }

    /// <summary>What is wrong, for the owner; null where nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Two heads that contradict each other were seen: nothing that the server says of names counts.</summary>
    public bool IsForked => _contradiction is not null;

    /// <summary>The head that contradicts <see cref="Head"/>; null without one. Both are the server's word.</summary>
    public TreeHead? Contradiction => _contradiction;

    /// <summary>Entries that were read.</summary>
    public ulong Read => _read.Size;

    /// <summary>Whether bytes are a head that the server signed. From any thread.</summary>
    public bool IsOfServer(ReadOnlySpan<byte> head) => TreeHead.Verify(head, serverKey.Span) is not null;

    /// <summary>Judges an answer to ResolveUser.</summary>
    public KeyLogVerdict TakeKey(string username, V1.ResolveUserResponse answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (IsForked)
            return KeyLogVerdict.Forked;
        if (TakeHead(answer.Head.Span, answer.ConsistencyProof.Span, out TreeHead? head) is var verdict
            and not KeyLogVerdict.Proven)
            return verdict;
        if (answer.IdentityKey.Length != ownKey.Length || !KeyProof.TryVerify(
            answer.InclusionProof.Span, username, answer.IdentityKey.Span, head!, out ulong counter))
            return KeyLogVerdict.Unproven;
        return Remember(username, answer.IdentityKey, counter);
    }

    /// <summary>The question that <see cref="TakePage"/> takes the answer of.</summary>
    /// <param name="peer">A head that somebody else was shown; null for none.</param>
    public V1.AuditKeyTransparencyRequest NextPage(TreeHead? peer = null)
    {
        V1.AuditKeyTransparencyRequest request =
            new() { From = Read, Limit = PageSize, KnownSizes = { Head?.Size ?? 0 } };
        if (peer is not null)
            request.KnownSizes.Add(peer.Size);
        return request;
    }

    /// <summary>Takes the next entries of the log.</summary>
    /// <param name="page">The answer to <see cref="NextPage"/>.</param>
    /// <param name="isLast">The log was read to its end.</param>
    /// <param name="peer">The head that the question named.</param>
    public KeyLogVerdict TakePage(V1.AuditKeyTransparencyResponse page, out bool isLast, TreeHead? peer = null)
    {
        ArgumentNullException.ThrowIfNull(page);
        isLast = false;
        if (IsForked)
            return KeyLogVerdict.Forked;
        if (page.ConsistencyProofs.Count != (peer is null ? 1 : 2))
            return KeyLogVerdict.Unproven;
        if (TakeHead(page.Head.Span, page.ConsistencyProofs[0].Span, out TreeHead? head) is var verdict
            and not KeyLogVerdict.Proven)
            return verdict;
        if (peer is not null && !MerkleTree.VerifyConsistency(
            peer.Size, peer.Root.Span, head!.Size, head.Root.Span, page.ConsistencyProofs[1].Span))
            return Fork(peer, "it showed somebody else another log than this node");
        if (page.Entries.Length % KeyLeaf.Size != 0
            || (ulong)(page.Entries.Length / KeyLeaf.Size) > Math.Min(PageSize, head!.Size - Read))
            return KeyLogVerdict.Unproven;
        for (int at = 0; at < page.Entries.Length; at += KeyLeaf.Size)
        {
            KeyLeaf leaf = KeyLeaf.Read(page.Entries.Span.Slice(at, KeyLeaf.Size))!;
            _read.Add(leaf.Hash());
            Look(leaf);
        }

        isLast = Read == head.Size;
        if (!isLast)
            return page.Entries.IsEmpty ? KeyLogVerdict.Unproven : KeyLogVerdict.Proven;
        if (!head.Root.Span.SequenceEqual(_read.Root))
            return Fork(head, "the entries that it lets read are not those that it signed");
        if (_ownBinding.Length == 0 || !IsOwn(_ownBinding))
            Problem ??= OwnProblem("has not this node's key");
        return KeyLogVerdict.Proven;
    }

    /// <summary>Whether a head that somebody else was shown needs a question to the server.</summary>
    /// <param name="bytes">Any bytes.</param>
    /// <param name="peer">The head; null where there is nothing to ask.</param>
    public KeyLogVerdict Compare(ReadOnlySpan<byte> bytes, out TreeHead? peer)
    {
        peer = TreeHead.Verify(bytes, serverKey.Span);
        if (IsForked)
            return KeyLogVerdict.Forked;
        if (peer is null)
            return KeyLogVerdict.Unproven;
        if (Head?.Size != peer.Size)
            return KeyLogVerdict.Proven;
        TreeHead same = peer;
        peer = null;
        return Head.Root.Span.SequenceEqual(same.Root.Span) ? KeyLogVerdict.Proven
            : Fork(same, "it showed somebody else another log than this node");
    }

    /// <summary>
    /// The owner takes what the server shows from now on: what was known of its log is forgotten, the keys of names are
    /// not.
    /// </summary>
    public void AcceptLog()
    {
        (Head, Problem, _contradiction, _read, _ownNext, _ownBinding) = (null, null, null, new TreeFrontier(), 0, []);
    }

    /// <summary>The owner takes the new key of a name; false if there is none.</summary>
    public bool AcceptKey(string username)
    {
        V1.KnownName? known = _names.Find(n => n.Name == username);
        if (known is null || known.OtherKey.IsEmpty)
            return false;
        (known.Key, known.OtherKey) = (known.OtherKey, ByteString.Empty);
        return true;
    }

    /// <summary>Its bytes.</summary>
    public byte[] Save()
    {
        V1.KeyLogState state = new()
        {
            ServerKey = ByteString.CopyFrom(serverKey.Span),
            Head = ByteString.CopyFrom(Head is null ? [] : Head.Bytes.Span),
            Contradiction = ByteString.CopyFrom(_contradiction is null ? [] : _contradiction.Bytes.Span),
            Problem = Problem ?? "",
            Read = _read.Size,
            OwnNext = _ownNext,
            OwnBinding = ByteString.CopyFrom(_ownBinding),
        };
        state.ReadRoots.AddRange(_read.Roots.Select(static r => ByteString.CopyFrom(r)));
        state.Names.AddRange(_names);
        return state.ToByteArray();
    }

    /// <summary>
    /// Takes back what was saved; false if it is of another key of the server, or makes no sense: then nothing is
    /// known.
    /// </summary>
    public bool TryLoad(ReadOnlyMemory<byte> saved)
    {
        if (!Messages.TryParse(V1.KeyLogState.Parser, saved, out V1.KeyLogState? state)
            || !state.ServerKey.Span.SequenceEqual(serverKey.Span) || state.Names.Count > MaxNames
            || TreeFrontier.Restore(state.Read, [.. state.ReadRoots.Select(static r => r.ToByteArray())])
                is not { } read
            || !TryReadHead(state.Head.Span, out TreeHead? head)
            || !TryReadHead(state.Contradiction.Span, out TreeHead? contradiction))
            return false;
        (Head, _contradiction, _read, _ownNext) = (head, contradiction, read, state.OwnNext);
        Problem = state.Problem.Length == 0 ? null : state.Problem;
        _ownBinding = state.OwnBinding.ToByteArray();
        _names.Clear();
        _names.AddRange(state.Names);
        return true;
    }

    private bool TryReadHead(ReadOnlySpan<byte> bytes, out TreeHead? head)
    {
        head = bytes.IsEmpty ? null : TreeHead.Verify(bytes, serverKey.Span);
        return bytes.IsEmpty || head is not null;
    }

    private KeyLogVerdict TakeHead(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> proof, out TreeHead? head)
    {
        head = TreeHead.Verify(bytes, serverKey.Span);
        if (head is null)
            return KeyLogVerdict.Unproven;
        if (Head is { } before && head.Size < before.Size)
            return Fork(head, "its log has become shorter");
        if (!MerkleTree.VerifyConsistency(
            Head?.Size ?? 0, Head is null ? MerkleTree.EmptyRoot : Head.Root.Span, head.Size, head.Root.Span, proof))
            return Head is null ? KeyLogVerdict.Unproven : Fork(head, "its log does not begin with what it was before");
        Head = head;
        return KeyLogVerdict.Proven;
    }

    private KeyLogVerdict Fork(TreeHead head, string what)
    {
        _contradiction = head;
        Problem = $"the server's log of keys contradicts itself: {what}";
        return KeyLogVerdict.Forked;
    }

    private KeyLogVerdict Remember(string username, ByteString key, ulong counter)
    {
        V1.KnownName? known = _names.Find(n => n.Name == username);
        if (known is null)
        {
            if (_names.Count == MaxNames)
                _names.RemoveAt(0);
            _names.Add(new V1.KnownName { Name = username, Key = key, Counter = counter });
            return KeyLogVerdict.Proven;
        }

        if (!CryptographicOperations.FixedTimeEquals(known.Key.Span, key.Span))
        {
            known.OtherKey = key;
            return KeyLogVerdict.Changed;
        }

        known.OtherKey = ByteString.Empty;
        known.Counter = Math.Max(known.Counter, counter);
        return KeyLogVerdict.Proven;
    }

    // Entries of the own name: each has the next number, and a key follows only on no key. What is there twice was not
    // there by a registration.
    private void Look(KeyLeaf leaf)
    {
        if (!leaf.Name.AsSpan().SequenceEqual(_ownTag))
            return;
        bool ends = leaf.Binding.AsSpan().SequenceEqual(KeyLeaf.Of(ownName, [], 0).Binding);
        if (leaf.Counter != _ownNext || (_ownBinding.Length > 0 && !ends))
            Problem = OwnProblem("was given a further key");
        _ownNext = leaf.Counter + 1;
        _ownBinding = ends ? [] : leaf.Binding;
    }

    private bool IsOwn(byte[] binding) => KeyLeaf.Of(ownName, ownKey.Span, 0).Binding.AsSpan().SequenceEqual(binding);

    private string OwnProblem(string what) =>
        $"in the server's log of keys the name {ownName} {what}: others may be shown somebody else's";
}
