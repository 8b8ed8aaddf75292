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
        internal ApplicationMessage(Member sender, ulong epoch, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> authenticatedData)
        {
            Sender = sender;
            Epoch = epoch;
            Data = data;
            AuthenticatedData = authenticatedData;
        }

        /// <summary>The sender, as it stood in the epoch of the message.</summary>
        public Member Sender { get; }

        /// <summary>The epoch of the message; it may be a past one.</summary>
        public ulong Epoch { get; }

        /// <summary>What was sent.</summary>
        public ReadOnlyMemory<byte> Data { get; }

        /// <summary>What was sent in the clear beside it, authenticated.</summary>
        public ReadOnlyMemory<byte> AuthenticatedData { get; }
    }

    /// <summary>A valid proposal, which now waits for a commit.</summary>
    public sealed class ProposalStored : Outcome
    {
        internal ProposalStored(Proposal proposal, Member? sender)
        {
            Proposal = proposal;
            Sender = sender;
        }

        /// <summary>The proposal.</summary>
        public Proposal Proposal { get; }

        /// <summary>The member that proposed; null if it came from outside the group.</summary>
        public Member? Sender { get; }
    }

    /// <summary>A valid commit, to be merged or dropped.</summary>
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
