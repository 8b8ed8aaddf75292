namespace QuicProChat.Mesh.Mls;

/// <summary>In which wire format members' proposals and commits are accepted (RFC 9420, section 6).</summary>
public enum HandshakeFormats
{
    /// <summary>In either.</summary>
    Any,

    /// <summary>
    /// Encrypted only. What cannot be encrypted, since it comes from outside or is meant for outside, is accepted in
    /// the clear all the same: external commits and proposals, and SelfRemove.
    /// </summary>
    PrivateOnly,

    /// <summary>In the clear only.</summary>
    PublicOnly,
}

/// <summary>What the application may choose. The defaults are sound; most are limits against abuse.</summary>
public sealed record GroupPolicy
{
    /// <summary>How many unused keys of skipped messages are kept for each sender (RFC 9420, section 15.3).</summary>
    public int OutOfOrderWindow { get; init; } = 32;

    /// <summary>
    /// Such keys of all senders of one state together, as far as each one's equal part is more than
    /// <see cref="OutOfOrderWindow"/>: few members may have more under way than many. 0, the default, for none.
    /// </summary>
    public int OutOfOrderTotal { get; init; }

    /// <summary>How many messages of a sender may be missing before the next (section 15.3).</summary>
    public int ForwardWindow { get; init; } = 1000;

    /// <summary>
    /// How many past states stay readable for late application messages, beside those that take commits.
    /// </summary>
    public int PastEpochs { get; init; } = 2;

    /// <summary>How long a past state stays readable after its end.</summary>
    public TimeSpan PastEpochLifetime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How many epochs below the tip a state still takes commits, so that the group can move to another branch. 0, the
    /// default, for none: a commit that is merged settles the state before it. Until a state is settled, a thief of the
    /// device can read what followed from it.
    /// </summary>
    public int ForkEpochs { get; init; }

    /// <summary>How long a state that is not the tip takes commits at most.</summary>
    public TimeSpan ForkLifetime { get; init; } = TimeSpan.FromDays(3);

    /// <summary>
    /// The most states kept that do not lie on the way back from the tip. An arbitrary bound on memory.
    /// </summary>
    public int MaxSideStates { get; init; } = 16;

    /// <summary>
    /// The most children that are made of one state while it takes commits. An arbitrary bound: the ids of all of them
    /// are kept for as long, because none may be made twice.
    /// </summary>
    public int MaxChildren { get; init; } = 64;

    /// <summary>How many recent commits are remembered, to tell one that comes again from one that competes.</summary>
    public int CommitHistory { get; init; } = 64;

    /// <summary>How many epochs' resumption PSKs are kept (section 8.6), the current one included.</summary>
    public int ResumptionEpochs { get; init; } = 8;

    /// <summary>How many Welcomes are kept that were not yet told to be on their way. An arbitrary bound.</summary>
    public int MaxInvitations { get; init; } = 8;

    /// <summary>
    /// The longest lifetime accepted in a leaf node (section 7.2); <see cref="TimeSpan.MaxValue"/> for any.
    /// </summary>
    public TimeSpan MaxLeafLifetime { get; init; } = TimeSpan.FromDays(398);

    /// <summary>How far clocks may differ: lifetimes are widened by so much at both ends.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long the private keys of an own key package are kept after its lifetime. A Welcome may be under way for
    /// long.
    /// </summary>
    public TimeSpan KeyPackageGrace { get; init; } = TimeSpan.FromDays(14);

    /// <summary>How long an external commit waits to be accepted before its keys are deleted.</summary>
    public TimeSpan ExternalJoinLifetime { get; init; } = TimeSpan.FromDays(14);

    /// <summary>
    /// Whether a received message or tree is refused because the lifetime of a leaf in it does not hold now. Section
    /// 7.3 recommends that where every member receives within moments. Where messages travel for days it would part
    /// those who received in time from those who did not, for ever, so it is off;
    /// <see cref="CommitSummary.OutOfLifetime"/> tells. Key packages that this client is about to use are checked in
    /// any case, and so is the length of every lifetime.
    /// </summary>
    public bool CheckReceivedLifetimes { get; init; }

    /// <summary>Whether proposals and commits are sent encrypted (section 6 recommends it) or in the clear.</summary>
    public bool EncryptHandshakes { get; init; } = true;

    /// <summary>
    /// How members' proposals and commits may arrive. The members of a group must agree on it, or they part.
    /// </summary>
    public HandshakeFormats IncomingHandshakes { get; init; } = HandshakeFormats.Any;

    /// <summary>Padding of private messages.</summary>
    public PaddingPolicy Padding { get; init; } = PaddingPolicy.None;

    /// <summary>
    /// Whether random reserved values are sent where receivers have to ignore them (section 13.5). Off, because on slow
    /// links every byte is airtime; received ones are ignored in any case.
    /// </summary>
    public bool Grease { get; init; }

    /// <summary>Whether Welcomes and published GroupInfos carry the ratchet tree (section 12.4.3.3).</summary>
    public bool IncludeRatchetTree { get; init; } = true;

    /// <summary>The most proposals of one epoch that wait for a commit. An arbitrary bound on memory.</summary>
    public int MaxProposals { get; init; } = 256;

    /// <summary>
    /// How many of them one sender may have waiting, so that nobody fills the room of the others; all clients that ask
    /// to be added count as one sender. An arbitrary bound.
    /// </summary>
    public int MaxProposalsPerSender { get; init; } = 32;

    /// <summary>The most bytes that waiting proposals may take. An arbitrary bound.</summary>
    public int MaxProposalBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// Whether application data may be sent while proposals wait for a commit; section 12.4 forbids it, and so does the
    /// default.
    /// </summary>
    public bool AllowDataBeforeCommit { get; init; }

    /// <summary>How many keys of skipped messages are kept for each of so many members.</summary>
    internal int OutOfOrderOf(int members) => Math.Max(OutOfOrderWindow, OutOfOrderTotal / Math.Max(1, members));

    /// <summary>Refuses numbers that mean nothing, before they do harm.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A count or a time is negative.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(OutOfOrderWindow);
        ArgumentOutOfRangeException.ThrowIfNegative(OutOfOrderTotal);
        ArgumentOutOfRangeException.ThrowIfNegative(ForwardWindow);
        ArgumentOutOfRangeException.ThrowIfNegative(PastEpochs);
        ArgumentOutOfRangeException.ThrowIfNegative(ForkEpochs);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxSideStates);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxChildren);
        ArgumentOutOfRangeException.ThrowIfNegative(CommitHistory);
        ArgumentOutOfRangeException.ThrowIfNegative(ResumptionEpochs);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxInvitations);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxProposals);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxProposalsPerSender);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxProposalBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(Padding.BlockSize);
        foreach (TimeSpan time in (ReadOnlySpan<TimeSpan>)
            [PastEpochLifetime, ForkLifetime, MaxLeafLifetime, ClockSkew, KeyPackageGrace, ExternalJoinLifetime])
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        }
    }
}
