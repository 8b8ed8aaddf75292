using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>
/// One member with its disk: each step is one transaction of the group's state and the messages that it brought, and
/// what it sends leaves after that.
/// </summary>
internal sealed class SimMember
{
    private readonly GroupWorld _world;
    private readonly LocalIdentity _identity;
    private GroupDisk _disk = new();
    private GroupEntry? _entry;
    private byte[] _keysOnDisk = [];
    private GroupSelf _self;
    private readonly List<(NodeAddress To, EnvelopeId Message)> _receipts = [];
    private List<byte[]> _aside = [];
    private List<byte[]> _opening = [];
    private readonly List<byte[]> _opened = [];

    internal SimMember(GroupWorld world, string name, LocalIdentity identity)
    {
        _world = world;
        _identity = identity;
        Name = name;
        _self = NewSelf();
    }

    internal string Name { get; }

    internal NodeAddress Address => _identity.Address;

    internal LocalIdentity Identity => _identity;

    internal MeshGroup? Group
    {
        get => _entry?.Group;
        private set
        {
            if (value is null || _entry is null)
                _entry = value is null ? null : new GroupEntry(_self, value, () => Now);
            else
                _entry.Group = value;
        }
    }

    internal GroupSelf Self => _self;

    internal bool IsUp { get; private set; } = true;

    /// <summary>Its leaf asks for texts in their compact form.</summary>
    internal bool IsBehindRadio { get; set; }

    /// <summary>Ways that are slow, for this member.</summary>
    internal Func<NodeAddress, bool> IsOverRadio { get; set; } = static _ => false;

    /// <summary>This one does not follow the rules; nothing is promised to it.</summary>
    internal bool IsLiar { get; set; }

    /// <summary>The next write does not reach the disk: the step is lost, and the process with it or not.</summary>
    internal Func<bool> FailsToWrite { get; set; } = () => false;

    internal Dictionary<EnvelopeId, string> Received { get; } = [];

    internal Dictionary<EnvelopeId, (string Text, HashSet<NodeAddress> To, HashSet<NodeAddress> Delivered)> Sent
    { get; } = [];

    /// <summary>Texts as they came that were opened, and whose keys are gone from the disk.</summary>
    internal List<byte[]> Opened { get; } = [];

    internal List<GroupNotice> Notices { get; } = [];

    internal List<(GroupMail Mail, SimMember From)> MailLog { get; } = [];

    internal int Twice { get; private set; }

    internal Instant NextDue => Group?.NextDue ?? Instant.Never;

    /// <summary>What this member's frames go through before they leave; for those that lie.</summary>
    internal Func<GroupMail, bool> MayLeave { get; set; } = _ => true;

    /// <summary>Its owner says yes to invitations.</summary>
    internal bool Accepts { get; set; }

    /// <summary>What was last on disk: for whoever puts a backup back.</summary>
    internal (GroupDisk Group, byte[] Keys) Disk => (_disk.Copy(), _keysOnDisk);

    /// <summary>Bytes of the group that were written in all.</summary>
    internal long BytesWritten => _disk.Written;

    internal Instant Clock => _world.Now;

    /// <summary>Welcomes that replaced what this member had of the group.</summary>
    internal int Rejoined { get; private set; }

    private Instant Now => _world.Now;

    internal void Found(bool isStrict = false)
    {
        Group = MeshGroup.Found(_self, Now, "lake", _world.Suite, isStrict);
        Commit(new GroupOutput { Changed = true }, []);
    }

    internal byte[] KeyPackage()
    {
        KeyPackage made = _self.Client.CreateKeyPackage(
            _self.IdentityFor(_world.Suite), TimeSpan.FromDays(90));
        SaveKeys();
        return made.ToMessage();
    }

    internal bool Invite(SimMember other) => Order(OrderKind.Add, other, other.KeyPackage());

    internal bool Remove(SimMember other) => Order(OrderKind.Remove, other);

    internal bool Order(OrderKind kind, SimMember about, byte[]? keyPackage = null)
    {
        bool done = false;
        return Do((g, o) => done = g.GiveOrder(Now, kind, about.Address, keyPackage, o)) && done;
    }

    internal void Rotate() => Do((g, o) => g.Rotate(Now, o));

    internal EnvelopeId? Send(string text)
    {
        EnvelopeId? id = null;
        HashSet<NodeAddress> to = [];
        bool written = Do((g, o) =>
        {
            id = g.Send(Now, Encoding.UTF8.GetBytes(text), o);
            to = [.. g.Table.Members.Where(m => m != Address)];
        });
        if (!written || id is not { } sent)
            return null;
        Sent[sent] = (text, to, []);
        return id;
    }

    /// <summary>One step in one transaction; false if it did not reach the disk.</summary>
    internal bool Do(Action<MeshGroup, GroupOutput> step)
    {
        if (Group is null || !IsUp)
            return false;
        var output = new GroupOutput();
        List<(EnvelopeId, string)> received = [];
        step(Group, output);
        if (output.Changed || output.Moved)
            TryAside(output, received);
        return Commit(output, received);
    }

    /// <summary>A frame came for this member.</summary>
    internal void Take(SimMember from, byte[] frame)
    {
        if (!IsUp)
        {
            _world.After(TimeSpan.FromSeconds(5), () => Take(from, frame));
            return;
        }

        var output = new GroupOutput();
        List<(EnvelopeId, string)> received = [];
        if (frame.Length > 0 && frame[0] == (byte)GroupFrameKind.Welcome)
        {
            if (MeshGroup.Join(_self, Now, from.Address, frame, Group, output, Accepts) is { } joined)
            {
                Rejoined += Group is null ? 0 : 1;
                Group = joined;
                TryAside(output, received);
            }
        }
        else if (Group is not null)
        {
            Group.Receive(Now, from.Address, frame, output);
            if (output.Changed || output.Moved)
                TryAside(output, received);
        }

        if (!Commit(output, received) && Group is not null)
            _world.After(TimeSpan.FromSeconds(5), () => Take(from, frame));
    }

    internal void TakeText(byte[] payload, SimMember sender)
    {
        if (!IsUp)
        {
            _world.After(TimeSpan.FromSeconds(5), () => TakeText(payload, sender));
            return;
        }

        if (Group is null)
        {
            Aside(payload);
            return;
        }

        var output = new GroupOutput();
        List<(EnvelopeId, string)> received = [];
        TextOutcome outcome = Open(payload, output, received);
        if (outcome == TextOutcome.Later)
            Aside(payload);
        if (!Commit(output, received))
            _world.After(TimeSpan.FromSeconds(5), () => TakeText(payload, sender));
    }

    /// <summary>The process ends; what is not on disk is gone. What was put aside is on disk.</summary>
    internal void Crash() => IsUp = false;

    internal void Start()
    {
        IsUp = true;
        _self = NewSelf();
        Assert.True(LoadKeys(_self, _keysOnDisk));
        if (_disk.Main.Length > 0)
            _entry = _disk.Load(_self, () => Now) ?? throw new InvalidOperationException($"{Name} does not load");
        _world.Reconnect();
    }

    /// <summary>Another process with the same identity, from a copy of the disk.</summary>
    internal SimMember Clone((GroupDisk Group, byte[] Keys)? disk = null)
    {
        (GroupDisk group, byte[] keys) = disk ?? Disk;
        var clone = new SimMember(_world, Name + "'", _identity)
        {
            IsLiar = true,
            MayLeave = MayLeave,
            IsBehindRadio = IsBehindRadio,
        };
        Assert.True(LoadKeys(clone._self, keys));
        clone._entry = group.Load(clone._self, () => _world.Now);
        (clone._disk, clone._keysOnDisk) = (group.Copy(), keys);
        return clone;
    }

    public override string ToString() =>
        $"{Name}{(IsLiar ? " (liar)" : "")}{(IsUp ? "" : " down")}: {Group?.Status} epoch {Group?.Epoch} {Group?.Tip} "
        + $"members {Group?.Table.MemberCount} pending {Group?.Pending} unreceived {Group?.Unreceived} live "
        + $"{Group?.LiveStates}";

    private bool Commit(GroupOutput output, List<(EnvelopeId Id, string Text)> received)
    {
        (NodeAddress To, EnvelopeId Message)[] receipts = [.. _receipts];
        _receipts.Clear();
        if (Group is null)
            return false;
        bool writes = output.Changed || output.Moved
            || (!_world.WritesLess && (output.Mail.Count > 0 || output.Texts.Count > 0));
        if (writes && FailsToWrite())
        {
            _aside.AddRange(_opening.Where(o => !_aside.Contains(o)));
            _opening = [];
            // The store refused: the state goes back, and nothing leaves.
            _opened.Clear();
            GoBack(output.Changed);
            return false;
        }

        _opening = [];
        Opened.AddRange(_opened);
        _opened.Clear();
        if (writes)
        {
            MessageTransaction.FrozenState frozen =
                _entry!.Freeze(spent: false, withMain: !output.Moved || output.Changed);
            _disk.Write(frozen);
            _entry.WasStored(frozen);
            SaveKeys();
        }

        foreach ((EnvelopeId id, string text) in received)
        {
            if (!Received.TryAdd(id, text))
                Twice++;
        }

        foreach ((NodeAddress to, EnvelopeId message) in receipts)
        {
            if (_world.Find(to) is { } sender)
                _world.Carry(this, sender, mayBeLost: false, () => sender.Receipt(message, Address));
        }

        Notices.AddRange(output.Notices);
        foreach (GroupMail mail in output.Mail)
        {
            if (_world.Find(mail.To) is not { } to || !MayLeave(mail))
                continue;
            MailLog.Add((mail, this));
            if (MailLog.Count > 64)
                MailLog.RemoveAt(0);
            SimMember self = this;
            _world.Carry(this, to, mail.IsBulk, () => to.Take(self, mail.Frame));
        }

        foreach (SealedText text in output.Texts)
        {
            foreach (NodeAddress member in text.To)
            {
                byte[] payload = text.PayloadFor(member).ToArray();
                _world.Texts.Add((this, member, payload));
                if (_world.Find(member) is { } to)
                    _world.Carry(this, to, mayBeLost: false, () => to.TakeText(payload, this));
            }
        }

        return true;
    }

    private void GoBack(bool withMain)
    {
        if (!_entry!.IsStored)
        {
            Group = null;
            return;
        }

        _entry.WasNotStored(_entry.Freeze(spent: false, withMain));
        _entry.GoBack();
    }

    private void TryAside(GroupOutput output, List<(EnvelopeId, string)> received)
    {
        _opening = _aside;
        _aside = [];
        foreach (byte[] payload in _opening)
        {
            if (Open(payload, output, received) == TextOutcome.Later)
                Aside(payload);
        }
    }

    private void Aside(byte[] payload)
    {
        _aside.Add(payload);
        if (_aside.Count > 64)
            _aside.RemoveAt(0);
    }

    private TextOutcome Open(byte[] payload, GroupOutput output, List<(EnvelopeId, string)> received)
    {
        TextOutcome outcome = Group!.Open(Now, payload, output, out ReceivedText? text);
        if (outcome != TextOutcome.Opened)
            return outcome;
        ReceivedText opened = text!;
        _opened.Add(payload);
        if (!Received.ContainsKey(opened.Message) && !received.Exists(r => r.Item1 == opened.Message))
            received.Add((opened.Message, Encoding.UTF8.GetString(opened.Content.Span)));
        _receipts.Add((opened.Sender, opened.Message));
        return outcome;
    }

    private void Receipt(EnvelopeId message, NodeAddress member)
    {
        if (!IsUp)
        {
            _world.After(TimeSpan.FromSeconds(5), () => Receipt(message, member));
            return;
        }

        if (Sent.TryGetValue(message, out (string Text, HashSet<NodeAddress> To, HashSet<NodeAddress> Delivered) sent))
            sent.Delivered.Add(member);
        Do((g, o) => g.Delivered(message, member, o));
    }

    private GroupSelf NewSelf() =>
        new(_identity, _world.Fill, _world.Time, new GroupTiming(), _world.Room)
        {
            AsksForCompact = () => IsBehindRadio,
            IsOverRadio = to => IsOverRadio(to),
        };

    private void SaveKeys()
    {
        var writer = new FrameWriter();
        _self.Store.Save(NodeGroupStore.KeyPackages, writer);
        _keysOnDisk = writer.ToArray();
    }

    private static bool LoadKeys(GroupSelf self, byte[] keys)
    {
        if (keys.Length == 0)
            return true;
        var reader = new FrameReader(keys);
        return self.Store.TryLoad(NodeGroupStore.KeyPackages, ref reader);
    }
}
