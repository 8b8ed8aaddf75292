using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls;

/// <summary>What came of a message: one of the nested types, and nothing else.</summary>
public abstract class Outcome
{
    private Outcome()
    {
    }

    /// <summary>Application data from a member.</summary>
    public sealed class ApplicationMessage : Outcome
    {
        internal ApplicationMessage(Member sender, FramedContent content, StateId state)
        {
            Sender = sender;
            Epoch = content.Epoch;
            State = state;
            Data = content.ApplicationData;
            AuthenticatedData = content.AuthenticatedData;
        }

        /// <summary>The sender, as it stood in the epoch of the message.</summary>
        public Member Sender { get; }

        /// <summary>The epoch of the message; it may be a past one.</summary>
        public ulong Epoch { get; }

        /// <summary>The state of the message.</summary>
        public StateId State { get; }

        /// <summary>
        /// Its number among the sender's messages of the epoch, from 0: what is missing between two of them has not
        /// arrived (section 16.9). With state and sender it names the message.
        /// </summary>
        public required uint Generation { get; init; }

        /// <summary>
        /// Whether the message is from an earlier state, and its sender is no member of the tip. Whether it was sent
        /// before the sender was removed or after nobody can tell.
        /// </summary>
        public bool IsFromFormerMember { get; init; }

        /// <summary>What was sent.</summary>
        public ReadOnlyMemory<byte> Data { get; }

        /// <summary>What was sent in the clear beside it, authenticated.</summary>
        public ReadOnlyMemory<byte> AuthenticatedData { get; }
    }

    /// <summary>A valid proposal, which now waits for a commit.</summary>
    public sealed class ProposalStored : Outcome
    {
        internal ProposalStored(ProposedChange change, StateId state)
        {
            Change = change;
            State = state;
        }

        /// <summary>The proposal with who made it.</summary>
        public ProposedChange Change { get; }

        /// <summary>The state that it waits in.</summary>
        public StateId State { get; }

        /// <summary>The proposal.</summary>
        public Proposal Proposal => Change.Proposal;

        /// <summary>The member that proposed; null if it came from outside the group.</summary>
        public Member? Sender => Change.Proposer.Member;

        /// <summary>What its message carried in the clear, authenticated.</summary>
        public ReadOnlyMemory<byte> AuthenticatedData => Change.AuthenticatedData;
    }

    /// <summary>A valid commit, to be merged, kept or dropped.</summary>
    public sealed class CommitStaged : Outcome
    {
        internal CommitStaged(StagedCommit commit, bool isOwn)
        {
            Commit = commit;
            IsOwn = isOwn;
        }

        /// <summary>The commit.</summary>
        public StagedCommit Commit { get; }

        /// <summary>Whether it is this member's own pending commit, come back.</summary>
        public bool IsOwn { get; }
    }
}
