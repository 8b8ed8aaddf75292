using System.Text;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Storage;

/// <summary>
/// A store that fails at every operation in turn. Afterwards memory is what the store has, the group goes on, and no
/// generation was used twice.
/// </summary>
public class FailedWriteTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_member_whose_store_fails_at_any_operation_is_where_its_store_is_and_goes_on(bool afterTheFact)
    {
        int failures = 0;
        for (int step = 0; step < Life.Steps; step++)
        {
            bool fails = true;
            for (int at = 0; fails; at++)
            {
                // And then the reading back fails too, at any operation, before the store comes to its senses.
                bool failsAgain = true;
                for (int again = 0; fails && failsAgain; again++)
                {
                    Life life = new(afterTheFact);
                    life.RunTo(step);
                    fails = life.FailsAt(step, at);
                    if (!fails)
                        break;
                    failures++;
                    failsAgain = life.CannotReadBack(again);
                    life.MemoryIsWhatTheStoreHas();
                    life.GoesOn();
                }
            }
        }
        Assert.True(failures > 100, $"{failures} failures prove little.");
    }

    [Fact]
    public void A_merge_whose_write_failed_can_be_done_again()
    {
        FailingStore store = new(new MemoryGroupStore());
        TestClient alice = new("alice", store: store), bob = new("bob");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        ulong before = g[0].Epoch;
        PendingCommit pending = g[0].Commit(new CommitRequest()).Value;
        g[1].Follow(pending.Message);
        store.FailAfter = 0;
        Assert.Throws<IOException>(g[0].MergePending);
        Assert.Equal(before, g[0].Epoch);
        Assert.Equal(pending.Message, g[0].Pending!.Message);
        Assert.Equal("still here", g[1].Process(g[0].Send("still here")).Text());
        g[0].MergePending();
        GroupTests.AssertAgreed(g);
        Assert.Equal(g[0].Epoch, new MlsClient(alice.Options, alice.Identity).FindGroup("g"u8)!.Epoch);
    }

    [Fact]
    public void A_staged_commit_of_another_can_be_merged_again_after_a_failed_write()
    {
        FailingStore store = new(new MemoryGroupStore());
        TestClient alice = new("alice"), bob = new("bob", store: store);
        Group[] g = TestClient.GroupOf("g", alice, bob);
        StagedCommit staged =
            ((Outcome.CommitStaged)g[1].Process(g[0].Commit(new CommitRequest()).Value.Message).Value).Commit;
        g[0].MergePending();
        store.FailAfter = 0;
        Assert.Throws<IOException>(() => g[1].Merge(staged));
        g[1].Merge(staged);
        GroupTests.AssertAgreed(g);
        Assert.Equal("x", g[0].Process(g[1].Send("x")).Text());
    }

    [Fact]
    public void A_message_that_could_not_be_noted_as_read_can_be_read_again()
    {
        FailingStore store = new(new MemoryGroupStore());
        Group[] g = TestClient.GroupOf("g", new TestClient("alice"), new TestClient("bob", store: store));
        byte[] message = g[0].Send("once");
        store.FailAfter = 0;
        Assert.Throws<IOException>(() => g[1].Process(message));
        Assert.Equal("once", g[1].Process(message).Text());
        g[1].Process(message).Fails(MlsErrorCode.KeyConsumed, "9.2");
    }

    [Fact]
    public void A_transaction_that_fails_around_the_library_takes_the_group_back_but_not_its_generations()
    {
        RollbackStore store = new();
        TestClient alice = new("alice", store: store), bob = new("bob");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        ulong epoch = g[0].Epoch;
        store.Begin();
        byte[] lost = g[0].Send("lost");
        g[0].Commit(new CommitRequest());
        g[0].MergePending();
        byte[] lostToo = g[0].Send("in an epoch that never was");
        store.Rollback();
        alice.Client.Reload();
        Assert.Equal(epoch, g[0].Epoch);
        Assert.Null(g[0].Pending);
        byte[] sent = g[0].Send("sent");
        Outcome.ApplicationMessage first = Assert.IsType<Outcome.ApplicationMessage>(g[1].Process(lost).Value);
        Outcome.ApplicationMessage second = Assert.IsType<Outcome.ApplicationMessage>(g[1].Process(sent).Value);
        Assert.NotEqual(first.Generation, second.Generation);
        Assert.False(g[1].Process(lostToo).IsOk);
    }

    [Fact]
    public void A_join_that_was_rolled_back_is_no_group_and_can_be_done_again()
    {
        RollbackStore store = new();
        TestClient alice = new("alice"), bob = new("bob", store: store);
        Group first = alice.Create("g");
        byte[] welcome = first.Commit(new CommitRequest { Add = [bob.KeyPackageFor(alice)] }).Value.Welcome!;
        first.MergePending();
        store.Begin();
        Group joined = bob.Join(welcome);
        store.Rollback();
        bob.Client.Reload();
        Assert.Equal(GroupStatus.Removed, joined.Status);
        Assert.Null(bob.Client.FindGroup("g"u8));
        GroupTests.AssertAgreed(first, bob.Join(welcome));
    }

    /// <summary>A store in a database whose transaction spans several calls.</summary>
    private sealed class RollbackStore : IGroupStore
    {
        private Dictionary<string, byte[]> _values = [];
        private Dictionary<string, byte[]>? _before;

        internal void Begin() => _before = _values.ToDictionary(v => v.Key, v => v.Value);

        internal void Rollback() => _values = _before!;

        public void Write(IReadOnlyList<StoreChange> changes)
        {
            foreach (StoreChange change in changes)
            {
                _values.Remove(change.Key);
                if (change.Value is { } value)
                    _values[change.Key] = value.ToArray();
            }
        }

        public byte[]? Read(string key) => _values.TryGetValue(key, out byte[]? value) ? [.. value] : null;

        public IReadOnlyList<string> Keys(string prefix) =>
            [.. _values.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// A short life of a group, of which any step can be made to fail at any operation of one member's store.
    /// </summary>
    private sealed class Life
    {
        private readonly FailingStore _store = new(new MemoryGroupStore());
        private readonly TestClient _alice;
        private readonly TestClient _bob = new("bob");
        private readonly TestClient _carol = new("carol");
        private readonly HashSet<(StateId, uint)> _generations = [];
        private readonly Group _theirs;
        private Group _ours;
        private byte[] _incoming = [];

        internal Life(bool afterTheFact)
        {
            _alice = new TestClient("alice", store: _store);
            _store.AfterTheFact = afterTheFact;
            _theirs = _bob.Create("g");
            _bob.Validator.External = true;
            byte[] welcome = _theirs.Commit(new CommitRequest { Add = [_alice.KeyPackageFor(_bob)] }).Value.Welcome!;
            _theirs.MergePending();
            _ours = _alice.Join(welcome);
        }

        internal static int Steps => 12;

        internal void RunTo(int step)
        {
            for (int i = 0; i < step; i++)
            {
                Prepare(i);
                Step(i);
            }
            Prepare(step);
        }

        /// <summary>Does a step with a store that fails; false if the step has fewer operations than that.</summary>
        internal bool FailsAt(int step, int operation)
        {
            _store.FailAfter = operation;
            try
            {
                Step(step);
            }
            catch (IOException)
            {
                return true;
            }
            finally
            {
                _store.FailAfter = null;
            }
            return false;
        }

        internal bool CannotReadBack(int operation)
        {
            _store.FailAfter = operation;
            Exception? failure = Record.Exception(() => _ours.Tip);
            _store.FailAfter = null;
            Assert.True(failure is null or IOException, failure?.ToString());
            return failure is not null;
        }

        internal void MemoryIsWhatTheStoreHas()
        {
            // With a clock that stands still, so that reading takes nothing away.
            MlsClientOptions options =
                new() { Validator = _alice.Validator, Store = _alice.Store, Time = new FakeTime() };
            Group? read = new MlsClient(options, _alice.Identity).FindGroup("g"u8);
            Assert.Equal(read is null ? GroupStatus.Removed : read.Status, _ours.Status);
            if (read is null)
                return;
            Assert.Equal(read.Tip.Id, _ours.Tip.Id);
            Assert.Equal(read.States.Select(s => (s.Id, s.Standing)), _ours.States.Select(s => (s.Id, s.Standing)));
            Assert.Equal(read.PendingProposals.Count, _ours.PendingProposals.Count);
            Assert.Equal(read.Pending?.State, _ours.Pending?.State);
            Assert.Equal(read.EpochAuthenticator.ToArray(), _ours.EpochAuthenticator.ToArray());
            Assert.Equal(read.Invitations.Count, _ours.Invitations.Count);
        }

        // Whatever the step came to: the members find together again, and talk.
        internal void GoesOn()
        {
            if (_ours.Status == GroupStatus.Removed)
                _ours = _alice.Client.FindGroup("g"u8) ?? Rejoin();
            if (_ours.Pending is { } pending)
            {
                if (_theirs.Epoch == _ours.Epoch)
                    _theirs.Follow(pending.Message);
                _ours.MergePending();
            }
            if (_ours.Epoch < _theirs.Epoch)
                _ours.Follow(_incoming);
            if (_theirs.Epoch == _ours.Epoch && _ours.PendingProposals.Count + _theirs.PendingProposals.Count > 0)
            {
                PendingCommit clear = _theirs.Commit(new CommitRequest { IncludePendingProposals = false }).Value;
                _theirs.MergePending();
                _ours.Follow(clear.Message);
            }
            GroupTests.AssertAgreed(_ours, _theirs);
            Read(_ours.Send("after"));
            Assert.Equal("back", _ours.Process(_theirs.Send("back")).Text());
        }

        private Group Rejoin()
        {
            UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(_theirs.GroupInfo().Value).Value;
            ExternalJoin join =
                _alice.Client.JoinExternally(
                    info, _alice.Identity, new ExternalJoinRequest { RemovePrior = true }).Value;
            _theirs.Follow(join.Message);
            return join.Accept();
        }

        // What the others do before the step, so that only one member's store is in question.
        private void Prepare(int step)
        {
            switch (step)
            {
                case 1:
                    _incoming = _theirs.Send("hello");
                    break;
                case 2:
                    _incoming = _theirs.ProposeUpdate().Value;
                    break;
                case 4 or 8:
                    _theirs.Follow(_ours.Pending!.Message);
                    break;
                case 6:
                    _incoming = _theirs.Commit(new CommitRequest()).Value.Message;
                    _theirs.MergePending();
                    break;
            }
        }

        private void Step(int step)
        {
            switch (step)
            {
                case 0:
                    Read(_ours.Send("one"));
                    break;
                case 1 or 2:
                    Assert.True(_ours.Process(_incoming).IsOk);
                    break;
                case 3:
                    Assert.True(_ours.Commit(new CommitRequest { ForcePath = true }).IsOk);
                    break;
                case 4 or 8:
                    _ours.MergePending();
                    break;
                case 5:
                    Assert.True(_ours.Commit(new CommitRequest()).IsOk);
                    _ours.DropPending();
                    break;
                case 6:
                    _ours.Follow(_incoming);
                    break;
                case 7:
                    Assert.True(_ours.Commit(new CommitRequest { Add = [_carol.KeyPackageFor(_bob)] }).IsOk);
                    break;
                case 9:
                    _alice.Client.CreateKeyPackage(_alice.Identity, TimeSpan.FromDays(1));
                    Assert.True(_ours.ExportOnce(0x8001).IsOk);
                    break;
                case 10:
                    _theirs.Process(_ours.ProposeUpdate().Value);
                    break;
                default:
                    _alice.Time.Now += TimeSpan.FromDays(3);
                    _ours.ForgetInvitation(_ours.Invitations[0].State);
                    _alice.Client.Expire();
                    break;
            }
        }

        // Whatever leaves is under a generation of its own.
        private void Read(byte[] message)
        {
            MlsResult<Outcome> outcome = _theirs.Process(message);
            Assert.True(outcome.IsOk, outcome.Error.ToString());
            Outcome.ApplicationMessage data = Assert.IsType<Outcome.ApplicationMessage>(outcome.Value);
            Assert.NotEmpty(Encoding.UTF8.GetString(data.Data.Span));
            Assert.Equal(new LeafIndex(1), data.Sender.Index);
            Assert.True(_generations.Add((data.State, data.Generation)), "A generation was used twice.");
        }
    }
}
