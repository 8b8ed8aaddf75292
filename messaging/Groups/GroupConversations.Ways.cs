using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Ways;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>
/// By which way an envelope goes to a member (docs/reference/groups.md, "Over servers"). It is chosen where the
/// envelope leaves; nothing above it knows.
/// <code>
/// a route in the mesh --> router     an account on a server of this node --> inbox     else: a member carries it
/// </code>
/// </content>
public sealed partial class GroupConversations
{
    // Tells what one receiver gets apart from what conversations on servers give it.
    private const byte NameOfEnvelope = 4;

    private readonly GroupWays _ways;
    private readonly PairReceipts _inboxProofs;

    /// <summary>What was told to members of the ways to others, in this run.</summary>
    private readonly Dictionary<(MeshGroupId Group, NodeAddress Member), string> _told = [];

    private IInboxes? _inboxes;

    /// <summary>Whose envelope is at work that an inbox had: what answers it goes back there.</summary>
    private (NodeAddress Sender, string Server)? _cameFrom;

    /// <summary>There are accounts on servers; called once, before the loop starts.</summary>
    public void Attach(IInboxes inboxes) => _inboxes = inboxes;

    private bool IsRouted(Instant now, in NodeAddress node) => _context.Router.WayOf(now, node).IsThere;

    /// <summary>A node was heard of in the mesh, so that the router may have a route to it, or may get one.</summary>
    private bool IsOnMesh(in NodeAddress node) => _context.Router.FindAnnounce(node) is not null;

    /// <summary>The server of a node where this node has an account too; null if there is none.</summary>
    private string? SharedServer(in NodeAddress node) =>
        (_ways.ServerOf(node) ?? (_cameFrom is { } from && from.Sender == node ? from.Server : null)) is { } server
            && _inboxes?.HasAccount(server) == true ? server : null;

    /// <summary>How an envelope gets to a node.</summary>
    private MemberWay WayTo(Instant now, NodeAddress to, EnvelopeId envelope)
    {
        if ((_ways.IsEmpty && _cameFrom is null) || IsRouted(now, to))
            return default;
        if (SharedServer(to) is { } server)
            return new MemberWay(server, null);
        // Several share what goes, so that one that keeps it does not keep all.
        // What somebody who is in no group with the receiver would carry is none of its business, whatever it claims.
        NodeAddress[] carriers = [.. _ways.CarriersOf(to).Where(c => c != to && !KeyInCommon(c, to).IsEmpty)];
        NodeAddress[] there = [.. carriers.Where(c => IsRouted(now, c) || SharedServer(c) is not null)];
        if (there.Length > 0)
            carriers = there;
        return carriers.Length == 0 ? default
            : new MemberWay(null, carriers[(int)(envelope.High % (ulong)carriers.Length)]);
    }

    /// <summary>Sends an envelope that no message counts; by the router only, where nobody may carry it.</summary>
    private void Post(
        ReadOnlySpan<byte> key, SentEnvelope envelope, GroupCount count, MessageTransaction transaction,
        bool onlyRouted = false)
    {
        MemberWay way = onlyRouted ? default : WayTo(_now, envelope.Header.Destination, envelope.Id);
        if (way.IsRouted)
            transaction.Send(envelope);
        else if (!TryPost(way, key, envelope, transaction))
            return;
        transaction.WhenWritten(at =>
        {
            Counters.Add(count);
            if (way.IsRouted)
                Release(at, envelope);
        });
    }

    /// <summary>Sends an envelope by another way than the router; false if there is no room.</summary>
    private bool TryPost(
        in MemberWay way, ReadOnlySpan<byte> key, SentEnvelope envelope, MessageTransaction transaction) =>
        way.Carrier is { } carrier ? TryHandOver(carrier, envelope, transaction)
        : way.Server is { } server
            && TryPutInto(server, key, envelope.Id, envelope.Bytes, envelope.Lifetime, isCarried: false, transaction);

    private bool TryHandOver(NodeAddress carrier, SentEnvelope envelope, MessageTransaction transaction)
    {
        ReadOnlyMemory<byte> key = KeyOfMember(carrier);
        if (key.IsEmpty || !CarriedFrame.Fits(envelope.Bytes)
            || _sealing.Seal(key.Span, CarriedFrame.Write(envelope.Bytes), isBulk: false) is not { } outer)
        {
            Counters.Add(GroupCount.CarryRefused);
            return false;
        }

        if (!IsRouted(_now, carrier) && SharedServer(carrier) is { } server)
            return TryPutInto(server, key.Span, outer.Id, outer.Bytes, outer.Lifetime, isCarried: false, transaction);
        transaction.Send(outer);
        transaction.WhenWritten(at => Release(at, outer));
        return true;
    }

    private bool TryPutInto(
        string server, ReadOnlySpan<byte> key, in EnvelopeId id, byte[] envelope, TimeSpan lifetime, bool isCarried,
        MessageTransaction transaction)
    {
        byte[] receiver = key.ToArray();
        byte[] proof = new byte[Receipt.ProofSize];
        if (!_ways.HasRoomFor(envelope.Length, receiver, isCarried) || !_inboxProofs.TryExpect(key, id, proof))
        {
            Counters.Add(GroupCount.InboxFull);
            return false;
        }

        Span<byte> drawn = stackalloc byte[EnvelopeId.Size];
        _self.Random(drawn);
        DateTimeOffset at = _context.Time.GetUtcNow();
        var lasts = TimeSpan.FromSeconds(Math.Clamp((long)lifetime.TotalSeconds, 1, (long)MaxInInbox.TotalSeconds));
        _ways.Add(new InboxItem(
            0, server, receiver, id, ServerIds.Uuid(at, EnvelopeId.Read(drawn), key, NameOfEnvelope), at, lasts,
            isCarried, new InboxEnvelope(_context.Identity.PublicKey, proof, envelope).ToBytes())
        {
            Expires = _now + lasts,
        });
        transaction.Touch(_ways, spent: false, onlyPieces: true);
        transaction.WhenWritten(Drain);
        return true;
    }

    /// <summary>The key of whoever is in a group with this node; empty of others.</summary>
    private ReadOnlyMemory<byte> KeyOfMember(NodeAddress node)
    {
        foreach (GroupEntry state in _groups.Values)
        {
            if (!state.IsPair && state.Group.Table.IsMember(node) && state.Group.KeyOf(node) is { IsEmpty: false } key)
                return key;
        }

        return default;
    }

    private bool IsWanted(NodeAddress node) => _desk.Invitations.Any(i => i.Shown.Inviter == node)
        || _desk.Invited.Any(i => i.Who == node) || IsInGroup(node);

    private bool IsInGroup(NodeAddress node) =>
        _groups.Values.Any(g => !g.IsPair && g.Group.Table.IsMember(node));

    /// <summary>A node has an account on a server where this node has one.</summary>
    private void Learn(Instant now, NodeAddress node, string server, MessageTransaction transaction)
    {
        bool isFirst = !HasWay(node);
        if (!_ways.SetServer(node, server, IsWanted))
            return;
        transaction.Touch(_ways, spent: false);
        if (isFirst)
            WayFound(now, node, transaction);
        foreach (GroupEntry state in _groups.Values.Where(g => !g.IsPair && g.Group.Table.IsMember(node)))
            TellWays(state, transaction);
    }

    private bool HasWay(in NodeAddress node) => _ways.ServerOf(node) is not null || _ways.CarriersOf(node).Count > 0;

    // What was sent to it before went where there is no way. Who takes a way back and gives it again does not make this
    // node send all of it each time.
    private void WayFound(Instant now, NodeAddress node, MessageTransaction transaction)
    {
        if (!_carried.MaySendAgain(new TimeSpan(now.Ticks), node))
            return;
        foreach (GroupEntry state in _groups.Values.Where(g => !g.IsPair && g.Group.Table.IsMember(node)).ToArray())
            Do(now, state, transaction, (g, o) => g.WayFound(now, node, o));
    }

    /// <summary>Tells members to whom else this node has a way that they may lack, where that changed.</summary>
    private void TellWays(GroupEntry state, MessageTransaction transaction)
    {
        if (state.IsPair || _inboxes is null || _ways.IsEmpty || state.Group.Status == MembershipStatus.Out)
            return;
        NodeAddress[] others = [.. state.Group.Table.Members.Where(m => m != _self.Address)];
        if (!others.Any(m => SharedServer(m) is not null))
            return;
        foreach (NodeAddress member in others.Where(state.Group.IsHeardOf))
        {
            // Members of the mesh reach each other; to those on servers it carries.
            string? server = SharedServer(member);
            (NodeAddress, bool)[] ways = [.. others.Where(o => o != member)
                .Select(o => (Node: o, Server: SharedServer(o)))
                .Where(w => w.Server is not null || (server is not null && IsOnMesh(w.Node)))
                .Select(w => (w.Node, server is not null && w.Server == server))];
            byte[] frame = new WaysFrame(state.Group.Id, ways).Write();
            string told = Convert.ToHexString(SHA256.HashData(frame));
            (MeshGroupId, NodeAddress) whom = (state.Group.Id, member);
            if (_told.GetValueOrDefault(whom) == told)
                continue;
            _told[whom] = told;
            transaction.WhenFailed(_ => _told.Remove(whom));
            Mail(state.Group.KeyOf(member).Span, frame, isBulk: false, GroupSuites.All[0], transaction);
        }
    }

    /// <summary>A member tells to whom it has a way.</summary>
    private Taken TakeWays(
        Instant now, NodeAddress sender, Arrival arrival, byte[] bytes, MessageTransaction transaction)
    {
        if (WaysFrame.Read(bytes) is not { } frame
            || !_groups.TryGetValue(frame.Group.Conversation, out GroupEntry? state) || state.IsPair
            || state.Group.Status == MembershipStatus.Out || !state.Group.Table.IsMember(sender)
            || _context.Store.IsBlocked(sender))
            return Taken.Refused;
        if (!_carried.MayTell(new TimeSpan(now.Ticks), sender))
            return Taken.PutOff;
        string? server = (arrival as InboxArrival)?.Server;
        Dictionary<NodeAddress, bool> told =
            frame.Members.DistinctBy(static m => m.Member).Take(OrderTable.MaxMembers).ToDictionary();
        bool hasChanged = false;
        foreach (NodeAddress member in state.Group.Table.Members.Where(m => !told.ContainsKey(m)))
            hasChanged |= _ways.RemoveCarrier(member, sender);

        // The commit that lets somebody in may come later than this.
        foreach ((NodeAddress member, bool isOnOurs) in told.Where(t => t.Key != sender && t.Key != _self.Address))
        {
            bool isFirst = !HasWay(member);
            // What this node found out itself counts more than what it is told.
            if (isOnOurs && server is not null && _ways.ServerOf(member) is null)
                hasChanged |= _ways.SetServer(member, server, IsWanted);
            hasChanged |= _ways.AddCarrier(member, sender, IsWanted);
            if (isFirst)
                WayFound(now, member, transaction);
        }

        if (hasChanged)
            transaction.Touch(_ways, spent: false);
        return Taken.Heeded;
    }

    /// <summary>Whoever brought what somebody wrote takes the answer back, where no other way is known.</summary>
    private void LearnCarrierBack(NodeAddress author, InboxArrival arrival, MessageTransaction transaction)
    {
        if (arrival.From != author && !HasWay(author) && !IsOnMesh(author) && IsInGroup(arrival.From)
            && _ways.AddCarrier(author, arrival.From, IsWanted))
            transaction.Touch(_ways, spent: false);
    }

    /// <summary>Whoever invited over a server carries to those whom the mesh does not reach.</summary>
    private void LearnInviterCarries(NodeAddress inviter, GroupEntry state, MessageTransaction transaction)
    {
        if (SharedServer(inviter) is null)
            return;
        foreach (NodeAddress member in state.Group.Table.Members.Where(m => m != inviter && m != _self.Address))
        {
            if (_ways.AddCarrier(member, inviter, IsWanted))
                transaction.Touch(_ways, spent: false);
        }
    }
}
