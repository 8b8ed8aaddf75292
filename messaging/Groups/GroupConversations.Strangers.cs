using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>What comes from those who are in no group with this node: invitations, questions for KeyPackages.</content>
public sealed partial class GroupConversations
{
    /// <summary>
    /// Whether a sender of frames may learn from a receipt that this node is on line. Who is blocked never does, and a
    /// stranger only where the owner lets everybody know.
    /// </summary>
    internal bool MayLearn(NodeAddress sender) =>
        !_context.Store.IsBlocked(sender) && _context.Receipts.Allows(Knows(sender));

    // Whom the owner knows, is in a group with, or asked for its KeyPackage.
    private bool Knows(NodeAddress node) => _context.Store.IsKnown(node)
        || _groups.Values.Any(g => !g.IsPair && g.Group.Table.IsMember(node)) || _desk.Invited.Any(i => i.Who == node);

    private Taken KeepInvitation(
        Instant now, byte[] senderKey, ulong source, byte[] bytes, MessageTransaction transaction)
    {
        var sender = NodeAddress.Of(senderKey);
        var at = new TimeSpan(now.Ticks);
        if (_context.Store.IsBlocked(sender))
            return Taken.Refused;

        // Whatever comes of it: who has nothing to lose sends many.
        _work.Charge(now, source, 1);
        if (_desk.Holds(sender, bytes))
        {
            Counters.Add(GroupCount.Repeated);
            return Taken.Again;
        }

        // Whoever left a group is not asked again by the same Welcome, and none is kept that cannot be opened.
        if (_desk.Read(sender, bytes, out GroupFrame frame, out WelcomeBody body) is not { } invitation
            || !_desk.HasRoom(at, sender, invitation.Group, Knows)
            || !CanBeOpened(frame, body) || !_desk.Add(at, senderKey, bytes, invitation, Knows))
            return Taken.Refused;
        transaction.Touch(_desk, spent: false);
        transaction.WhenWritten(_ => TellInvitation(invitation));
        return Taken.Heeded;
    }

    private bool CanBeOpened(GroupFrame frame, WelcomeBody body)
    {
        if (!frame.Tip.IsAuthentic(frame.Group)
            || !UnverifiedWelcome.Parse(body.Welcome.Span).TryGet(out UnverifiedWelcome? welcome)
            || !_self.Client.Open(welcome).TryGet(out StagedWelcome? staged))
            return false;
        staged.Dispose();
        return true;
    }

    private void TellInvitation(GroupInvitation invitation)
    {
        if (!_context.Events.HasListeners)
            return;
        var shown = new GroupConversation(
            invitation.Group.Conversation, invitation.Name, 0, 0, "", MembershipStatus.Joining, 0, 0, []);
        _context.Events.Publish(new ConversationChanged(shown, _context.Time.GetUtcNow()));
    }

    private Taken TakeKeyPackage(
        Instant now, byte[] senderKey, ulong source, byte[] bytes, MessageTransaction transaction)
    {
        if (!KeyPackageFrame.TryRead(bytes, out KeyPackageFrame frame))
            return Taken.Refused;
        var sender = NodeAddress.Of(senderKey);
        if (!frame.IsAnswer)
            return GiveKeyPackage(now, senderKey, source, frame.Suite, transaction) ? Taken.Heeded : Taken.Refused;
        bool isWanted = false;
        foreach ((NodeAddress _, MeshGroupId group) in _desk.Invited.Where(i => i.Who == sender).ToArray())
        {
            _desk.Forget(sender, group);
            transaction.Touch(_desk, spent: false);
            isWanted = true;
            if (_groups.TryGetValue(group.Conversation, out GroupEntry? state))
                Do(now, state, transaction, (g, o) => g.GiveOrder(now, OrderKind.Add, sender, frame.KeyPackage, o));
        }

        // One KeyPackage is for one group.
        return isWanted || TakeKeyPackageForPair(now, senderKey, frame, transaction) ? Taken.Heeded : Taken.Refused;
    }

    // An answer says as much as a receipt: whoever gets none gets no KeyPackage either, except whom the owner knows.
    private bool GiveKeyPackage(
        Instant now, byte[] senderKey, ulong source, CipherSuite suite, MessageTransaction transaction)
    {
        var sender = NodeAddress.Of(senderKey);
        bool isKnown = Knows(sender);
        if (_context.Store.IsBlocked(sender) || !(isKnown || _context.Receipts.Allows(isKnown: false))
            || (GroupSuites.IsPostQuantum(suite) && _self.IsBehindRadio(sender))
            || _keyPackages.Give(new TimeSpan(now.Ticks), sender, source, isKnown, suite) is not { } given)
            return false;
        if (!isKnown)
            _work.Charge(now, source, 1);
        Counters.Add(GroupCount.KeyPackageGiven);
        Mail(senderKey, new KeyPackageFrame(true, suite, given.ToMessage()).Write(), isBulk: false, suite,
            transaction);
        TouchDesk(transaction);
        return true;
    }
}
