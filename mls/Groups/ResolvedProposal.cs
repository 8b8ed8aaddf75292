using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>A proposal with its sender, as a commit covers it.</summary>
/// <param name="Proposal">The proposal.</param>
/// <param name="Sender">Who proposed; for a proposal by value, the committer.</param>
/// <param name="Reference">The ProposalRef; empty for a proposal by value.</param>
/// <param name="Checked">Whether <see cref="ProposalValidator"/> passed it in this epoch already.</param>
internal sealed record ResolvedProposal(Proposal Proposal, Sender Sender, ReadOnlyMemory<byte> Reference, bool Checked)
{
    /// <summary>What its message carried in the clear; empty for a proposal by value.</summary>
    internal ReadOnlyMemory<byte> AuthenticatedData { get; init; }

    /// <summary>The leaf that the proposal removes; null if it removes none.</summary>
    internal LeafIndex? RemovedLeaf => Proposal switch
    {
        RemoveProposal remove => remove.Removed,
        SelfRemoveProposal => new LeafIndex(Sender.Index),
        _ => null,
    };

    internal bool IsFromMember(uint leaf) => Sender.Type == SenderType.Member && Sender.Index == leaf;

    internal ProposalOrRef ToWire() =>
        Reference.IsEmpty ? new ProposalOrRef(Proposal, default) : new ProposalOrRef(null, Reference);
}

/// <summary>A proposal that waits for a commit, with the content that its reference is the hash of.</summary>
internal sealed record StoredProposal(ResolvedProposal Resolved, byte[] Content)
{
    internal static StoredProposal Of(AuthenticatedContent content, byte[] reference) =>
        new(Resolve(content, reference), Encode(content));

    internal static byte[] Encode(AuthenticatedContent content)
    {
        using Codec.MlsWriter writer = new();
        content.Write(writer);
        return writer.ToArray();
    }

    /// <summary>A proposal whose message was verified and whose content was checked.</summary>
    internal static ResolvedProposal Resolve(AuthenticatedContent content, byte[] reference) =>
        new(content.Content.Proposal!, content.Content.Sender, reference, Checked: true)
        {
            AuthenticatedData = content.Content.AuthenticatedData,
        };
}
