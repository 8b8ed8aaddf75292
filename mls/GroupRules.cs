using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls;

/// <summary>An answer that may have to wait.</summary>
public enum Verdict
{
    /// <summary>Yes.</summary>
    Accept,

    /// <summary>No, for all members alike and for ever.</summary>
    Reject,

    /// <summary>
    /// Something is missing that may yet come. What was judged is not taken and not consumed, so that it can be judged
    /// again; to say no instead would part this member from those who know already.
    /// </summary>
    NotKnownYet,
}

/// <summary>What kind of sender proposed (RFC 9420, section 6).</summary>
public enum ProposerKind
{
    /// <summary>A member.</summary>
    Member,

    /// <summary>One of the group's external senders.</summary>
    ExternalSender,

    /// <summary>A client that is none yet: it asks to be added, or joins by external commit.</summary>
    Newcomer,
}

/// <summary>Who proposed.</summary>
/// <param name="Kind">What kind of sender.</param>
/// <param name="Member">The member, as it stood in the state of the proposal; null for the other kinds.</param>
/// <param name="ExternalSender">The place in the external_senders extension; null for the other kinds.</param>
public readonly record struct Proposer(ProposerKind Kind, Member? Member, uint? ExternalSender);

/// <summary>A proposal, who made it, and how a commit covers it.</summary>
/// <param name="Proposal">The proposal.</param>
/// <param name="Proposer">Who proposed; for a proposal by value the committer.</param>
/// <param name="IsByReference">Whether it was sent by itself, rather than within the commit.</param>
/// <param name="AuthenticatedData">What its message carried in the clear; empty for a proposal by value.</param>
public sealed record ProposedChange(
    Proposal Proposal, Proposer Proposer, bool IsByReference, ReadOnlyMemory<byte> AuthenticatedData);

/// <summary>
/// The application's own law for a group: who may propose and commit what. Members part where they judge differently,
/// so an answer must depend on nothing but its arguments and what travels with them; where something is missing that
/// others may have, the answer is <see cref="Verdict.NotKnownYet"/>.
/// </summary>
public abstract class GroupRules
{
    /// <summary>
    /// Judges one proposal: when it arrives, when a commit of one's own could take it in (anything but yes leaves it
    /// out, or fails the commit if it is by value), and when another's commit covers it. Unless overridden: yes.
    /// </summary>
    public virtual Verdict Judge(ProposedChange change, GroupState state) => Verdict.Accept;

    /// <summary>Judges a commit as a whole, one's own before it is sent as well. Unless overridden: yes.</summary>
    public virtual Verdict Judge(CommitSummary commit, GroupState parent) => Verdict.Accept;
}
