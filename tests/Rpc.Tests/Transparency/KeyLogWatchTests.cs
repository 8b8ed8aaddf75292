using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.Transparency;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Rpc.Tests.Transparency;

public sealed class KeyLogWatchTests : IDisposable
{
    private static readonly byte[] Alice = Key(1), Bob = Key(2), Mallory = Key(3);

    private readonly LocalIdentity _server = LocalIdentity.Generate();
    private readonly Log _log;

    public KeyLogWatchTests()
    {
        _log = new Log(_server);
        _log.Add("alice", Alice, 0);
        _log.Add("bob", Bob, 0);
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public void An_honest_server_is_believed_while_its_log_grows_and_over_a_restart()
    {
        KeyLogWatch watch = Watch();
        for (ulong i = 0; i < 20; i++)
        {
            Assert.Equal(
                KeyLogVerdict.Proven, watch.TakeKey("bob", _log.Answer("bob", Bob, 1, 0, watch.Head?.Size ?? 0)));
            Audit(watch, _log);
            _log.Add($"user{i}", Key((byte)(i + 9)), 0);
            watch = Again(watch);
        }

        Assert.Null(watch.Problem);
        Assert.Equal(21UL, watch.Head!.Size);
    }

    [Fact]
    public void A_head_that_the_server_did_not_sign_and_a_proof_for_another_key_or_name_prove_nothing()
    {
        KeyLogWatch watch = Watch();
        using LocalIdentity stranger = LocalIdentity.Generate();
        ResolveUserResponse forged = _log.Answer("bob", Bob, 1, 0, 0);
        forged.Head = ByteString.CopyFrom(
            TreeHead.Sign(stranger, _log.Size, _log.Root(_log.Size), 1).Bytes.Span);
        ResolveUserResponse bare = new() { IdentityKey = ByteString.CopyFrom(Bob) };
        foreach (ResolveUserResponse answer in (ResolveUserResponse[])[
            forged, bare, _log.Answer("bob", Mallory, 1, 0, 0), _log.Answer("alice", Alice, 0, 0, 0),
            _log.Answer("bob", Bob, 0, 0, 0), _log.Answer("bob", Bob, 1, 1, 0)])
            Assert.Equal(KeyLogVerdict.Unproven, watch.TakeKey("bob", answer));
        Assert.False(watch.IsForked);
        Assert.Equal(KeyLogVerdict.Proven, watch.TakeKey("bob", _log.Answer("bob", Bob, 1, 0, watch.Head!.Size)));
    }

    [Fact]
    public void A_log_that_was_cut_or_an_old_head_that_comes_again_is_a_fork()
    {
        KeyLogWatch watch = Watch();
        ResolveUserResponse old = _log.Answer("bob", Bob, 1, 0, 0);
        _log.Add("carol", Key(4), 0);
        Audit(watch, _log);
        Assert.Equal(KeyLogVerdict.Forked, watch.TakeKey("bob", old));
        Assert.Contains("shorter", watch.Problem);
        Assert.Equal((3UL, 2UL), (watch.Head!.Size, watch.Contradiction!.Size));
        // Nothing counts any more, over a restart too, until the owner accepts.
        watch = Again(watch);
        Assert.Equal(KeyLogVerdict.Forked, watch.TakeKey("bob", _log.Answer("bob", Bob, 1, 0, 3)));
        watch.AcceptLog();
        Assert.Equal(KeyLogVerdict.Proven, watch.TakeKey("bob", _log.Answer("bob", Bob, 1, 0, 0)));
        Assert.Null(watch.Problem);
    }

    [Fact]
    public void A_log_with_another_beginning_is_a_fork_whatever_proof_comes_with_it()
    {
        Log fork = new(_server);
        fork.Add("alice", Alice, 0);
        fork.Add("bob", Mallory, 0);
        fork.Add("carol", Key(4), 0);
        foreach (Log proofs in (Log[])[_log, fork])
        {
            KeyLogWatch watch = Watch();
            Audit(watch, _log);
            ResolveUserResponse answer = fork.Answer("bob", Mallory, 1, 0, 2);
            if (proofs == _log)
                answer.ConsistencyProof = ByteString.Empty;
            Assert.Equal(KeyLogVerdict.Forked, watch.TakeKey("bob", answer));
            Assert.Contains("does not begin", watch.Problem);
        }
    }

    [Fact]
    public void Two_clients_of_a_server_that_shows_each_another_log_find_out_by_their_heads()
    {
        Log fork = new(_server);
        fork.Add("alice", Alice, 0);
        fork.Add("bob", Mallory, 0);
        fork.Add("carol", Key(4), 0);
        KeyLogWatch alice = Watch();
        Audit(alice, _log);
        // The same size: no question is needed.
        TreeHead two = fork.Head(2), three = fork.Head(3), own = _log.Head(2);
        Assert.Equal(KeyLogVerdict.Proven, alice.Compare(own.Bytes.Span, out TreeHead? toAsk));
        Assert.Null(toAsk);
        Assert.Equal(KeyLogVerdict.Forked, Again(alice).Compare(two.Bytes.Span, out _));
        // Another size: whatever the server answers, it cannot prove both.
        _log.Add("carol", Key(4), 0);
        _log.Add("dave", Key(5), 0);
        fork.Add("dave", Key(5), 0);
        foreach (Log shown in (Log[])[_log, fork])
        {
            KeyLogWatch watch = Again(alice);
            Assert.Equal(KeyLogVerdict.Proven, watch.Compare(three.Bytes.Span, out toAsk));
            Assert.Equal(KeyLogVerdict.Forked, watch.TakePage(shown.Page(watch.NextPage(toAsk)), out _, toAsk));
        }

        // What no server signed frames none.
        using LocalIdentity stranger = LocalIdentity.Generate();
        Assert.Equal(KeyLogVerdict.Unproven, alice.Compare(
            TreeHead.Sign(stranger, 2, new byte[32], 1).Bytes.Span, out _));
        Assert.False(alice.IsForked);
        // An honest server proves both.
        KeyLogWatch honest = Watch();
        Audit(honest, _log);
        Assert.Equal(KeyLogVerdict.Proven, honest.Compare(_log.Head(3).Bytes.Span, out toAsk));
        Assert.Equal(KeyLogVerdict.Proven, honest.TakePage(_log.Page(honest.NextPage(toAsk)), out bool isLast, toAsk));
        Assert.True(isLast);
    }

    [Fact]
    public void A_second_key_under_the_own_name_is_told_and_a_name_that_was_somebody_elses_before_is_not()
    {
        KeyLogWatch watch = Watch();
        Audit(watch, _log);
        Assert.Null(watch.Problem);
        _log.Add("alice", Mallory, 1);
        Audit(watch, _log);
        Assert.Contains("alice was given a further key", watch.Problem);
        Log later = new(_server);
        later.Add("alice", Mallory, 0);
        later.Add("alice", [], 1);
        later.Add("alice", Alice, 2);
        watch = Watch();
        Audit(watch, later);
        Assert.Null(watch.Problem);
        Log never = new(_server);
        never.Add("bob", Bob, 0);
        watch = Watch();
        Audit(watch, never);
        Assert.Contains("has not this node's key", watch.Problem);
    }

    [Fact]
    public void Entries_that_are_not_those_of_the_signed_root_are_a_fork_and_pages_that_make_no_sense_prove_nothing()
    {
        KeyLogWatch watch = Watch();
        AuditKeyTransparencyResponse page = _log.Page(watch.NextPage());
        page.Entries = ByteString.CopyFrom([.. KeyLeaf.Of("alice", Alice, 0).ToBytes(), .. KeyLeaf.Of("bob", Mallory, 0)
            .ToBytes()]);
        Assert.Equal(KeyLogVerdict.Forked, watch.TakePage(page, out _));
        foreach (Action<AuditKeyTransparencyResponse> spoil in (Action<AuditKeyTransparencyResponse>[])[
            p => p.Entries = ByteString.Empty,
            p => p.Entries = ByteString.CopyFrom(p.Entries.Span[..^1]),
            p => p.Entries = ByteString.CopyFrom(new byte[KeyLeaf.Size * 3]),
            p => p.ConsistencyProofs.Clear(),
            p => p.ConsistencyProofs.Add(ByteString.Empty),
            p => p.Head = ByteString.Empty])
        {
            watch = Watch();
            page = _log.Page(watch.NextPage());
            spoil(page);
            Assert.Equal(KeyLogVerdict.Unproven, watch.TakePage(page, out bool isLast));
            Assert.False(isLast);
        }
    }

    [Fact]
    public void A_changed_key_counts_only_when_the_owner_accepted_it()
    {
        KeyLogWatch watch = Watch();
        Assert.Equal(KeyLogVerdict.Proven, watch.TakeKey("bob", _log.Answer("bob", Bob, 1, 0, 0)));
        _log.Add("bob", [], 1);
        _log.Add("bob", Mallory, 2);
        Assert.False(watch.AcceptKey("bob"));
        Assert.Equal(KeyLogVerdict.Changed, watch.TakeKey("bob", _log.Answer("bob", Mallory, 3, 2, 2)));
        watch = Again(watch);
        Assert.Equal(KeyLogVerdict.Changed, watch.TakeKey("bob", _log.Answer("bob", Mallory, 3, 2, 4)));
        Assert.True(watch.AcceptKey("bob"));
        Assert.False(watch.AcceptKey("nobody"));
        Assert.Equal(KeyLogVerdict.Proven, watch.TakeKey("bob", _log.Answer("bob", Mallory, 3, 2, 4)));
    }

    [Fact]
    public void What_was_kept_is_read_cut_and_altered_without_a_fault()
    {
        KeyLogWatch watch = Watch();
        Audit(watch, _log);
        Assert.Equal(KeyLogVerdict.Proven, watch.TakeKey("bob", _log.Answer("bob", Bob, 1, 0, 2)));
        byte[] saved = watch.Save();
        int refused = 0;
        for (int i = 0; i < saved.Length; i++)
        {
            byte[] altered = [.. saved];
            altered[i] ^= 0x55;
            refused += Watch().TryLoad(saved.AsMemory(0, i)) ? 0 : 1;
            refused += Watch().TryLoad(altered) ? 0 : 1;
        }

        Assert.True(refused > saved.Length / 2);
        using LocalIdentity other = LocalIdentity.Generate();
        Assert.False(new KeyLogWatch(other.PublicKey, "alice", Alice).TryLoad(saved));
    }

    private static byte[] Key(byte seed) => [.. Enumerable.Repeat(seed, 32)];

    private KeyLogWatch Watch() => new(_server.PublicKey, "alice", Alice);

    private KeyLogWatch Again(KeyLogWatch watch)
    {
        KeyLogWatch again = Watch();
        Assert.True(again.TryLoad(watch.Save()));
        return again;
    }

    private static void Audit(KeyLogWatch watch, Log log)
    {
        Assert.Equal(KeyLogVerdict.Proven, watch.TakePage(log.Page(watch.NextPage()), out bool isLast));
        Assert.True(isLast);
    }

    /// <summary>A server's log; a fork is a second one under the same key.</summary>
    private sealed class Log(LocalIdentity server)
    {
        private readonly Dictionary<TreePlace, byte[]> _nodes = [];
        private readonly List<KeyLeaf> _leaves = [];

        internal ulong Size => (ulong)_leaves.Count;

        internal void Add(string name, byte[] key, ulong counter)
        {
            KeyLeaf leaf = KeyLeaf.Of(name, key, counter);
            byte[] hash = leaf.Hash();
            _nodes.Add(new TreePlace(0, Size), hash);
            foreach ((TreePlace place, byte[] node) in MerkleTree.Completed(Size, hash, p => _nodes[p]))
                _nodes.Add(place, node);
            _leaves.Add(leaf);
        }

        internal byte[] Root(ulong size) => MerkleTree.Root(size, p => _nodes[p]);

        internal TreeHead Head(ulong size) => TreeHead.Sign(server, size, Root(size), 1000 + size);

        internal ResolveUserResponse Answer(
            string name, byte[] key, ulong position, ulong counter, ulong known) => new()
            {
                IdentityKey = ByteString.CopyFrom(key),
                InclusionProof = ByteString.CopyFrom(KeyProof.Write(
                position, counter, MerkleTree.Inclusion(position, Size, p => _nodes[p]))),
                Head = ByteString.CopyFrom(Head(Size).Bytes.Span),
                ConsistencyProof = Consistency(known),
            };

        internal AuditKeyTransparencyResponse Page(AuditKeyTransparencyRequest request)
        {
            AuditKeyTransparencyResponse page = new()
            {
                Head = ByteString.CopyFrom(Head(Size).Bytes.Span),
                Entries = ByteString.CopyFrom(
                    [.. _leaves.Skip((int)request.From).Take((int)request.Limit).SelectMany(l => l.ToBytes())]),
            };
            page.ConsistencyProofs.AddRange(request.KnownSizes.Select(Consistency));
            return page;
        }

        private ByteString Consistency(ulong known) => known > Size ? ByteString.Empty
            : ByteString.CopyFrom(MerkleTree.Join(MerkleTree.Consistency(known, Size, p => _nodes[p])));
    }
}
