using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// One state of a group as one member sees it: what is public and never changes, and the secrets, which only ever get
/// fewer. A commit yields another state, with arrays of its own, and leaves this one as it is.
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

    internal required ExporterTree Exporter { get; init; }

    internal WaitingProposals Waiting { get; } = new();

    internal EpochTrace Trace { get; init; } = new();

    internal StateId Id => StateId.Of(Context.ConfirmedTranscriptHash.Span);

    internal ulong Number => Context.Epoch;

    /// <summary>Starts an epoch from its epoch secret, which is zeroed.</summary>
    internal static GroupEpoch Start(
        Suite suite, GroupContext context, GroupRequirements requirements, RatchetTree tree, LeafIndex self,
        PathKeys keys,
        byte[] epochSecret)
    {
        ExporterTree exporter = ExporterTree.Start(suite, epochSecret);
        EpochSecrets secrets = EpochSecrets.Derive(suite, epochSecret, out byte[] encryptionSecret);
        byte[] tag = suite.Mac(secrets.ConfirmationKey, context.ConfirmedTranscriptHash.Span);
        return new GroupEpoch
        {
            Suite = suite,
            Context = context,
            Requirements = requirements,
            Tree = tree,
            InterimTranscriptHash =
                AuthenticatedContent.InterimTranscriptHash(suite, context.ConfirmedTranscriptHash.Span, tag),
            ConfirmationTag = tag,
            Self = self,
            Keys = keys,
            Secrets = secrets,
            SecretTree = new SecretTree(suite, tree.LeafCount, encryptionSecret),
            Exporter = exporter,
        };
    }

    /// <summary>Gives up what takes commits and sends messages; late messages of the others stay readable.</summary>
    internal void Settle()
    {
        Trace.Standing = StateStanding.Settled;
        Keys.Dispose();
        Exporter.Dispose();
        Waiting.Dispose();
        Secrets.KeepForReading();
        SecretTree.KeepForReading(Self);
    }

    /// <summary>
    /// Gives up everything but what members compare: nothing is sent in the epoch that a ReInit leads to.
    /// </summary>
    internal void Close()
    {
        Trace.Standing = StateStanding.Closed;
        Keys.Dispose();
        Waiting.Dispose();
        Secrets.KeepForComparing();
        SecretTree.Dispose();
    }

    /// <summary>Zeroes every secret.</summary>
    public void Dispose()
    {
        Trace.Standing = StateStanding.Closed;
        Keys.Dispose();
        Exporter.Dispose();
        Waiting.Dispose();
        Secrets.Dispose();
        SecretTree.Dispose();
    }
}

/// <summary>Where a state comes from, and what this member still does with it.</summary>
internal sealed class EpochTrace
{
    /// <summary>The state that the commit was made on; null for the first that this member has.</summary>
    internal StateId? Parent { get; set; }

    /// <summary>The leaf that made the commit; null where that is not known.</summary>
    internal LeafIndex? Author { get; set; }

    /// <summary>The parameters of the group that follows, where the commit held a ReInit.</summary>
    internal ReInitProposal? ReInit { get; set; }

    internal StateStanding Standing { get; set; } = StateStanding.Live;

    /// <summary>What the state's values are called in the store; null as long as it is not there.</summary>
    internal string? StoreName { get; set; }

    /// <summary>When the state was no longer the tip; meaningless for the tip.</summary>
    internal DateTimeOffset Left { get; set; }
}
