using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// What a commit shall do, beyond the proposals that wait for it. Nothing at all renews this member's own keys.
/// </summary>
public sealed record CommitRequest
{
    /// <summary>Clients to add.</summary>
    public IReadOnlyList<KeyPackage> Add { get; init; } = [];

    /// <summary>Members to remove.</summary>
    public IReadOnlyList<LeafIndex> Remove { get; init; } = [];

    /// <summary>External pre-shared keys to mix in, by id.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> ExternalPsks { get; init; } = [];

    /// <summary>Past epochs of this group whose resumption PSK is to be mixed in.</summary>
    public IReadOnlyList<ulong> ResumptionPsks { get; init; } = [];

    /// <summary>New extensions of the group context, all of them; null leaves them as they are.</summary>
    public ExtensionList? Extensions { get; init; }

    /// <summary>Ends the group, to begin anew with other parameters.</summary>
    public ReInitRequest? ReInit { get; init; }

    /// <summary>Whether this member's keys are renewed even if no proposal needs it.</summary>
    public bool ForcePath { get; init; }

    /// <summary>Whether proposals received earlier are covered too.</summary>
    public bool IncludePendingProposals { get; init; } = true;

    /// <summary>A new identity for this member; implies a path.</summary>
    public MlsIdentity? NewIdentity { get; init; }

    /// <summary>New extensions of this member's leaf; implies a path.</summary>
    public ExtensionList? LeafExtensions { get; init; }

    /// <summary>Data in the clear beside the commit, authenticated.</summary>
    public ReadOnlyMemory<byte> AuthenticatedData { get; init; }

    /// <summary>Whether the Welcome carries the ratchet tree; null leaves it to the policy.</summary>
    public bool? RatchetTreeInWelcome { get; init; }
}

/// <summary>Parameters of the group that follows (RFC 9420, section 12.1.5).</summary>
/// <param name="GroupId">Its id.</param>
/// <param name="CipherSuite">Its cipher suite.</param>
/// <param name="Extensions">The extensions of its group context.</param>
public sealed record ReInitRequest(ReadOnlyMemory<byte> GroupId, CipherSuite CipherSuite, ExtensionList Extensions)
{
    internal ReInitProposal ToProposal() => new(GroupId, Protocol.Version, CipherSuite, Extensions);
}
