using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>KeyPackages that are named in announces and carried by gossip.</content>
public sealed partial class GroupConversations
{
    /// <summary>How often those who were invited and do not answer are looked for in gossip. Arbitrary.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    /// <summary>How often it is looked whether the KeyPackage of last resort is half over. Arbitrary.</summary>
    private static readonly TimeSpan LookAtLastResort = TimeSpan.FromDays(15);

    private readonly KeyPackageShelf _shelf;
    private KeyPackage? _offered;
    private TimeSpan _lookedAt;

    /// <summary>When the KeyPackage of somebody who was invited is looked for, where it has not answered.</summary>
    private readonly Dictionary<(NodeAddress Who, MeshGroupId Group), Instant> _lookFor = [];

    /// <summary>
    /// This node's KeyPackage of last resort is on disk, under this name, and may be announced. On the loop. Not called
    /// on a node with a radio, whose announces stay short.
    /// </summary>
    public Action<Instant, KeyPackageHash>? Offered { get; set; }

    /// <summary>Gossip is there: KeyPackages are spread and found from now on.</summary>
    public void Attach(IGossipRecords records, Instant now) => _shelf.Attach(records, now);

    /// <summary>
    /// Looks by running time alone whether the KeyPackage of last resort is to be renewed: a calendar that jumps makes
    /// none.
    /// </summary>
    private void TickLastResort(Instant now, MessageTransaction transaction)
    {
        if (_context.Store.Running - _lookedAt >= LookAtLastResort)
            OfferLastResort(transaction);
        else if (_shelf.NextDue <= now && _offered is { } last)
            transaction.WhenWritten(at => _shelf.Publish(at, last));
    }

    /// <summary>Makes the KeyPackage of last resort if there is none, and offers it when it is on disk.</summary>
    private void OfferLastResort(MessageTransaction transaction)
    {
        KeyPackage last = _keyPackages.LastResort(GroupSuites.All[0]);
        TouchDesk(transaction);
        _lookedAt = _context.Store.Running;
        if (_context.HasRadio())
            return;
        _offered = last;
        transaction.WhenWritten(now =>
        {
            Offered?.Invoke(now, NodeKeyPackages.HashOf(last));
            if (_shelf.NextDue <= now)
                _shelf.Publish(now, last);
        });
    }

    /// <summary>
    /// The KeyPackage of a node that somebody carried; null if there is none that holds. Where its announce names one,
    /// only that is taken: another is old, or was withheld.
    /// </summary>
    private byte[]? FindOnShelf(NodeAddress owner, CipherSuite suite, bool forPair)
    {
        KeyPackageHash? named = _context.Router.FindAnnounce(owner)?.KeyPackage;
        foreach (byte[] package in _shelf.Find(owner, suite))
        {
            if (KeyPackageCheck.Verify(_self.Client, suite, owner, package, forPair) is { } verified
                && (named is null || suite != GroupSuites.All[0] || named == NodeKeyPackages.HashOf(verified)))
            {
                Counters.Add(GroupCount.KeyPackageFound);
                return package;
            }
        }

        return null;
    }

    /// <summary>Somebody was invited, or this node started while it waits for a KeyPackage.</summary>
    private void LookFor(Instant now, NodeAddress who, MeshGroupId group) =>
        _lookFor[(who, group)] = _context.Router.WayOf(now, who).IsThere ? now + KeyPatience : now;

    /// <summary>Those who were invited and have not answered are added with what others carry for them.</summary>
    private void TickInvited(Instant now, MessageTransaction transaction)
    {
        foreach ((NodeAddress Who, MeshGroupId Group) invited in _lookFor.Keys.ToArray())
        {
            if (_lookFor[invited] > now)
                continue;
            (NodeAddress who, MeshGroupId group) = invited;
            if (!_desk.IsInvited(who, group) || !_groups.TryGetValue(group.Conversation, out GroupEntry? state))
            {
                _lookFor.Remove(invited);
                continue;
            }

            _lookFor[invited] = now + LookAgain;
            if (FindOnShelf(who, state.Group.CipherSuite, forPair: false) is not { } package)
                continue;
            _lookFor.Remove(invited);
            _desk.Forget(who, group);
            transaction.Touch(_desk, spent: false);
            Do(now, state, transaction, (g, o) => g.GiveOrder(now, OrderKind.Add, who, package, o));
        }
    }

    private Instant NextLook => _lookFor.Count == 0 ? Instant.Never : _lookFor.Values.Min();
}
