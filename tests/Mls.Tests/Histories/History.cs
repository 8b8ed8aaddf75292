using System.Text;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Histories;

/// <summary>
/// One random history: a group of up to 50 whose members add, remove, update, mix in keys, change the context, join
/// from outside, commit at the same time, and send data that arrives late, twice, or never.
/// </summary>
internal sealed class History
{
    private const int MaxMembers = 50;

    private readonly int _seed;
    private readonly Random _random;
    private readonly List<(TestClient Client, Group Group)> _members = [];
    private readonly List<(TestClient Client, Group Group)> _former = [];
    private readonly List<(ulong Epoch, Group Sender, byte[] Message)> _late = [];
    private readonly TestPsks _psks = new();
    private readonly GroupPolicy _policy;
    private int _names;

    internal History(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _policy = new GroupPolicy
        {
            EncryptHandshakes = seed % 2 == 0,
            Grease = seed % 3
            == 0,
            Padding = new PaddingPolicy(seed % 4 * 16)
        };
        _psks.Keys["01"] = [1, 2, 3, 4];
        TestClient first = NewClient();
        _members.Add((first, first.Create($"history {seed}")));
    }

    internal void Run(int steps)
    {
        AddSome(1 + _random.Next(_seed % 10 == 0 ? MaxMembers - 2 : 12));
        for (int step = 0; step < steps; step++)
        {
            SendSome();
            switch (_random.Next(10))
            {
                case < 5:
                    CommitSome();
                    break;
                case < 7:
                    Race();
                    break;
                case 7 when _members.Count < MaxMembers:
                    JoinFromOutside();
                    break;
                case 8:
                    Reload();
                    break;
                default:
                    AddSome(_random.Next(1, 4));
                    break;
            }
            GroupTests.AssertAgreed([.. _members.Select(m => m.Group)]);
            DeliverLate();
            Eavesdrop();
        }
    }

    private TestClient NewClient()
    {
        TestClient client =
            new($"member {_names++}", policy: _policy, random: new SeededRandom(_seed * 1000 + _names).Fill,
                psks: _psks);
        client.Validator.External = true;
        return client;
    }

    private (TestClient Client, Group Group) Pick() => _members[_random.Next(_members.Count)];

    private void AddSome(int count)
    {
        TestClient[] joiners =
            [.. Enumerable.Range(0, Math.Min(count, MaxMembers - _members.Count)).Select(_ => NewClient())];
        (TestClient client, Group group) = Pick();
        CommitRequest request = new()
        {
            Add = [.. joiners.Select(j => j.KeyPackageFor(client))],
            ForcePath = _random.Next(2) == 0,
            ExternalPsks = _random.Next(4) == 0 ? [new byte[] { 1 }] : [],
        };
        Settle(group, group.Commit(request).Value, joiners);
    }

    // Proposals by reference from several, with something by value on top.
    private void CommitSome()
    {
        List<TestClient> joiners = [];
        Group committer = Pick().Group;
        for (int n = _random.Next(4); n > 0; n--)
            Propose(committer, joiners);
        CommitRequest request = new()
        {
            ForcePath = _random.Next(2) == 0,

            // A newcomer cannot have a key of the group's past.
            ResumptionPsks = joiners.Count == 0 && _random.Next(5) == 0 ? [committer.Epoch] : [],
            Extensions = _random.Next(6) == 0
                && !committer.PendingProposals.Any(p => p is GroupContextExtensionsProposal)
                ? new ExtensionList([new RequiredCapabilities { Credentials = [CredentialType.Basic] }.ToExtension()])
                : null,
            Remove = Removable(committer),
        };
        Settle(committer, committer.Commit(request).Value, [.. joiners]);
    }

    private List<LeafIndex> Removable(Group committer)
    {
        if (_members.Count < 4 || _random.Next(3) != 0)
            return [];
        List<LeafIndex> others = [.. committer.Members.Select(m => m.Index).Where(i => i != committer.Self)];
        return [others[_random.Next(others.Count)]];
    }

    private void Propose(Group committer, List<TestClient> joiners)
    {
        (TestClient client, Group proposer) = Pick();
        MlsResult<byte[]> message;
        switch (_random.Next(5))
        {
            case 0 when _members.Count + joiners.Count < MaxMembers:
                TestClient joiner = NewClient();
                joiners.Add(joiner);
                message = proposer.ProposeAdd(joiner.KeyPackageFor(client));
                break;
            case 1:
                message = proposer.ProposeExternalPsk(new byte[] { 1 });
                break;
            case 2 when _members.Count > 3:
                List<LeafIndex> others = [.. proposer.Members.Select(m => m.Index).Where(i => i != committer.Self)];
                message = proposer.ProposeRemove(others[_random.Next(others.Count)]);
                break;
            case 3:
                message = proposer.ProposeExtensions(ExtensionList.Empty);
                break;
            default:
                message = proposer.ProposeUpdate();
                break;
        }
        Broadcast(proposer, message.Value, (g, bytes) => Assert.IsType<Outcome.ProposalStored>(g.Process(bytes).Value));
    }

    // Two commit at once; the group follows one, and the other gives way.
    private void Race()
    {
        Group winner = Pick().Group;
        Group loser = Pick().Group;
        PendingCommit first = winner.Commit(new CommitRequest()).Value;
        if (loser != winner)
            Assert.True(loser.Commit(new CommitRequest { ForcePath = true }).IsOk);
        Settle(winner, first, []);
        Assert.Null(loser.Pending);
    }

    private void JoinFromOutside()
    {
        TestClient joiner = NewClient();
        Group host = Pick().Group;
        bool psk = _random.Next(2) == 0;
        ExternalJoin join = joiner.Client.JoinExternally(
            UnverifiedGroupInfo.Parse(host.GroupInfo().Value).Value, joiner.Identity,
            new ExternalJoinRequest { ExternalPsks = psk ? [new byte[] { 1 }] : [] }).Value;
        foreach ((_, Group group) in _members)
            group.Follow(join.Message);
        _members.Add((joiner, join.Accept()));
    }

    private void Reload()
    {
        int index = _random.Next(_members.Count);
        (TestClient client, Group group) = _members[index];
        _members[index] = (client, new MlsClient(client.Options, client.Identity).FindGroup(group.GroupId.Span)!);
    }

    private void Settle(Group committer, PendingCommit commit, TestClient[] joiners)
    {
        List<(TestClient, Group)> gone = [];
        foreach ((TestClient client, Group group) in _members)
        {
            if (group == committer)
                continue;
            if (group.Follow(commit.Message).RemovesSelf)
                gone.Add((client, group));
        }
        committer.MergePending();
        _members.RemoveAll(gone.Contains);
        _former.AddRange(gone);
        foreach (TestClient joiner in joiners)
        {
            // A proposal to add may have lost against another of its commit.
            MlsResult<Group> joined = commit.Welcome is null
                ? new MlsError(MlsErrorCode.NotForThisClient, "12.4.3.1")
                : joiner.Client.Join(UnverifiedWelcome.Parse(commit.Welcome).Value);
            if (joined.TryGet(out Group? group))
                _members.Add((joiner, group));
            else
                Assert.Equal(MlsErrorCode.NotForThisClient, joined.Error.Code);
        }
    }

    private void SendSome()
    {
        for (int n = _random.Next(4); n > 0; n--)
        {
            Group sender = Pick().Group;
            byte[] message = sender.Encrypt(Encoding.UTF8.GetBytes($"{_seed}.{n}")).Value;
            switch (_random.Next(3))
            {
                case 0:
                    Broadcast(sender, message,
                        (g, bytes) => Assert.IsType<Outcome.ApplicationMessage>(g.Process(bytes).Value));
                    Broadcast(sender, message, (g, bytes) => g.Process(bytes).Fails(MlsErrorCode.KeyConsumed, "9.2"));
                    break;
                case 1:
                    _late.Add((sender.Epoch, sender, message));
                    break;
            }
        }
    }

    // In any order; readable by whoever was there, for as long as the epoch is kept.
    private void DeliverLate()
    {
        foreach ((ulong epoch, Group sender, byte[] message) in _late.OrderBy(_ => _random.Next()).ToArray())
        {
            if (_random.Next(2) == 0)
                continue;
            _late.RemoveAll(l => ReferenceEquals(l.Message, message));
            foreach ((_, Group group) in _members)
            {
                MlsResult<Outcome> result = group.Process(message);
                bool wasThere = group.Resumption.ContainsKey(epoch) && group.Epoch - epoch <= (ulong)_policy.PastEpochs;
                if (group.Self == sender.Self && group.Epoch == epoch || !wasThere)
                    Assert.False(result.IsOk);
                else if (!result.IsOk)
                    Assert.True(result.Error.Code is MlsErrorCode.WrongEpoch or MlsErrorCode.KeyConsumed
                        or MlsErrorCode.OwnMessage, result.Error.ToString());
            }
        }
    }

    // Those who left, with all they had, against what is said after.
    private void Eavesdrop()
    {
        if (_former.Count == 0)
            return;
        (TestClient client, Group group) = _former[_random.Next(_former.Count)];
        byte[] secret = Pick().Group.Encrypt("secret"u8).Value;
        Assert.False(group.Process(secret).IsOk);
        Assert.Null(new MlsClient(client.Options, client.Identity).FindGroup(group.GroupId.Span));
        Assert.Empty(client.Store.Keys("group/"));
    }

    private void Broadcast(Group sender, byte[] message, Action<Group, byte[]> process)
    {
        foreach ((_, Group group) in _members)
        {
            if (group != sender)
                process(group, message);
        }
    }
}
