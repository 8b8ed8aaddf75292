using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>
/// Members of one group in simulated time, with a network between them that delays, repeats, reorders and parts. What a
/// node sends for good is kept until it can be delivered, as custody does; answers to questions may be lost.
/// </summary>
internal sealed class GroupWorld
{
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly Dictionary<NodeAddress, SimMember> _byAddress = [];
    private readonly List<(SimMember From, SimMember To, Action Deliver)> _custody = [];
    private Func<SimMember, SimMember, bool> _reach = (_, _) => true;
    private long _order;

    internal GroupWorld(int seed)
    {
        Random = new Random(seed);
        Time = new WorldTime(this);
    }

    internal Random Random { get; }

    /// <summary>The suite of the group.</summary>
    internal CipherSuite Suite { get; init; } = CipherSuite.X25519Aes128GcmSha256Ed25519;

    /// <summary>Bytes that all groups of a member may take.</summary>
    internal long Room { get; init; } = GroupRoom.Usual;

    internal Instant Now { get; private set; } = new(TimeSpan.FromDays(1).Ticks);

    internal WorldTime Time { get; }

    internal List<SimMember> Members { get; } = [];

    internal long Frames { get; private set; }

    /// <summary>Texts that left, as they travel.</summary>
    internal List<(SimMember From, NodeAddress To, byte[] Payload)> Texts { get; } = [];

    /// <summary>The share of answers to questions that the network loses.</summary>
    internal double Loss { get; set; }

    /// <summary>Members write what the node writes; else they write whenever something leaves.</summary>
    internal bool WritesLess { get; init; }

    internal TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(400);

    internal SimMember Add(string name)
    {
        var member = new SimMember(this, name, LocalIdentity.Generate(Fill));
        Members.Add(member);
        _byAddress[member.Address] = member;
        return member;
    }

    internal void Fill(Span<byte> bytes) => Random.NextBytes(bytes);

    internal SimMember? Find(NodeAddress address) => _byAddress.GetValueOrDefault(address);

    internal bool Reaches(SimMember a, SimMember b) => a.IsUp && b.IsUp && _reach(a, b);

    /// <summary>Parts the members by a number that each has; whoever shares one reach each other.</summary>
    internal void Part(Func<SimMember, int> side)
    {
        Dictionary<SimMember, int> sides = Members.ToDictionary(m => m, side);
        _reach = (a, b) => sides.GetValueOrDefault(a) == sides.GetValueOrDefault(b);
    }

    internal void Heal()
    {
        _reach = (_, _) => true;
        Reconnect();
    }

    /// <summary>What waited for a way leaves, and neighbours hear of each other.</summary>
    internal void Reconnect()
    {
        foreach ((SimMember from, SimMember to, Action deliver) in _custody.ToArray())
        {
            if (!Reaches(from, to))
                continue;
            _custody.Remove((from, to, deliver));
            After(Delay(), deliver);
        }

        foreach (SimMember a in Members)
        {
            foreach (SimMember b in Members)
            {
                if (a != b && Reaches(a, b))
                    After(Delay(), () => a.Do((g, o) => g.Reachable(Now, b.Address, o)));
            }
        }
    }

    internal void After(TimeSpan delay, Action action) =>
        _events.Enqueue(action, ((Now + delay).Ticks, _order++));

    internal TimeSpan Delay() => TimeSpan.FromMilliseconds(10) + (MaxDelay * Random.NextDouble());

    /// <summary>Sends something from one to the other.</summary>
    internal void Carry(SimMember from, SimMember to, bool mayBeLost, Action arrive)
    {
        Frames++;
        if (mayBeLost && Random.NextDouble() < Loss)
            return;
        After(Delay(), Deliver);

        void Deliver()
        {
            if (Reaches(from, to))
                arrive();
            else if (!mayBeLost)
                _custody.Add((from, to, Deliver));
        }
    }

    internal void Run(TimeSpan time)
    {
        Instant end = Now + time;
        Instant before = Now;
        int still = 0;
        while (true)
        {
            still = Now == before ? still + 1 : 0;
            before = Now;
            if (still > 5000)
                throw new InvalidOperationException($"time stands still\n{Describe()}");
            Instant next = end;
            SimMember? due = null;
            foreach (SimMember member in Members)
            {
                if (member.IsUp && member.NextDue < next)
                    (next, due) = (member.NextDue, member);
            }

            if (_events.TryPeek(out _, out (long At, long Order) at) && at.At <= next.Ticks)
            {
                Now = new Instant(Math.Max(Now.Ticks, at.At));
                _events.Dequeue()();
            }
            else if (due is not null)
            {
                Now = new Instant(Math.Max(Now.Ticks, next.Ticks));
                due.Do((g, o) => g.Tick(Now, o));
            }
            else
            {
                Now = end;
                return;
            }
        }
    }

    /// <summary>Runs until something holds; fails if it does not in time.</summary>
    internal TimeSpan RunUntil(Func<bool> holds, TimeSpan most, string what)
    {
        Instant begin = Now;
        while (!holds())
        {
            Assert.True(Now - begin < most, $"{what}: not within {most}\n{Describe()}");
            Run(TimeSpan.FromMilliseconds(100));
        }

        return Now - begin;
    }

    /// <summary>A group of these members: the first founds it, and adds the others.</summary>
    internal void Form(params SimMember[] members)
    {
        members[0].Found();
        foreach (SimMember member in members[1..])
            members[0].Invite(member);
        RunUntil(() => Agree(members), TimeSpan.FromMinutes(2), "the group forms");
    }

    internal bool Agree(IEnumerable<SimMember> members)
    {
        SimMember[] all = [.. members];
        return all.All(m => m.Group is { Status: MembershipStatus.Current or MembershipStatus.Joining } group
            && group.Tip == all[0].Group!.Tip && group.Table.IsMember(m.Address));
    }

    internal string Describe() => string.Join("\n", Members.Select(m => m.ToString()));

    /// <summary>The world's clock, as the calendar of all members.</summary>
    internal sealed class WorldTime(GroupWorld world) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() =>
            new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(world.Now.Ticks);
    }
}
