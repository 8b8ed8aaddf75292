using QuicProChat.Mesh.Messaging.Groups.Twins;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Texts in their compact form, as they come in.</content>
public sealed partial class GroupConversations
{
    /// <summary>The compact form of a text names its state, and no group, by two bytes.</summary>
    private bool TakeCompact(Instant now, Arrival arrival, MessageTransaction transaction)
    {
        GroupEntry[] known = [.. _groups.Values.Where(g => g.Group.KnowsCompact(arrival.Payload.Span))];
        if (known.Length == 0)
        {
            // Of a state that the next commit of a group with twins, or a Welcome, leads to. To wait is to be written,
            // so nothing waits that no twin could read.
            if ((_desk.Invitations.Count == 0 && !_groups.Values.Any(static g => g.Group.HasTwins))
                || !CompactForm.MayBeRead(arrival.Payload.Span))
                return false;
            PutAside(now, arrival, null, transaction);
            return true;
        }

        foreach (GroupEntry state in known)
        {
            if (TakeTextOf(now, state, arrival, transaction))
                return true;
        }

        return false;
    }
}
