using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

// version 1 = 1 | KeyPackages | count 1, invitations: sender's key 32, size 4, frame | count 2, invited: address 16,
// group 16
//
/// <summary>
/// What belongs to no group yet: own KeyPackages, invitations that wait for the owner, and those whom this node wants
/// to add and whose KeyPackage has not come.
/// </summary>
internal sealed class GroupDesk(GroupSelf self) : ConversationState(Place)
{
    /// <summary>Most invitations that wait, of whomever. Arbitrary; each is one envelope at most.</summary>
    internal const int MaxInvitations = 8;

    /// <summary>Most of them that strangers sent: the other places are for those whom the owner knows.</summary>
    internal const int MaxOfStrangers = MaxInvitations / 2;

    /// <summary>How often an inviter may change its invitation: at once, and in each hour. Arbitrary.</summary>
    private const int MaxChanges = 4;

    /// <summary>Most that this node waits for the KeyPackages of. Arbitrary.</summary>
    internal const int MaxInvited = 256;

    /// <summary>
    /// A stranger's invitation gives way to another stranger's after so much running time. Arbitrary.
    /// </summary>
    internal static readonly TimeSpan StrangersTime = TimeSpan.FromDays(1);

    private const byte Version = 1;

    private readonly List<WaitingInvitation> _invitations = [];
    private readonly HashSet<(NodeAddress Who, MeshGroupId Group)> _invited = [];

    /// <summary>Its place among the states of groups, whose ids have 16 bytes.</summary>
    internal static ConversationId Place { get; } = new(EnvelopeKind.Mls, [1]);

    /// <summary>An invitation that waits for the owner's word.</summary>
    /// <param name="Key">The inviter's Ed25519 public key, 32 bytes.</param>
    /// <param name="Frame">The frame.</param>
    /// <param name="Shown">What it says.</param>
    /// <param name="Since">When it came, or this node started with it; in running time.</param>
    /// <param name="Changes">How often its inviter may still change it.</param>
    internal sealed record WaitingInvitation(
        ReadOnlyMemory<byte> Key, byte[] Frame, GroupInvitation Shown, TimeSpan Since, Allowance Changes);

    /// <summary>Invitations, the oldest first.</summary>
    internal IReadOnlyList<WaitingInvitation> Invitations => _invitations;

    internal IEnumerable<(NodeAddress Who, MeshGroupId Group)> Invited => _invited;

    /// <summary>
    /// Reads what an invitation says. Neither its signature nor its Welcome is looked at: that costs.
    /// </summary>
    /// <param name="sender">Who sealed it.</param>
    /// <param name="bytes">The frame.</param>
    /// <param name="frame">Its head.</param>
    /// <param name="body">Its body.</param>
    /// <returns>What it says; null if it is none, or not from a member to this node.</returns>
    internal GroupInvitation? Read(
        in NodeAddress sender, ReadOnlySpan<byte> bytes, out GroupFrame frame, out WelcomeBody body)
    {
        (frame, body) = (null!, null!);
        var reader = new FrameReader(bytes);
        return bytes.Length <= GroupFrame.MaxSize && GroupFrame.TryRead(ref reader, out frame)
            && frame.Kind == GroupFrameKind.Welcome && frame.Tip.Member == sender
            && WelcomeBody.TryRead(ref reader, out body) && body.Table.IsMember(self.Address)
            && body.Table.IsMember(sender)
            ? new GroupInvitation(frame.Group, body.Name, sender, body.Table.MemberCount)
            : null;
    }

    /// <summary>Exactly this invitation waits already.</summary>
    internal bool Holds(in NodeAddress sender, ReadOnlySpan<byte> frame) =>
        Of(sender) is { } waiting && frame.SequenceEqual(waiting.Frame);

    /// <summary>Whether an invitation would be kept: asked before anything costly is done about it.</summary>
    /// <param name="at">Running time.</param>
    /// <param name="sender">Who invites.</param>
    /// <param name="group">To which group.</param>
    /// <param name="isKnown">Whom the owner knows.</param>
    internal bool HasRoom(TimeSpan at, in NodeAddress sender, MeshGroupId group, Func<NodeAddress, bool> isKnown) =>
        Of(sender) is { } waiting
            ? waiting.Shown.Group == group && waiting.Changes.Has(at, 1)
            : TryMakeRoom(at, isKnown(sender), isKnown, out _);

    /// <summary>Keeps an invitation; the last one of a sender to a group counts. False if there is no room.</summary>
    internal bool Add(
        TimeSpan at, ReadOnlyMemory<byte> key, byte[] frame, GroupInvitation shown, Func<NodeAddress, bool> isKnown)
    {
        // One sender fills no room of the others.
        if (Of(shown.Inviter) is { } before)
        {
            if (before.Shown.Group != shown.Group || !before.Changes.TryTake(at, 1))
                return false;
            _invitations[_invitations.IndexOf(before)] = before with { Frame = frame, Shown = shown };
            return true;
        }

        if (!TryMakeRoom(at, isKnown(shown.Inviter), isKnown, out WaitingInvitation? over))
            return false;
        if (over is not null)
            _invitations.Remove(over);
        _invitations.Add(new WaitingInvitation(key, frame, shown, at, NewChanges()));
        return true;
    }

    internal void Remove(MeshGroupId group) => _invitations.RemoveAll(i => i.Shown.Group == group);

    internal void Remove(WaitingInvitation invitation) => _invitations.Remove(invitation);

    internal bool IsInvited(in NodeAddress who, MeshGroupId group) => _invited.Contains((who, group));

    internal bool Invite(in NodeAddress who, MeshGroupId group) =>
        _invited.Count < MaxInvited && _invited.Add((who, group));

    internal void Forget(in NodeAddress who, MeshGroupId group) => _invited.Remove((who, group));

    internal void Forget(MeshGroupId group) => _invited.RemoveWhere(i => i.Group == group);

    /// <inheritdoc/>
    public override byte[] Save()
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        self.Store.Save(NodeGroupStore.KeyPackages, writer);
        writer.Byte((byte)_invitations.Count);
        foreach (WaitingInvitation waiting in _invitations)
        {
            writer.Raw(waiting.Key.Span);
            writer.Block(waiting.Frame);
        }

        writer.UInt16((ushort)_invited.Count);
        foreach ((NodeAddress who, MeshGroupId group) in _invited)
        {
            who.Write(writer.Take(NodeAddress.Size));
            group.Write(writer.Take(MeshGroupId.Size));
        }

        return writer.ToArray();
    }

    /// <inheritdoc/>
    public override void GoBack()
    {
        if (IsStored && !TryRead(Stored, default))
            throw new InvalidOperationException("What was stored of KeyPackages and invitations does not load.");
        if (IsStored)
            return;
        self.Store.Clear(NodeGroupStore.KeyPackages);
        _invitations.Clear();
        _invited.Clear();
    }

    /// <summary>Takes back what was saved; false if the bytes make no sense.</summary>
    /// <param name="at">Running time.</param>
    /// <param name="saved">What was saved.</param>
    internal bool TryLoad(TimeSpan at, byte[] saved)
    {
        if (!TryRead(saved, at))
            return false;
        WasStored(saved);
        return true;
    }

    private static Allowance NewChanges() => new(MaxChanges, TimeSpan.FromHours(1));

    private WaitingInvitation? Of(NodeAddress sender) => _invitations.Find(i => i.Shown.Inviter == sender);

    // Whoever the owner knows displaces a stranger at once; a stranger displaces one that has had its time.
    private bool TryMakeRoom(TimeSpan at, bool isKnown, Func<NodeAddress, bool> knows, out WaitingInvitation? over)
    {
        over = null;
        List<WaitingInvitation> strangers = _invitations.FindAll(i => !knows(i.Shown.Inviter));
        if (_invitations.Count < MaxInvitations && (isKnown || strangers.Count < MaxOfStrangers))
            return true;
        over = strangers.Count > 0 ? strangers[0] : null;
        return over is not null && (isKnown || at - over.Since >= StrangersTime);
    }

    private bool TryRead(ReadOnlySpan<byte> saved, TimeSpan at)
    {
        // A write that fails renews neither the time of an invitation nor what its inviter may do.
        WaitingInvitation[] before = [.. _invitations];
        _invitations.Clear();
        _invited.Clear();
        var reader = new FrameReader(saved);
        if (!reader.TryByte(out byte version) || version != Version
            || !self.Store.TryLoad(NodeGroupStore.KeyPackages, ref reader) || !reader.TryByte(out byte invitations))
            return false;
        for (int i = 0; i < invitations; i++)
        {
            if (!reader.TryTake(Ed25519.PublicKeySize, out ReadOnlySpan<byte> key)
                || !reader.TryBlock(GroupFrame.MaxSize, out ReadOnlySpan<byte> frame))
                return false;
            var sender = NodeAddress.Of(key);
            if (Read(sender, frame, out _, out _) is not { } shown)
                return false;
            WaitingInvitation? same = Array.Find(before, i => i.Shown.Inviter == sender);
            _invitations.Add(new WaitingInvitation(
                key.ToArray(), frame.ToArray(), shown, same?.Since ?? at, same?.Changes ?? NewChanges()));
        }

        if (!reader.TryUInt16(out ushort invited))
            return false;
        for (int i = 0; i < invited; i++)
        {
            if (!reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> who)
                || !reader.TryTake(MeshGroupId.Size, out ReadOnlySpan<byte> group))
                return false;
            _invited.Add((NodeAddress.Read(who), MeshGroupId.Read(group)));
        }

        return reader.AtEnd;
    }
}
