using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>
/// A seeded life of a group of up to twelve, one of whom lies: partitions, crashes, writes that fail, commits of all
/// kinds at once. In the end everybody honest is connected again.
/// </summary>
internal sealed class GroupHistory
{
    internal static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly GroupWorld _world;
    private readonly Random _random;
    private readonly int _seed;
    private readonly HashSet<SimMember> _removed = [];
    private readonly GroupLiar _liar;
    private readonly Func<int, bool> _isBehindRadio;
    private int _names;

    internal GroupHistory(
        int seed, CipherSuite suite = CipherSuite.X25519Aes128GcmSha256Ed25519, bool writesLess = false,
        Func<int, bool>? isBehindRadio = null)
    {
        _seed = seed;
        _world = new GroupWorld(seed)
        {
            Suite = suite,
            MaxDelay = TimeSpan.FromMilliseconds(200),
            Loss = 0.1,
            WritesLess = writesLess,
        };
        _random = _world.Random;
        _isBehindRadio = isBehindRadio ?? (static _ => false);
        int count = _random.Next(3, 10);
        SimMember[] members = [.. Enumerable.Range(0, count).Select(_ => New())];
        _world.Form(members);
        SimMember liar = members[1 + _random.Next(count - 1)];
        liar.IsLiar = true;
        _liar = new GroupLiar(_world, liar);
    }

    internal GroupWorld World => _world;

    internal TimeSpan Agreement { get; private set; }

    internal int Texts { get; private set; }

    internal int Forks { get; private set; }

    internal int Rejoins { get; private set; }

    internal string Trouble { get; private set; } = "";

    internal int Unreadable { get; private set; }

    internal int Lost { get; private set; }

    internal int Twice { get; private set; }

    internal int Stranded { get; private set; }

    internal ulong Epochs { get; private set; }

    internal bool LiarIsOut { get; private set; }

    private IEnumerable<SimMember> Honest => _world.Members.Where(m => !m.IsLiar);

    internal void Run(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            Step();
            _world.Run(Pause());
        }

        foreach (SimMember member in _world.Members)
        {
            member.FailsToWrite = () => false;
            if (!member.IsUp)
                member.Start();
        }

        _world.Heal();
        Agreement = _world.RunUntil(IsAgreed, Bound, $"seed {_seed}");


        // What was lost on the way is sealed again when its receiver is heard of, half an hour later.
        _world.Run(TimeSpan.FromHours(2));
        Assert.True(IsAgreed(), $"seed {_seed}: they agree no more\n{_world.Describe()}");
        Count();
    }

    private bool IsAgreed()
    {
        SimMember[] expected = Expected();
        return _world.Agree(expected)
            && _removed.All(r => r.IsLiar || !expected[0].Group!.Table.IsMember(r.Address));
    }

    // Whoever was taken in on a branch that lost for good, where nobody honest knew of it on the other, has to be
    // invited anew (docs/reference/groups.md): the branch that most are on never heard of it.
    private SimMember[] Expected()
    {
        SimMember[] members = [.. Honest.Where(m => m.Group is not null && !_removed.Contains(m))];
        MeshGroup most = members.GroupBy(m => m.Group!.Tip).MaxBy(g => g.Count())!.First().Group!;
        return [.. members.Where(m => most.Table.IsMember(m.Address) || most.Table.LastOrder(m.Address) != default)];
    }

    private void Count()
    {
        SimMember[] members = Expected();
        Stranded = Honest.Count(m => m.Group is not null && !_removed.Contains(m)) - members.Length;
        foreach (SimMember sender in members)
        {
            foreach ((Wire.EnvelopeId id,
                (string text, HashSet<NodeAddress> to, HashSet<NodeAddress> delivered)) in sender.Sent)
            {
                // A text is kept for seven days to be sealed again; some histories take longer.
                if (_world.Now.Ticks - long.Parse(text.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)
                    > TimeSpan.FromDays(6.5).Ticks)
                    continue;
                Texts++;
                foreach (SimMember receiver in members.Where(m => to.Contains(m.Address)))
                {
                    bool has = receiver.Received.GetValueOrDefault(id) == text;
                    if (!has)
                        Trouble += $"{receiver.Name} lacks '{text}' of {sender.Name}; receiver rejoined "
                            + $"{receiver.Rejoined}, sender {sender.Rejoined}, unreceived {sender.Group!.Unreceived}, "
                            + $"now {_world.Now.Ticks}; delivered {delivered.Count}/{to.Count}\n";
                    Lost += has ? 0 : 1;
                    Unreadable += !has && delivered.Contains(receiver.Address) ? 1 : 0;
                }
            }
        }

        Twice = members.Sum(m => m.Twice);
        Epochs = members[0].Group!.Epoch;
        LiarIsOut = !members[0].Group!.Table.IsMember(_liar.Address);
        Forks = members.Sum(m => m.Notices.Count(n => n.Kind == GroupNoticeKind.Fork));
        Rejoins = members.Sum(m => m.Rejoined);
    }

    private SimMember New()
    {
        int number = _names++;
        SimMember member = _world.Add($"m{number}");
        member.IsBehindRadio = _isBehindRadio(number);
        return member;
    }

    private TimeSpan Pause() => _random.Next(20) switch
    {
        < 9 => TimeSpan.FromMilliseconds(_random.Next(300)),
        < 17 => TimeSpan.FromSeconds(_random.Next(30)),
        < 19 => TimeSpan.FromMinutes(_random.Next(120)),
        _ => TimeSpan.FromHours(_random.Next(80)),
    };

    private SimMember? Pick(Func<SimMember, bool> fits)
    {
        SimMember[] some = [.. Honest.Where(m => m.IsUp && m.Group is not null && fits(m))];
        return some.Length == 0 ? null : some[_random.Next(some.Length)];
    }

    private void Step()
    {
        switch (_random.Next(24))
        {
            case < 7:
                Pick(_ => true)?.Send($"text {_world.Now.Ticks} {_random.Next()}");
                break;
            case < 10:
                Pick(_ => true)?.Rotate();
                break;
            case 10 when _world.Members.Count < 12:
                Pick(m => m.Group!.IsAdmin)?.Invite(New());
                break;
            case 11 when Honest.Count(m => m.Group is not null && !_removed.Contains(m)) > 3:
                Remove();
                break;
            case 12:
                if (Pick(m => m.Group!.IsAdmin) is { } admin && Pick(m => !m.Group!.IsAdmin) is { } promoted)
                    admin.Order(OrderKind.Promote, promoted);
                break;
            case 13 or 14:
                int sides = 2 + _random.Next(2);
                Dictionary<SimMember, int> side = _world.Members.ToDictionary(m => m, _ => _random.Next(sides));
                _world.Part(m => side.GetValueOrDefault(m));
                _world.Reconnect();
                break;
            case 15 or 16:
                _world.Heal();
                break;
            case 17:
                Pick(_ => true)?.Crash();
                break;
            case 18:
                _world.Members.FirstOrDefault(m => !m.IsUp)?.Start();
                break;
            case 19:
                if (Pick(_ => true) is { } unlucky)
                {
                    int fails = _random.Next(1, 4);
                    unlucky.FailsToWrite = () => fails-- > 0;
                }

                break;
            default:
                _liar.Act();
                break;
        }
    }

    private void Remove()
    {
        if (Pick(m => m.Group!.IsAdmin) is not { } admin)
            return;
        SimMember? victim = _random.Next(3) == 0
            ? _world.Members.Find(m => m.IsLiar && admin.Group!.Table.IsMember(m.Address))
            : Pick(m => m != admin && !m.Group!.IsAdmin && admin.Group!.Table.IsMember(m.Address));
        if (victim is not null && admin.Remove(victim))
            _removed.Add(victim);
    }
}
