using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

/// <summary>A member of a group.</summary>
/// <param name="Index">Its place, valid within one epoch.</param>
/// <param name="Leaf">Its leaf node.</param>
public readonly record struct Member(LeafIndex Index, LeafNode Leaf)
{
    /// <summary>Who it claims to be.</summary>
    public Credential Credential => Leaf.Credential;

    /// <summary>
    /// Whether the lifetime of the leaf covers a moment (section 7.2). A leaf that its member has renewed has no
    /// lifetime any more, and so no end.
    /// </summary>
    public bool IsWithinLifetime(DateTimeOffset moment)
    {
        ulong seconds = (ulong)Math.Max(0, moment.ToUnixTimeSeconds());
        return Leaf.Source != LeafNodeSource.KeyPackage || (Leaf.NotBefore <= seconds && seconds <= Leaf.NotAfter);
    }
}

/// <summary>What a commit does, for people and for policies to judge before it is merged.</summary>
public sealed record CommitSummary
{
    /// <summary>The epoch that the commit leads to.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>Who committed, as it stands after the commit; for an external commit the joiner.</summary>
    public required LeafIndex Committer { get; init; }

    /// <summary>Whether the committer joins by this very commit.</summary>
    public bool IsExternal { get; init; }

    /// <summary>The proposals that the commit covers, in its order, and who made them.</summary>
    public IReadOnlyList<ProposedChange> Changes { get; init; } = [];

    /// <summary>What the commit's message carries in the clear, authenticated.</summary>
    public ReadOnlyMemory<byte> AuthenticatedData { get; init; }

    /// <summary>Members that join, the joiner of an external commit included.</summary>
    public IReadOnlyList<Member> Added { get; init; } = [];

    /// <summary>
    /// Those of <see cref="Added"/> whose key package is out of its lifetime by this client's clock. The others judge
    /// by theirs, so that this is a reason to ask for new keys, and none to refuse the commit.
    /// </summary>
    public IReadOnlyList<Member> OutOfLifetime { get; init; } = [];

    /// <summary>Members that leave, as they stood before.</summary>
    public IReadOnlyList<Member> Removed { get; init; } = [];

    /// <summary>Members with a new leaf: by Update proposals, and the committer if there is a path.</summary>
    public IReadOnlyList<Member> Updated { get; init; } = [];

    /// <summary>Pre-shared keys that enter the key schedule.</summary>
    public IReadOnlyList<PreSharedKeyId> Psks { get; init; } = [];

    /// <summary>The group's new extensions; null if they stay as they are.</summary>
    public ExtensionList? Extensions { get; init; }

    /// <summary>Set if the group ends with this commit, to begin anew with these parameters.</summary>
    public ReInitProposal? ReInit { get; init; }

    /// <summary>Whether this client itself is removed.</summary>
    public bool RemovesSelf { get; init; }
}
