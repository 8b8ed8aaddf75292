using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>A proposal with its sender, as a commit covers it.</summary>
/// <param name="Proposal">The proposal.</param>
/// <param name="Sender">Who proposed; for a proposal by value, the committer.</param>
/// <param name="Reference">The ProposalRef; empty for a proposal by value.</param>
/// <param name="Checked">Whether <see cref="ProposalValidator"/> passed it in this epoch already.</param>
internal sealed record ResolvedProposal(Proposal Proposal, Sender Sender, ReadOnlyMemory<byte> Reference, bool Checked)
{
    internal bool IsFromMember(uint leaf) => Sender.Type == SenderType.Member && Sender.Index == leaf;

    internal ProposalOrRef ToWire() =>
        Reference.IsEmpty ? new ProposalOrRef(Proposal, default) : new ProposalOrRef(null, Reference);
}

/// <summary>A proposal that waits for a commit, with the content that its reference is the hash of.</summary>
internal sealed record StoredProposal(ResolvedProposal Resolved, byte[] Content);
