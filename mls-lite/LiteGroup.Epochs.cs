using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

// How epochs follow one another. Two members may begin one at the same time: both stay readable, everybody sends in the
// one that wins (LiteEpoch.WinsOver), and who invited into the loser hands the winner's secret on inside it.
public sealed partial class LiteGroup
{
    // receiver(1) number(4) masked secret(32)
    private const int RekeySize = RekeySecretAt + LiteConstants.SecretSize;
    private const int RekeySecretAt = 1 + sizeof(uint);

    /// <summary>
    /// How long a member may go on in an old epoch before somebody brings it forward: the rekey may be on its way.
    /// </summary>
    private static readonly TimeSpan Behind = TimeSpan.FromMinutes(15);

    /// <summary>How often this node brings members forward at most: each time is a new epoch for everybody.</summary>
    private static readonly TimeSpan BetweenTimes = TimeSpan.FromHours(6);

    /// <summary>How much longer each further member waits, so that one does it and not all at once.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromMinutes(5);

    /// <summary>An epoch may follow the one that this node sends in.</summary>
    public bool HasNextEpoch => _epochs.Sending.Number < LiteConstants.MaxEpoch;

    /// <summary>
    /// Invites one person: begins an epoch that the invitation opens, so that newcomers read nothing from before.
    /// </summary>
    /// <param name="rekeys">What to send to the members there are.</param>
    /// <exception cref="InvalidOperationException">The group is full, or its epochs are used up.</exception>
    public LiteInvitation Invite(out IReadOnlyList<LiteReply> rekeys)
    {
        var free = new List<int>();
        for (int i = 0; i < LiteConstants.MaxMembers; i++)
        {
            if (!_members.ContainsKey(i) && !_invited.Contains(i))
                free.Add(i);
        }

        if (free.Count == 0)
            throw new InvalidOperationException(
                $"The group is full: {LiteConstants.MaxMembers} members and open invitations.");
        byte[] secret = _self.Random(LiteConstants.SecretSize);
        rekeys = Begin(secret, invited: true);
        // At random, so that two members who invite at the same time rarely give one index away twice.
        int index = _self.Choose(free);
        _invited.Add(index);
        return new LiteInvitation(Cipher, Id, Epoch, secret, index, OwnIndex, _self.PublicKey.ToArray(), Name);
    }

    /// <summary>
    /// Begins an epoch with a fresh secret: whoever stole a group's keys, but not a member's identity, is out.
    /// </summary>
    /// <returns>What to send to the others.</returns>
    /// <exception cref="InvalidOperationException">The epochs of the group are used up.</exception>
    public IReadOnlyList<LiteReply> Rekey()
    {
        byte[] secret = _self.Random(LiteConstants.SecretSize);
        IReadOnlyList<LiteReply> rekeys = Begin(secret, invited: false);
        CryptographicOperations.ZeroMemory(secret);
        return rekeys;
    }

    private List<LiteReply> Begin(ReadOnlySpan<byte> secret, bool invited)
    {
        if (!HasNextEpoch)
            throw new InvalidOperationException("The epochs of this group are used up: found another group.");
        uint number = _epochs.Sending.Number + 1;
        var rekeys = new List<LiteReply>();
        foreach (LiteMember other in Others)
            rekeys.AddRange(SealRekeys(_members[other.Index], number, secret));
        Add(LiteEpoch.Derive(secret, Id, number, Cipher, OwnIndex, invited));
        return rekeys;
    }

    /// <summary>
    /// A member writes in an epoch that is no longer the newest: an epoch begins that everybody has, with its secret in
    /// the old one for that member.
    /// </summary>
    private void BringForward(LiteEpoch old, MemberState member, List<LiteReply> replies)
    {
        if (!HasNextEpoch)
            return;
        _lastBroughtForward = _self.Now;
        member.BehindSince = null;
        byte[] secret = _self.Random(LiteConstants.SecretSize);
        uint number = _epochs.Sending.Number + 1;
        if (SealRekey(old, member.Member, number, secret) is { } first)
            replies.Add(first);
        foreach (LiteMember other in Others)
        {
            if (other.Index != member.Member.Index)
                replies.AddRange(SealRekeys(_members[other.Index], number, secret));
        }

        Add(LiteEpoch.Derive(secret, Id, number, Cipher, OwnIndex));
        CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>
    /// The secret for one member: in the epoch that this node sends in, and before that in the one where the member was
    /// heard last, if that is another and still read. It may not have come further.
    /// </summary>
    private List<LiteReply> SealRekeys(MemberState member, uint number, ReadOnlySpan<byte> secret)
    {
        var replies = new List<LiteReply>(2);
        if (_epochs.Find(member.HeardIn.Span) is { } heard && heard != _epochs.Sending
            && SealRekey(heard, member.Member, number, secret) is { } older)
        {
            replies.Add(older);
        }

        if (SealRekey(_epochs.Sending, member.Member, number, secret) is { } newest)
            replies.Add(newest);
        return replies;
    }

    private LiteReply? SealRekey(LiteEpoch carrier, LiteMember to, uint number, ReadOnlySpan<byte> secret)
    {
        Span<byte> content = stackalloc byte[RekeySize];
        content[0] = (byte)to.Index;
        BinaryPrimitives.WriteUInt32BigEndian(content[1..], number);
        secret.CopyTo(content[RekeySecretAt..]);
        byte[]? message = HasStream(carrier, messages: 1)
            && TryMask(carrier, OwnHeader(LiteMessageType.Rekey), to.PublicKey.Span, to.Address,
                content[RekeySecretAt..])
                ? TrySeal(carrier, LiteMessageType.Rekey, content, [to])
                : null;
        CryptographicOperations.ZeroMemory(content);
        return message is null ? null : new LiteReply([to], message);
    }

    /// <summary>
    /// Puts on or takes off what hides a rekey's secret from all but the two: whoever has the keys of the group's epoch
    /// only, by theft, does not get the next one's.
    /// </summary>
    private bool TryMask(
        LiteEpoch carrier, in LiteHeader header, ReadOnlySpan<byte> otherKey, NodeAddress receiver, Span<byte> secret)
    {
        Span<byte> shared = stackalloc byte[X25519.SharedSecretSize];
        Span<byte> mask = stackalloc byte[LiteConstants.SecretSize];
        if (!_self.TryAgree(otherKey, shared))
            return false;
        LiteKeySchedule.Mask(shared, carrier.Id, header.Address, receiver, header.Stream, header.Counter, mask);
        for (int i = 0; i < secret.Length; i++)
            secret[i] ^= mask[i];
        CryptographicOperations.ZeroMemory(shared);
        CryptographicOperations.ZeroMemory(mask);
        return true;
    }

    /// <summary>
    /// Takes an epoch over from another member, which came inside <paramref name="carrier"/>; false if it cannot be
    /// one.
    /// </summary>
    private bool TryTakeOver(
        LiteEpoch carrier, in LiteHeader header, MemberState sender, Span<byte> content, List<LiteReply> replies)
    {
        // Another member's, sent here, would hide a secret that nobody has.
        if (content.Length != RekeySize || content[0] != OwnIndex)
            return false;
        uint number = BinaryPrimitives.ReadUInt32BigEndian(content[1..]);
        Span<byte> secret = content[RekeySecretAt..];
        // The next epoch; a winner of the carrier's own number that is handed on inside the loser; or one that begins
        // after all those that its beginner saw meanwhile.
        if (number > LiteConstants.MaxEpoch || number < carrier.Number
            || number - carrier.Number > LiteConstants.MaxEpochStep
            || !TryMask(carrier, header, sender.Member.PublicKey.Span, _self.Address, secret))
        {
            return false;
        }

        LiteEpoch epoch = LiteEpoch.Derive(secret, Id, number, Cipher, sender.Member.Index);
        if (_epochs.Find(epoch.Id) is { } known)
        {
            NoteHeardIn(sender, known);
            epoch.Dispose();
            return true;
        }

        if (_epochs.WasGivenUp(epoch))
        {
            epoch.Dispose();
            return true;
        }

        foreach (LiteEpoch loser in _epochs.Kept.Where(e => e.InvitedHere && e.Number == number && epoch.WinsOver(e))
            .ToArray())
        {
            // Those invited into an epoch that lost know no other way to the winner.
            foreach (MemberState member in _members.Values.Where(m => m.HeardIn.Span.SequenceEqual(loser.Id)).ToArray())
            {
                if (SealRekey(loser, member.Member, number, secret) is { } handedOn)
                    replies.Add(handedOn);
            }
        }

        NoteHeardIn(sender, epoch);
        Add(epoch);
        return true;
    }

    /// <summary>Begins to read an epoch, with all the streams that are known.</summary>
    private void Add(LiteEpoch epoch)
    {
        foreach (MemberState member in _members.Values)
        {
            foreach (LiteStream stream in member.Streams)
                _ = epoch.TryOpenStream(member.Member.Index, stream);
        }

        _epochs.Add(epoch);
    }

    /// <summary>
    /// A member was heard in an epoch. Who goes on in an old one long after there is a newer did not get the rekey, by
    /// loss or because somebody left it out on purpose.
    /// </summary>
    private void Heard(MemberState member, LiteEpoch epoch, List<LiteReply> replies)
    {
        NoteHeardIn(member, epoch);
        if (epoch == _epochs.Sending || !_epochs.Sending.WinsOver(epoch))
        {
            member.BehindSince = null;
            return;
        }

        TimeSpan now = _self.Now;
        if (member.HeardIn.Span.SequenceEqual(_epochs.Sending.Id))
            return;
        member.BehindSince ??= now;
        int turn = _members.Keys.Count(i => i < OwnIndex && i != member.Member.Index);
        if (now - member.BehindSince >= Behind + (turn * Turn)
            && (_lastBroughtForward is not { } last || now - last >= BetweenTimes))
            BringForward(epoch, member, replies);
    }

    private void NoteHeardIn(MemberState member, LiteEpoch epoch)
    {
        if (_epochs.Find(member.HeardIn.Span) is not { } before || epoch.WinsOver(before))
            member.HeardIn = epoch.Id.ToArray();
    }
}
