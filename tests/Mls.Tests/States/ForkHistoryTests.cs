using System.Text;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.States;

/// <summary>
/// Seeded lives of groups without a server: members commit on what they have, hear of the commits of others in any
/// order and late, crash, lose writes, and follow one rule that none of them can influence after the fact. In the end
/// all agree, and no generation was used twice.
/// </summary>
public class ForkHistoryTests
{
    private const int Histories = 30;
    private const int Batches = 5;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, Batches)];

    [Theory, MemberData(nameof(Seeds))]
    public void Members_that_hear_of_all_commits_agree_however_they_came(int batch)
    {
        int forks = 0;
        for (int seed = batch; seed < Histories; seed += Batches)
            forks += new ForkHistory(seed).Run(steps: 40);
        Assert.True(forks > Histories / Batches, $"{forks} forks prove little.");
    }
}

/// <summary>One such life.</summary>
internal sealed class ForkHistory
{
    private static readonly GroupPolicy Policy = new()
    {
        ForkEpochs = 100,
        PastEpochs = 100,
        MaxSideStates = 200,
        MaxChildren = 100,
        CommitHistory = 400,
        ForwardWindow = 2000,
    };

    private readonly Random _random;
    private readonly int _seed;
    private readonly List<(StateId Parent, byte[] Message)> _commits = [];
    private readonly HashSet<(StateId, LeafIndex, uint)> _generations = [];
    private readonly Peer[] _members;

    internal ForkHistory(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _members = [.. Enumerable.Range(0, 3 + seed % 4).Select(i => new Peer($"m{i}", seed * 100 + i))];
        Group[] groups = TestClient.GroupOf($"fork {seed}", [.. _members.Select(m => m.Client)]);
        for (int i = 0; i < groups.Length; i++)
            _members[i].Group = groups[i];
    }

    /// <returns>How many states had more than one child.</returns>
    internal int Run(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            Peer member = _members[_random.Next(_members.Length)];
            switch (_random.Next(10))
            {
                case < 3:
                    Commit(member);
                    break;
                case < 6:
                    Hear(member, _random.Next(4));
                    break;
                case < 8:
                    Send(member);
                    break;
                case 8:
                    member.Restart();
                    break;
                default:
                    member.Store.FailAfter = _random.Next(6);
                    Attempt(() => Hear(member, 3));
                    Attempt(() => Send(member));
                    member.Store.FailAfter = null;
                    break;
            }
        }
        foreach (Peer member in _members)
        {
            while (Hear(member, int.MaxValue))
            {
            }
            member.Decide();
        }
        Assert.All(_members, m => Assert.Equal(_members[0].Group.Tip.Id, m.Group.Tip.Id));
        GroupTests.AssertAgreed([.. _members.Select(m => m.Group)]);
        foreach (Peer member in _members)
            Send(member);
        return _commits.GroupBy(c => c.Parent).Count(g => g.Count() > 1);
    }

    // An own commit is made once on a state, and sent again as it is.
    private void Commit(Peer member)
    {
        member.Decide();
        if (member.Group.Pending is not null || !member.CommittedOn.Add(member.Group.Tip.Id))
            return;
        PendingCommit commit = member.Group.Commit(new CommitRequest { ForcePath = true }).Value;
        _commits.Add((member.Group.Tip.Id, commit.Message));
        if (_random.Next(2) == 0)
            member.Restart();
        member.Group.MergePending();
        member.Decide();
    }

    // Commits whose parent is known are kept, whatever they are worth. True if something new was heard.
    private bool Hear(Peer member, int count)
    {
        bool any = false;
        foreach ((StateId parent, byte[] message) in _commits.OrderBy(_ => _random.Next()).ToArray())
        {
            UnverifiedMessage parsed = UnverifiedMessage.Parse(message).Value;
            CommitStanding standing = member.Group.Classify(parsed);
            if (count <= 0 || standing.Kind is CommitKind.Own or CommitKind.Duplicate
                || member.Group.FindState(parent) is null)
                continue;
            MlsResult<Outcome> outcome = member.Group.Process(parsed);
            Assert.True(outcome.IsOk, $"seed {_seed}: {outcome.Error}");
            member.Group.Keep(((Outcome.CommitStaged)outcome.Value).Commit);
            any = true;
            count--;
        }
        member.Decide();
        return any;
    }

    private void Send(Peer member)
    {
        byte[] message = member.Group.Encrypt(Encoding.UTF8.GetBytes($"{_seed}")).Value;
        StateId state = member.Group.Tip.Id;
        bool counted = false;
        foreach (Peer other in _members)
        {
            if (other == member || other.Group.FindState(state) is null || other.Store.FailAfter is not null)
                continue;
            Outcome.ApplicationMessage data =
                Assert.IsType<Outcome.ApplicationMessage>(other.Group.Process(message).Value);
            Assert.Equal(state, data.State);
            if (!counted)
                Assert.True(_generations.Add((data.State, data.Sender.Index, data.Generation)),
                    $"seed {_seed}: a generation was used twice.");
            counted = true;
        }
    }

    private static void Attempt(Action action)
    {
        Exception? failure = Record.Exception(action);
        Assert.True(failure is null or IOException, failure?.ToString());
    }

    internal sealed class Peer
    {
        internal Peer(string name, int seed)
        {
            Client = new TestClient(name, policy: Policy, store: Store, random: new SeededRandom(seed).Fill);
        }

        internal FailingStore Store { get; } = new(new MemoryGroupStore());

        internal TestClient Client { get; }

        internal Group Group { get; set; } = null!;

        internal HashSet<StateId> CommittedOn { get; } = [];

        // The process ends: whatever is not in the store is gone.
        internal void Restart() =>
            Group = new MlsClient(Client.Options, Client.Identity).FindGroup(Group.GroupId.Span)!;

        // From the root, always the child with the lowest id: a rule to test with, that a committer could grind
        // against.
        internal void Decide()
        {
            if (Group.Pending is not null)
                Group.MergePending();
            ILookup<StateId?, GroupState> children = Group.States.ToLookup(s => s.Parent);
            GroupState at = Group.States.MinBy(s => s.Epoch)!;
            while (children[at.Id].MinBy(s => s.Id.ToString(), StringComparer.Ordinal) is { } best)
                at = best;
            Group.MoveTo(at.Id);
        }
    }
}
