using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>One link as the custody half knows it.</summary>
internal sealed class LinkState
{
    public LinkState(
        in LinkDescription description, Source source, RouterOptions options, AnswerBudget answers, uint epoch,
        Instant now)
    {
        Peer = description.Peer;
        Properties = description.Properties;
        Epoch = epoch;
        UpAt = now;
        Window = new SendWindow(description.Properties, options);
        Source = source;
        IsChosen = description.Chosen;
        Refusals = new TokenBucket(
            options.NeighbourEnvelopesPerSecond / BundlePrices.RefusalParts,
            options.BurstOfNeighbour / BundlePrices.RefusalParts, now);
        Answers = new PendingAnswers(description.Properties.Mtu, answers);
        if (description.Properties is { Bundles: true, Reliable: true })
            Gathering = new Gathering();
    }

    public NodeAddress Peer { get; }

    public LinkProperties Properties { get; }

    /// <summary>Where it comes from: shared with other links from there.</summary>
    public Source Source { get; }

    /// <summary>This node wanted the link.</summary>
    public bool IsChosen { get; }

    /// <summary>
    /// Envelopes of bundles that are told "too fast"; what comes faster still gets no answer. A link's own: who goes on
    /// without listening does not silence others of its source.
    /// </summary>
    public TokenBucket Refusals { get; }

    /// <summary>Tells this link from earlier ones with the same number.</summary>
    public uint Epoch { get; }

    /// <summary>Since when it stands.</summary>
    public Instant UpAt { get; }

    public PendingAnswers Answers { get; }

    /// <summary>What goes out with the end of the batch; null where each envelope goes alone, and at once.</summary>
    public Gathering? Gathering { get; }

    public SendWindow Window;

    /// <summary>Ends of the list of entries in flight.</summary>
    public ListEnds InFlight;

    /// <summary>Flows that wait for this link, a ring for each class; plus one.</summary>
    public Rings Flows;

    /// <summary>Envelopes in those flows.</summary>
    public int Waiting;

    /// <summary>Envelopes whose bytes are being read from disk to be sent here.</summary>
    public Tally Loading;

    /// <summary>The transport said no; it tells when there is room again.</summary>
    public bool Blocked;

    /// <summary>The neighbour said "too fast": nothing goes out before.</summary>
    public Instant PausedUntil;

    /// <summary>How often in a row it said so.</summary>
    public int Pauses;

    /// <summary>
    /// Something was written a moment ago, and the next is to go together with what comes until then.
    /// </summary>
    public Instant NextWrite;

    public bool IsOpen => !Blocked && PausedUntil == default && NextWrite == default;

    /// <summary>When both are over.</summary>
    public Instant OpensAt => PausedUntil.Ticks > NextWrite.Ticks ? PausedUntil : NextWrite;

    /// <summary>True if no envelope of this class or a more urgent one waits.</summary>
    public bool NothingBefore(FrameClass frameClass)
    {
        if (Waiting == 0)
            return true;
        for (int i = 0; i <= (int)frameClass; i++)
        {
            if (Flows[i] != 0)
                return false;
        }

        return true;
    }

    [InlineArray(Classes)]
    public struct Rings
    {
        public const int Classes = 6;
        private int _firstPlusOne;
    }
}
