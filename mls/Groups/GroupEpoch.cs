using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// One epoch as one member sees it. Nothing in it changes but the secret tree, whose keys vanish as they are used;
/// a commit yields another epoch and leaves this one as it is.
/// </summary>
internal sealed class GroupEpoch : IDisposable
{
    internal required Suite Suite { get; init; }

    internal required GroupContext Context { get; init; }

    internal required GroupRequirements Requirements { get; init; }

    internal required RatchetTree Tree { get; init; }

    internal required byte[] InterimTranscriptHash { get; init; }

    internal required byte[] ConfirmationTag { get; init; }

    internal required LeafIndex Self { get; init; }

    internal required PathKeys Keys { get; init; }

    internal required EpochSecrets Secrets { get; init; }

    internal required SecretTree SecretTree { get; init; }

    /// <summary>Starts an epoch from its epoch secret, which is zeroed.</summary>
    internal static GroupEpoch Start(
        Suite suite, GroupContext context, GroupRequirements requirements, RatchetTree tree, LeafIndex self, PathKeys keys, byte[] epochSecret)
    {
        EpochSecrets secrets = EpochSecrets.Derive(suite, epochSecret, out byte[] encryptionSecret);
        byte[] tag = suite.Mac(secrets.ConfirmationKey, context.ConfirmedTranscriptHash.Span);
        return new GroupEpoch
        {
            Suite = suite,
            Context = context,
            Requirements = requirements,
            Tree = tree,
            InterimTranscriptHash = AuthenticatedContent.InterimTranscriptHash(suite, context.ConfirmedTranscriptHash.Span, tag),
            ConfirmationTag = tag,
            Self = self,
            Keys = keys,
            Secrets = secrets,
            SecretTree = new SecretTree(suite, tree.LeafCount, encryptionSecret),
        };
    }

    /// <summary>Zeroes every secret.</summary>
    public void Dispose()
    {
        Keys.Dispose();
        Secrets.Dispose();
        SecretTree.Dispose();
    }
}

/// <summary>A past epoch: enough to read a late application message, and nothing more.</summary>
internal sealed class PastEpoch(GroupContext context, RatchetTree tree, byte[] senderDataSecret, SecretTree secretTree, DateTimeOffset expires) : IDisposable
{
    internal GroupContext Context { get; } = context;

    internal RatchetTree Tree { get; } = tree;

    internal byte[] SenderDataSecret { get; } = senderDataSecret;

    internal SecretTree SecretTree { get; } = secretTree;

    internal DateTimeOffset Expires { get; } = expires;

    public void Dispose()
    {
        Crypto.Secrets.Zero(SenderDataSecret);
        SecretTree.Dispose();
    }
}
