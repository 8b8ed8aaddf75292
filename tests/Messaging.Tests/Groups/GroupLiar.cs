using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>
/// A member that does what it can to part the others: it has its own keys and every state that it ever was in, and
/// nothing else.
/// </summary>
internal sealed class GroupLiar(GroupWorld world, SimMember liar)
{
    private readonly Random _random = world.Random;
    private readonly List<(GroupDisk Group, byte[] Keys)> _backups = [];

    internal NodeAddress Address => liar.Address;

    internal void Act()
    {
        if (!liar.IsUp || liar.Group is null)
            return;
        if (_backups.Count < 16)
            _backups.Add(liar.Disk);
        switch (_random.Next(9))
        {
            case 0:
                CommitTwice();
                break;
            case 1:
                CommitOnThePast();
                break;
            case 2:
                Withhold();
                break;
            case 3:
                Replay();
                break;
            case 4:
                Garbage();
                break;
            case 5:
                FalseTip();
                break;
            case 6:
                ForgedOrder();
                break;
            case 7:
                FalseLine();
                break;
            default:
                liar.Send("honest words");
                liar.Rotate();
                break;
        }
    }

    /// <summary>Two commits on one state, one for these and one for those.</summary>
    internal void CommitTwice()
    {
        HashSet<NodeAddress> some = [.. world.Members.Where(_ => _random.Next(2) == 0).Select(m => m.Address)];
        SimMember first = liar.Clone();
        SimMember second = liar.Clone();
        first.MayLeave = m => some.Contains(m.To);
        second.MayLeave = m => !some.Contains(m.To);
        foreach (SimMember clone in (SimMember[])[first, second])
        {
            clone.Rotate();
            world.Run(TimeSpan.FromMilliseconds(_random.Next(200)));
            Push(clone);
        }
    }

    /// <summary>Goes back to a state that it was in, and commits there.</summary>
    internal void CommitOnThePast()
    {
        if (_backups.Count == 0)
            return;
        SimMember clone = liar.Clone(_backups[_random.Next(_backups.Count)]);
        clone.Rotate();
        Push(clone);
    }

    private static void Push(SimMember clone)
    {
        // No turn is waited for.
        for (int i = 0; i < 20; i++)
            clone.Do((g, o) => g.Tick(clone.Clock + TimeSpan.FromSeconds(i), o));
    }

    private void Withhold()
    {
        HashSet<NodeAddress> some = [.. world.Members.Where(_ => _random.Next(2) == 0).Select(m => m.Address)];
        liar.MayLeave = m => some.Contains(m.To);
        liar.Rotate();
        world.After(TimeSpan.FromMinutes(_random.Next(10)), () => liar.MayLeave = _ => true);
    }

    private void Replay()
    {
        foreach ((GroupMail mail, SimMember _) in liar.MailLog.TakeLast(10).ToArray())
        {
            SimMember to = world.Members[_random.Next(world.Members.Count)];
            world.Carry(liar, to, mayBeLost: true, () => to.Take(liar, mail.Frame));
        }
    }

    private void Garbage()
    {
        foreach (SimMember to in world.Members.Where(m => m != liar))
        {
            byte[] frame = liar.MailLog.Count > 0 && _random.Next(2) == 0
                ? (byte[])liar.MailLog[_random.Next(liar.MailLog.Count)].Mail.Frame.Clone()
                : new byte[_random.Next(2000)];
            for (int i = 0; i < 5 && frame.Length > 0; i++)
                frame[_random.Next(frame.Length)] ^= (byte)(1 << _random.Next(8));
            world.Carry(liar, to, mayBeLost: true, () => to.Take(liar, frame));
        }
    }

    private void FalseTip() => ToAll(GroupFrameKind.Tip, _ => { });

    private void FalseLine() => ToAll(GroupFrameKind.Line, w => new LineBody(
        true, default, [.. Enumerable.Range(0, 20)
            .Select(i => new LineEntry((ulong)i, (ulong)_random.NextInt64(), 0, default))], [])
        .Write(w));

    private void ForgedOrder()
    {
        SimMember victim = world.Members[_random.Next(world.Members.Count)];
        var fields = new Order.Fields(
            liar.Group!.Id, victim.Address, OrderKind.Remove, liar.Group.Table.LastOrder(victim.Address), default);
        var order = Order.Sign(fields, liar.Identity);
        ToAll(GroupFrameKind.Orders, new OrdersBody([new OrderWithKeys(order, default)]).Write);
    }

    private void ToAll(GroupFrameKind kind, Action<FrameWriter> body)
    {
        byte[] state = new byte[StateId.Size];
        _random.NextBytes(state);
        var tip = SignedTip.Sign(
            liar.Group!.Id, 1_000_000 + (ulong)world.Now.Ticks, (ulong)_random.Next(100), new StateId(state),
            liar.Identity);
        var writer = new FrameWriter();
        new GroupFrame(kind, liar.Group.Id, 0, tip).WriteHead(writer);
        body(writer);
        byte[] frame = writer.ToArray();
        foreach (SimMember to in world.Members.Where(m => m != liar))
            world.Carry(liar, to, mayBeLost: false, () => to.Take(liar, frame));
    }
}
