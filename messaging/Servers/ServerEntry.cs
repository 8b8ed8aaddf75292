using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

// version 1 = 3 | flags 1 | server | name | peer's key 32 or none | channel 16 or none | cursor 8 | number 8 | absent
// keys
//   | outbox | change where there is one | groups 1 { id 16, MLS values }
//   | where there are several servers: size 1, domain | domains of the outbox | early messages
//   | where there are any: keys of the peer's devices that were taken out
//
/// <summary>
/// A conversation on a server: as it is, and as it was stored last. One with a single user may have two groups at once,
/// where
/// both sides founded one; both are read, and the first is written to.
/// </summary>
internal sealed class ServerEntry : ConversationState
{
    private const byte Version = 3;
    private const int ChannelSize = 16;

    /// <summary>Devices of the peer that are remembered as taken out; the oldest give way. Arbitrary.</summary>
    private const int MaxRemoved = 32;

    private readonly ServerSelf _self;
    private readonly Func<Instant> _now;
    private readonly List<Group> _groups = [];

    internal ServerEntry(ServerSelf self, ConversationId id, string server, byte[]? peerKey, Func<Instant> now)
        : base(id) => (_self, Server, PeerKey, _now) = (self, server, peerKey, now);

    /// <summary>The server.</summary>
    internal string Server { get; }

    /// <summary>The only other member's Ed25519 key; null in a group.</summary>
    internal byte[]? PeerKey { get; }

    /// <summary>
    /// The domain of the peer's server where that is another one; in a group that of the server which orders its
    /// commits, where its members may be on several. Else empty.
    /// </summary>
    internal string Domain { get; set; } = "";

    /// <summary>Messages of a later state than this node is in.</summary>
    internal EarlyMessages Early { get; } = new(64, 256 << 10);

    /// <summary>It is with one user.</summary>
    internal bool IsDirect => PeerKey is not null;

    /// <summary>It is the group of the own devices, which is no conversation and is not shown.</summary>
    internal bool IsOfDevices => !IsDirect && Name == ServerTerms.OfDevices;

    /// <summary>What the owner calls it.</summary>
    internal string Name { get; set; } = "";

    /// <summary>The direct channel; empty while it is not known, and in a group.</summary>
    internal byte[] Channel { get; set; } = [];

    /// <summary>The number of the last message that was read of the channel's inbox.</summary>
    internal ulong Cursor { get; set; }

    /// <summary>
    /// The number that the next commit of the first group takes at the server: its epoch, unless somebody used one up.
    /// </summary>
    internal ulong Number { get; set; }

    /// <summary>This node made the channel, and so makes the group.</summary>
    internal bool IsFounder { get; set; }

    /// <summary>The owner wrote here, or made or joined it by its own word.</summary>
    internal bool IsAccepted { get; set; }

    /// <summary>The peer has written in the first of the groups.</summary>
    internal bool IsConfirmed { get; set; }

    /// <summary>The owner leaves: when all is stored, it is forgotten.</summary>
    internal bool IsLeaving { get; set; }

    /// <summary>
    /// Members without an account any more, as the server says. Bounded: whoever is no member any more gives way.
    /// </summary>
    internal List<byte[]> Absent { get; } = [];

    /// <summary>
    /// The peer's devices that were taken out of a group where its identity is, the oldest first: they were revoked.
    /// </summary>
    internal List<byte[]> Removed { get; } = [];

    /// <summary>What waits to be stored on the server.</summary>
    internal ServerOutbox Outbox { get; private set; } = new();

    /// <summary>A change of members that the server has to take; null: none.</summary>
    internal ServerChange? Change { get; set; }

    /// <summary>The groups; the first is the one that is written to.</summary>
    internal IReadOnlyList<Group> Groups => _groups;

    /// <summary>The group that is written to, once somebody else is in it; else null.</summary>
    internal Group? Ready => _groups.Count > 0 && _groups[0] is { Status: GroupStatus.Active, MemberCount: > 1 } group
        ? group : null;

    /// <summary>The server is being asked for something that this waits for.</summary>
    internal bool IsBusy { get; set; }

    /// <summary>When what failed is tried again.</summary>
    internal Instant RetryAt { get; set; }

    /// <summary>How often something failed since something was done.</summary>
    internal int Failures { get; set; }

    /// <summary>When this node makes the group, though another made the channel.</summary>
    internal Instant FoundAt { get; set; } = Instant.Never;

    /// <summary>From when on the others are told the head of the server's log of keys again.</summary>
    internal Instant TellHeadAt { get; set; }

    /// <summary>Receivers for whom something is on its way, in hexadecimal digits.</summary>
    internal HashSet<string> Lanes { get; } = [];

    /// <summary>Receivers whose messages go one by one, because one of several was refused.</summary>
    internal HashSet<string> Single { get; } = [];

    /// <summary>
    /// The domain of a person's server; empty where it is not known, and where all are on one server.
    /// </summary>
    internal string DomainOf(ReadOnlySpan<byte> person)
    {
        if (Domain.Length == 0 || (PeerKey is { } peer && person.SequenceEqual(peer)))
            return Domain;
        foreach (Group group in _groups)
        {
            if (DeviceLeaf.HomeOf(person, group.Members) is { Length: > 0 } home)
                return home;
        }

        return "";
    }

    /// <summary>Makes a group the first: it is written to from now on.</summary>
    internal void Prefer(Group group)
    {
        if (_groups.Count > 0 && _groups[0] == group)
            return;
        _groups.Remove(group);
        _groups.Insert(0, group);
        Number = group.Epoch;
    }

    /// <summary>Adds a group; of more than two the oldest that is not written to is forgotten.</summary>
    internal void Add(Group group, bool isFirst)
    {
        _groups.Insert(isFirst ? 0 : Math.Min(1, _groups.Count), group);
        if (isFirst)
            Number = group.Epoch;
        if (_groups.Count <= 2)
            return;
        _self.Client.Forget(_groups[2]);
        _groups.RemoveAt(2);
    }

    /// <summary>Takes a group away.</summary>
    internal void Remove(Group group)
    {
        _groups.Remove(group);
        _self.Client.Forget(group);
    }

    /// <summary>Forgets its keys.</summary>
    internal void Forget()
    {
        foreach (Group group in _groups)
            _self.Client.Forget(group);
        _groups.Clear();
    }

    /// <summary>
    /// The persons of the other members of a group, each once; this node's own, where it has another device in there.
    /// </summary>
    internal static List<byte[]> Others(Group group) =>
        DeviceLeaf.PersonsOf(group.Members.Where(m => m.Index != group.Self));

    /// <summary>The keys of the peer's devices in a group; none where it is with more than one user.</summary>
    internal List<byte[]> DevicesOfPeer(Group group) => PeerKey is not { } peer ? []
        : [.. group.Members.Where(m => DeviceLeaf.PersonOf(m.Leaf).AsSpan().SequenceEqual(peer))
            .Select(m => m.Leaf.SignatureKey.ToArray())];

    /// <summary>
    /// Remembers members without an account any more, and forgets those that are no members: else people who come, lose
    /// their account and go would fill it, and no commit would find its way past the next one.
    /// </summary>
    /// <returns>False where there is no room.</returns>
    internal bool TryNoteAbsent(IReadOnlyList<byte[]> persons)
    {
        List<byte[]> members = DeviceLeaf.PersonsOf(_groups.SelectMany(g => g.Members));
        Absent.RemoveAll(k => !ServerOutbox.Contains(members, k));
        byte[][] added = [.. persons.Where(k => !ServerOutbox.Contains(Absent, k))];
        if (Absent.Count + added.Length > ServerConversations.MaxMembers)
            return false;
        Absent.AddRange(added);
        return true;
    }

    /// <summary>Somebody has an account again.</summary>
    internal void IsBack(ReadOnlyMemory<byte> person) => Absent.RemoveAll(k => person.Span.SequenceEqual(k));

    /// <summary>
    /// Remembers which of the peer's devices a commit took out, and forgets those that came back. Without the identity
    /// a device takes others out of a group of its own.
    /// </summary>
    /// <param name="group">The group, as the commit left it.</param>
    /// <param name="before">The peer's devices in it before.</param>
    internal void NoteDevices(Group group, List<byte[]> before)
    {
        if (PeerKey is not { } peer || group.Status != GroupStatus.Active)
            return;
        List<byte[]> after = DevicesOfPeer(group);
        if (group == _groups[0])
            Removed.RemoveAll(k => ServerOutbox.Contains(after, k) && !ServerOutbox.Contains(before, k));
        foreach (byte[] gone in before.Where(k => ServerOutbox.Contains(after, peer) && !ServerOutbox.Contains(after, k)
            && !peer.AsSpan().SequenceEqual(k) && !ServerOutbox.Contains(Removed, k)))
        {
            if (Removed.Count >= MaxRemoved)
                Removed.RemoveAt(0);
            Removed.Add(gone);
            // What it founded itself is written to no more.
            if (ServerOutbox.Contains(DevicesOfPeer(_groups[0]), gone))
                Prefer(group);
        }
    }

    /// <summary>Finds another member by the key of its leaf; null if there is none in any of the groups.</summary>
    internal Member? FindDevice(Func<ReadOnlyMemory<byte>, bool> isKey)
    {
        foreach (Group group in _groups)
        {
            foreach (Member member in group.Members)
            {
                if (member.Index != group.Self && isKey(member.Leaf.SignatureKey))
                    return member;
            }
        }

        return null;
    }

    /// <summary>Whose a device is; its own, where it is in none of the groups any more.</summary>
    internal byte[] PersonOf(byte[] device) => FindDevice(k => k.Span.SequenceEqual(device)) is { } member
        ? DeviceLeaf.PersonOf(member.Leaf) : device;

    /// <inheritdoc/>
    public override byte[] Save()
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        writer.Byte((byte)((IsDirect ? 1 : 0) | (IsFounder ? 2 : 0) | (IsAccepted ? 4 : 0) | (IsConfirmed ? 8 : 0)
            | (IsLeaving ? 16 : 0) | (Change is null ? 0 : 32) | (Channel.Length == 0 ? 0 : 64)
            | (Domain.Length == 0 ? 0 : 128)));
        ServerAccount.WriteText(writer, Server);
        ServerAccount.WriteText(writer, Name);
        writer.Raw(PeerKey ?? []);
        writer.Raw(Channel);
        writer.UInt64(Cursor);
        writer.UInt64(Number);
        ServerOutbox.WriteKeys(writer, Absent);
        Outbox.Save(writer, _now());
        Change?.Save(writer);
        writer.Byte((byte)_groups.Count);
        foreach (Group group in _groups)
        {
            writer.Raw(group.GroupId.Span);
            _self.Store.Save(PrefixOf(group.GroupId.Span), writer);
        }

        if (Domain.Length > 0)
        {
            ServerAccount.WriteText(writer, Domain);
            Outbox.SaveDomains(writer);
            Early.Save(writer);
        }

        if (Removed.Count > 0)
            ServerOutbox.WriteKeys(writer, Removed);
        return writer.ToArray();
    }

    /// <inheritdoc/>
    public override void GoBack()
    {
        ReadOnlySpan<byte> before = Stored;
        List<Group> made = [.. _groups];
        if (!TryRead(before))
            throw new InvalidOperationException("What was stored of a conversation on a server does not load.");
        // What is in no row is not kept either.
        foreach (Group group in made.Where(g => !_groups.Contains(g) && g.Status != GroupStatus.Removed))
            _self.Client.Forget(group);
    }

    /// <summary>Takes a conversation back as it was saved; null if the bytes make no sense.</summary>
    internal static ServerEntry? TryLoad(ServerSelf self, ConversationId id, byte[] saved, Func<Instant> now)
    {
        var reader = new FrameReader(saved);
        if (!TryReadHead(ref reader, out byte flags, out string server, out _)
            || !reader.TryTake((flags & 1) != 0 ? Ed25519.PublicKeySize : 0, out ReadOnlySpan<byte> peer))
            return null;
        var entry = new ServerEntry(self, id, server, (flags & 1) != 0 ? peer.ToArray() : null, now);
        if (!entry.TryRead(saved))
            return null;
        entry.WasStored(saved);
        return entry;
    }

    private static bool TryReadHead(ref FrameReader reader, out byte flags, out string server, out string name)
    {
        (flags, server, name) = (0, "", "");
        return reader.TryByte(out byte version) && version == Version && reader.TryByte(out flags)
            && ServerAccount.TryReadText(ref reader, out server) && ServerAccount.TryReadText(ref reader, out name);
    }

    private bool TryRead(ReadOnlySpan<byte> saved)
    {
        var reader = new FrameReader(saved);
        List<byte[]> absent = [];
        if (!TryReadHead(ref reader, out byte flags, out _, out string name)
            || !reader.TryTake((flags & 1) != 0 ? Ed25519.PublicKeySize : 0, out _)
            || !reader.TryTake((flags & 64) != 0 ? ChannelSize : 0, out ReadOnlySpan<byte> channel)
            || !reader.TryUInt64(out ulong cursor) || !reader.TryUInt64(out ulong number)
            || !ServerOutbox.TryReadKeys(ref reader, absent)
                || !ServerOutbox.TryLoad(ref reader, _now(), out ServerOutbox outbox))
            return false;
        ServerChange? change = null;
        if ((flags & 32) != 0 && (change = ServerChange.Load(ref reader)) is null)
            return false;
        if (!reader.TryByte(out byte groups) || groups > 2)
            return false;
        _groups.Clear();
        for (int i = 0; i < groups; i++)
        {
            if (!reader.TryTake(MeshGroupId.Size, out ReadOnlySpan<byte> group)
                || !_self.Store.TryLoad(PrefixOf(group), ref reader) || _self.Reopen(group) is not { } opened)
                return false;
            _groups.Add(opened);
        }

        string domain = "";
        if ((flags & 128) != 0
            && (!ServerAccount.TryReadText(ref reader, out domain) || !ServerNames.IsServer(domain)
                || !outbox.TryLoadDomains(ref reader) || !Early.TryLoad(ref reader)))
            return false;
        List<byte[]> removed = [];
        if (!reader.AtEnd && !ServerOutbox.TryReadKeys(ref reader, removed))
            return false;
        Domain = domain;
        (Name, Channel, Cursor, Number) = (name, channel.ToArray(), cursor, number);
        (IsFounder, IsAccepted, IsConfirmed, IsLeaving) = ((flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0,
            (flags & 16) != 0);
        Absent.Clear();
        Absent.AddRange(absent);
        Removed.Clear();
        Removed.AddRange(removed);
        Outbox = outbox;
        Change = change;
        return reader.AtEnd;
    }

    private static string PrefixOf(ReadOnlySpan<byte> group) => NodeGroupStore.PrefixOf(MeshGroupId.Read(group));
}
