using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>What a commit starts from: an epoch of a member, or the GroupInfo that a joiner from outside has.</summary>
internal sealed class CommitBase
{
    internal required Suite Suite { get; init; }

    internal required GroupContext Context { get; init; }

    internal required GroupRequirements Requirements { get; init; }

    internal required RatchetTree Tree { get; init; }

    internal required byte[] InterimTranscriptHash { get; init; }

    internal required byte[] InitSecret { get; init; }

    /// <summary>The committer; null if it is yet to get a leaf.</summary>
    internal required LeafIndex? Self { get; init; }

    internal required PathKeys? Keys { get; init; }

    /// <summary>The state for the application's rules.</summary>
    internal GroupState? State { get; init; }

    internal static CommitBase Of(GroupEpoch epoch) => new()
    {
        Suite = epoch.Suite,
        Context = epoch.Context,
        Requirements = epoch.Requirements,
        Tree = epoch.Tree,
        InterimTranscriptHash = epoch.InterimTranscriptHash,
        InitSecret = epoch.Secrets.InitSecret,
        Self = epoch.Self,
        Keys = epoch.Keys,
        State = GroupState.Of(epoch),
    };
}

/// <summary>How a commit is to be made.</summary>
internal sealed record CommitPlan
{
    /// <summary>Whose signature the message carries: the committer's in the current epoch.</summary>
    internal required MlsIdentity Signer { get; init; }

    /// <summary>Who the committer is afterwards, if there is a path.</summary>
    internal required MlsIdentity Identity { get; init; }

    internal required Capabilities Capabilities { get; init; }

    internal required ExtensionList LeafExtensions { get; init; }

    internal required bool Encrypt { get; init; }

    internal bool ForcePath { get; init; }

    internal bool AllowSuccessorPsk { get; init; }

    internal bool IncludeTree { get; init; }

    internal bool IncludeExternalPub { get; init; }

    internal ReadOnlyMemory<byte> AuthenticatedData { get; init; }
}

/// <summary>A commit made: the signed content, the epoch it leads to, and the Welcome for those it adds.</summary>
internal sealed record CreatedCommit(
    AuthenticatedContent Content, GroupEpoch Next, CommitSummary Summary, byte[]? Welcome);
