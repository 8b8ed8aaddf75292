using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Ways;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>
/// Envelopes that members carry for each other: between two of a group that this node is in, one of whom it reaches by
/// the mesh and the other over a server, or both over two servers. An envelope is carried once: from its author to this
/// node, and from here to its receiver. So nothing goes in circles, and nothing becomes more than it was.
/// <code>
///  author --sealed frame to the carrier--> carrier --inbox, or sealed frame--> receiver
/// </code>
/// </content>
public sealed partial class GroupConversations
{
    private readonly CarryLimits _carried = new();

    /// <summary>An envelope that a member carried here, or that this node is to carry on.</summary>
    private Taken TakeCarried(
        Instant now, NodeAddress sender, Arrival arrival, byte[] frame, MessageTransaction transaction)
    {
        if (!CarriedFrame.TryRead(frame, out Envelope envelope) || _context.Store.IsBlocked(sender))
            return Taken.Refused;
        NodeAddress to = envelope.Header.Destination;
        EnvelopeId id = envelope.ComputeId();
        string? cameOver = (arrival as InboxArrival)?.Server;
        if (to != _self.Address)
            return CarryOn(now, sender, to, id, envelope, cameOver, transaction);
        // What an inbox has for this node needs nobody to carry it, and what was carried carries nothing.
        if (arrival is InboxArrival || !IsInGroup(sender))
            return Taken.Refused;
        return Take(
            now, new InboxArrival(sender, null, id, envelope.Header, envelope.Payload.ToArray()), transaction);
    }

    private Taken CarryOn(
        Instant now, NodeAddress sender, NodeAddress to, EnvelopeId id, in Envelope envelope, string? cameOver,
        MessageTransaction transaction)
    {
        ReadOnlyMemory<byte> key = KeyInCommon(sender, to);
        string? server = SharedServer(to);
        // Never back where it came from, and not between two whom the mesh or one server joins.
        bool isByMesh = cameOver is not null && IsOnMesh(to) && (server is null || IsRouted(now, to));
        if (key.IsEmpty || sender == to || (!isByMesh && (server is null || server == cameOver)))
        {
            Counters.Add(GroupCount.CarryRefused);
            return Taken.Refused;
        }

        if (_carried.WasCarried(id))
            return Taken.Again;
        if (!_carried.TryTake(new TimeSpan(now.Ticks), sender, envelope.Bytes.Length))
        {
            Counters.Add(GroupCount.CarryRefused);
            return Taken.PutOff;
        }

        byte[] bytes = envelope.Bytes.ToArray();
        TimeSpan lifetime = envelope.Header.LifetimeUnits * EnvelopeHeader.LifetimeUnit;
        if (!isByMesh)
        {
            if (!TryPutInto(server!, key.Span, id, bytes, lifetime, isCarried: true, transaction))
                return Taken.PutOff;
        }
        else if (_sealing.Seal(key.Span, CarriedFrame.Write(bytes), isBulk: false) is { } outer)
        {
            transaction.Send(outer);
            transaction.WhenWritten(at => Release(at, outer));
        }

        _carried.Carried(id);
        transaction.WhenFailed(_ => _carried.NotCarried(id));
        transaction.WhenWritten(_ => Counters.Add(GroupCount.Carried));
        return Taken.Heeded;
    }

    /// <summary>The key of whoever is in a group with this node and another one; empty if there is none.</summary>
    private ReadOnlyMemory<byte> KeyInCommon(NodeAddress one, NodeAddress other)
    {
        foreach (GroupEntry state in _groups.Values)
        {
            if (!state.IsPair && state.Group.Status != MembershipStatus.Out && state.Group.Table.IsMember(one)
                && state.Group.Table.IsMember(other) && state.Group.KeyOf(other) is { IsEmpty: false } key)
                return key;
        }

        return default;
    }
}
