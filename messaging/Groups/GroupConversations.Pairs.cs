using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>
/// Pairs: the keys of conversations with one node (docs/reference/groups.md, "Two people").
/// <code>
///  a message --> wanted --> lower address:  KeyPackage (asked for, or cached) --> founds, Welcome --> joined --> ready
///                           higher address: offers its KeyPackage to the lower one ----^
/// </code>
/// </content>
public sealed partial class GroupConversations
{
    /// <summary>Pairs of one node at most; with others messages stay sealed. Arbitrary.</summary>
    public const int MaxPairs = 256;

    /// <summary>How often one pair is founded at once, and in each hour. Arbitrary.</summary>
    private const int MaxFoundings = 8;

    /// <summary>How often one peer is asked whether it still has its keys, at once and in each hour.</summary>
    private const int MaxQuestions = 4;

    /// <summary>Peers whose foundings are counted one by one; the others share. Arbitrary.</summary>
    private const int MaxCountedPeers = 256;

    /// <summary>A Welcome that left just now may not have arrived: what crossed it asks for no other.</summary>
    internal static readonly TimeSpan WelcomeOnTheWay = TimeSpan.FromSeconds(10);

    /// <summary>How long the owner of a KeyPackage has to answer before a cached one is taken.</summary>
    internal static readonly TimeSpan KeyPatience = TimeSpan.FromSeconds(3);

    private readonly PairDesk _pairDesk;
    private readonly PairWants _wants = new();
    private readonly PairWelcomes _early = new();
    private readonly AllowanceTable<NodeAddress> _foundings =
        new(MaxCountedPeers, MaxFoundings, TimeSpan.FromHours(1));
    private readonly AllowanceTable<NodeAddress> _questions =
        new(MaxCountedPeers, MaxQuestions, TimeSpan.FromHours(1));

    /// <summary>With whom there is a pair that works.</summary>
    private readonly ConcurrentDictionary<NodeAddress, bool> _ready = new();

    /// <summary>Pairs of this node, those that nobody has joined yet included.</summary>
    public int PairCount => _groups.Values.Count(static g => g.IsPair);

    /// <summary>What the next text to a node is protected by, as far as is known. From any thread.</summary>
    public Protection ProtectionWith(NodeAddress peer) => Carries(peer) ? Protection.Mls : Protection.Sealed;

    /// <summary>What the owner wants of a conversation with one node. From any thread.</summary>
    public DirectSecurity SecurityOf(NodeAddress peer) => _pairDesk.Of(peer);

    /// <summary>Says how texts to a node are to be protected.</summary>
    public Task SetSecurityAsync(NodeAddress peer, DirectSecurity security) => DoAsync((now, transaction) =>
    {
        if (peer == _self.Address)
            throw Refused("what is written to oneself stays on this node");
        Protection before = ProtectionWith(peer);
        if (!_pairDesk.Set(peer, security))
            throw Refused($"{PairDesk.MaxPinned} conversations are pinned already");
        transaction.Touch(_pairDesk, spent: false);
        if (ProtectionWith(peer) is var after && after != before)
            transaction.WhenWritten(_ => TellProtection(peer));
        transaction.WhenWritten(at => Want(at, peer, isHere: false));
        return security;
    });

    internal GroupEntry? PairWith(in NodeAddress peer) =>
        _groups.GetValueOrDefault(PairId.Of(_self.Address, peer).Conversation);

    /// <summary>Takes a pair back that was kept; false if it is none of this node's.</summary>
    private bool RestorePair(GroupEntry entry)
    {
        if (PairId.Of(_self.Address, entry.Peer).Conversation != entry.Id)
            return false;
        if (IsReady(entry))
            _ready[entry.Peer] = true;
        return true;
    }

    private static bool IsReady(GroupEntry entry) => !entry.IsDisowned && entry.Group.Status == MembershipStatus.Current
        && entry.Group.Table.IsMember(entry.Peer) && !entry.Group.IsInvited(entry.Peer);

    /// <summary>A pair changed: perhaps texts go another way now.</summary>
    private void Review(Instant now, GroupEntry entry, MessageTransaction? transaction)
    {
        bool isReady = IsReady(entry);
        if (isReady == _ready.ContainsKey(entry.Peer))
            return;
        NodeAddress peer = entry.Peer;
        Protection before = ProtectionWith(peer);
        if (isReady)
        {
            _ready[peer] = true;
            _wants.Remove(peer);
        }
        else
        {
            _ready.TryRemove(peer, out _);
        }

        if (transaction is null)
            return;
        if (ProtectionWith(peer) != before)
            transaction.WhenWritten(_ => TellProtection(peer));
        if (entry.Group.Status is MembershipStatus.Out or MembershipStatus.Forked)
            Want(now, peer, isHere: true);
    }

    private void TellProtection(NodeAddress peer)
    {
        if (_context.Events.HasListeners)
        {
            _context.Events.Publish(new ProtectionChanged(
                ConversationId.With(peer), ProtectionWith(peer), _context.Time.GetUtcNow()));
        }
    }

    /// <summary>Whether a pair with a node is wanted, and can be had.</summary>
    private bool MayPair(Instant now, in NodeAddress peer)
    {
        DirectSecurity security = _pairDesk.Of(peer);
        if (peer == _self.Address || security == DirectSecurity.Sealed || _context.Store.IsBlocked(peer)
            || !_context.Store.IsKnown(peer))
            return false;
        // Whoever has a radio names no KeyPackage in its announce.
        return security == DirectSecurity.Mls
            || (_context.Router.FindAnnounce(peer)?.KeyPackage is not null && !IsSlow(now, peer));
    }

    /// <summary>No commit and no Welcome crosses a radio to a node that the owner did not pin.</summary>
    private bool IsSlow(Instant now, in NodeAddress peer) =>
        _pairDesk.Of(peer) == DirectSecurity.Auto && _context.Router.WayOf(now, peer).IsSlow;

    /// <summary>A pair with a node is wanted.</summary>
    /// <param name="now">When.</param>
    /// <param name="peer">That node.</param>
    /// <param name="isHere">Something came from there: a Welcome that it did not follow was lost.</param>
    private void Want(Instant now, NodeAddress peer, bool isHere)
    {
        if (_ready.ContainsKey(peer) || _wants.Find(peer) is not null || !MayPair(now, peer))
            return;
        if (!isHere && PairId.Founds(_self.Address, peer)
            && PairWith(peer) is { IsDisowned: false, Group.Status: not MembershipStatus.Out })
            return;
        _wants.Add(now, peer);
    }

    private void TickPairs(Instant now, MessageTransaction transaction)
    {
        foreach (NodeAddress peer in _wants.Due(now))
        {
            if (_ready.ContainsKey(peer) || !MayPair(now, peer))
                _wants.Remove(peer);
            else if (!Pursue(now, peer, _wants.Find(peer)!, transaction))
                _wants.Find(peer)?.PutOff(now);
        }
    }

    /// <summary>Does the next thing for a pair; false if there is nothing now.</summary>
    private bool Pursue(Instant now, NodeAddress peer, PairWants.Want want, MessageTransaction transaction)
    {
        if (_early.Take(peer) is { } early && JoinPair(now, peer, early.Number, early.Frame, transaction))
            return false;
        if (!_context.Router.TryGetPublicKey(peer, out ReadOnlySpan<byte> known))
            return false;
        byte[] key = known.ToArray();
        GroupEntry? entry = PairWith(peer);
        if (!PairId.Founds(_self.Address, peer))
        {
            OfferPair(now, key, entry, transaction);
            return false;
        }

        if (entry is { IsDisowned: false } && now < entry.FoundedAt + WelcomeOnTheWay)
        {
            want.Next = entry.FoundedAt + WelcomeOnTheWay;
            return true;
        }

        CipherSuite suite = GroupSuites.All[0];
        if (!want.IsAsked && _context.Router.WayOf(now, peer).IsThere)
        {
            Mail(
                key, new KeyPackageFrame(false, suite, default).Write(), isBulk: true, suite, transaction,
                onlyRouted: true);
            want.Asked(now, KeyPatience);
            return true;
        }

        return FindOnShelf(peer, suite, forPair: true) is { } package
            && FoundPair(now, key, package, seen: 0, transaction);
    }

    private void OfferPair(Instant now, byte[] key, GroupEntry? entry, MessageTransaction transaction)
    {
        CipherSuite suite = GroupSuites.All[0];
        var peer = NodeAddress.Of(key);
        if (_keyPackages.Give(new TimeSpan(now.Ticks), peer, source: 0, isKnown: true, suite) is not { } given)
            return;
        var offer = new PairOffer(entry?.Group.PairNumber ?? 0, suite, given.ToMessage());
        Mail(key, offer.Write(), isBulk: true, suite, transaction, onlyRouted: true);
        TouchDesk(transaction);
    }

    /// <summary>Founds the pair with a node, in place of one that there was, and lets that node in.</summary>
    private bool FoundPair(
        Instant now, byte[] key, ReadOnlyMemory<byte> package, ulong seen, MessageTransaction transaction)
    {
        var peer = NodeAddress.Of(key);
        CipherSuite suite = GroupSuites.All[0];
        GroupEntry? entry = PairWith(peer);
        if (KeyPackageCheck.Verify(_self.Client, suite, peer, package.Span, forPair: true) is null
            || (entry is null && !HasRoomForPair())
            || !_foundings.Of(new TimeSpan(now.Ticks), peer).TryTake(new TimeSpan(now.Ticks), 1))
            return false;
        ulong number = Math.Max(
            Math.Max(entry?.Group.PairNumber ?? 0, seen) + 1,
            (ulong)Math.Max(1, _context.Time.GetUtcNow().ToUnixTimeSeconds()));
        if (number > PairExtension.MaxNumber)
            return false;
        var group = MeshGroup.FoundPair(_self, now, peer, number, suite, entry?.Group);
        if (entry is null)
            Add(entry = new GroupEntry(_self, group, () => _now) { Peer = peer });
        entry.Group = group;
        (entry.IsDisowned, entry.FoundedAt) = (false, now);
        transaction.Touch(entry, spent: true);
        Counters.Add(GroupCount.PairFounded);
        bool given = false;
        Do(now, entry, transaction, (g, o) => given = g.GiveOrder(now, OrderKind.Add, peer, package, o));
        _wants.Remove(peer);
        return given;
    }

    private bool HasRoomForPair() => PairCount < MaxPairs
        && _self.Room.Has(_self.UsedRoom, own: 0, GroupRoom.OfNewPair, isOnWay: false);

    /// <summary>Joins the pair that the lower address founded, in place of an earlier founding.</summary>
    private bool JoinPair(
        Instant now, NodeAddress founder, ulong number, byte[] frame, MessageTransaction transaction)
    {
        GroupEntry? entry = PairWith(founder);
        if ((entry is null && !HasRoomForPair()) || number <= (entry?.Group.PairNumber ?? 0))
            return false;
        var output = new GroupOutput();
        if (MeshGroup.Join(_self, now, founder, frame, entry?.Group, output, pair: number) is not { } joined)
            return false;
        if (entry is null)
            Add(entry = new GroupEntry(_self, joined, () => _now) { Peer = founder });
        entry.Group = joined;
        entry.IsDisowned = false;
        transaction.Touch(entry, spent: true);
        Counters.Add(GroupCount.PairJoined);
        Apply(now, entry, output, transaction);
        return true;
    }

    /// <summary>What the other member of a pair sent, in the founding that it names.</summary>
    private Taken TakePairFrame(
        Instant now, byte[] senderKey, ulong source, byte[] bytes, MessageTransaction transaction)
    {
        var sender = NodeAddress.Of(senderKey);
        if (!PairFrame.TryRead(bytes, out ulong number, out ReadOnlySpan<byte> frame)
            || _context.Store.IsBlocked(sender)
            || MeshGroupId.Read(frame[1..]) != PairId.Of(_self.Address, sender))
            return Taken.Refused;
        if (frame[0] == (byte)GroupFrameKind.Welcome)
            return TakePairWelcome(now, sender, source, number, frame.ToArray(), transaction);
        if (PairWith(sender) is { } entry && entry.Group.PairNumber == number)
            return ReadFrame(now, entry, sender, frame.ToArray(), transaction);
        if (!_context.Store.IsKnown(sender))
        {
            // Perhaps this node knew it, and lost all: when its owner writes there, keys begin anew.
            _wants.Heard(sender);
            return Taken.Refused;
        }

        // One of both lost what the other has: keys begin anew.
        _work.Charge(now, source, 1);
        if (PairWith(sender) is { } other && now >= other.FoundedAt + WelcomeOnTheWay)
        {
            other.IsDisowned = true;
            Review(now, other, transaction);
        }

        Want(now, sender, isHere: true);
        return Taken.Again;
    }

    private Taken TakePairWelcome(
        Instant now, NodeAddress sender, ulong source, ulong number, byte[] frame, MessageTransaction transaction)
    {
        if (!PairId.Founds(sender, _self.Address) || _pairDesk.Of(sender) == DirectSecurity.Sealed)
            return Taken.Refused;
        if (number <= (PairWith(sender)?.Group.PairNumber ?? 0))
            return Taken.Again;

        // To open it costs, whatever comes of it.
        _work.Charge(now, source, 1);
        if (!_context.Store.IsKnown(sender))
            return _early.Keep(sender, number, frame) ? Taken.Heeded : Taken.Refused;
        if (JoinPair(now, sender, number, frame, transaction))
            return Taken.Heeded;

        // Its KeyPackage is gone, or there never was one: with another it may be founded anew.
        Want(now, sender, isHere: true);
        return Taken.Refused;
    }

    private Taken TakePairOffer(
        Instant now, byte[] senderKey, ulong source, byte[] bytes, MessageTransaction transaction)
    {
        var sender = NodeAddress.Of(senderKey);
        if (!PairOffer.TryRead(bytes, out PairOffer offer) || offer.Suite != GroupSuites.All[0]
            || !PairId.Founds(_self.Address, sender) || !_context.Store.IsKnown(sender)
            || _context.Store.IsBlocked(sender) || _pairDesk.Of(sender) == DirectSecurity.Sealed
            || IsSlow(now, sender))
            return Taken.Refused;
        GroupEntry? entry = PairWith(sender);
        if (entry is { IsDisowned: false } && offer.Seen <= entry.Group.PairNumber
            && now < entry.FoundedAt + WelcomeOnTheWay)
            return Taken.Again;
        _work.Charge(now, source, 1);
        return FoundPair(now, senderKey, offer.KeyPackage, offer.Seen, transaction) ? Taken.Heeded : Taken.Refused;
    }

    /// <summary>A KeyPackage came that a pair waits for.</summary>
    private bool TakeKeyPackageForPair(
        Instant now, byte[] senderKey, in KeyPackageFrame frame, MessageTransaction transaction)
    {
        var sender = NodeAddress.Of(senderKey);
        if (_wants.Find(sender) is not { WasAsked: true } want || !MayPair(now, sender))
            return false;
        if (!FoundPair(now, senderKey, frame.KeyPackage, seen: 0, transaction))
            want.PutOffLong(now);
        return true;
    }
}
