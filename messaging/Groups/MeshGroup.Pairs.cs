using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Pairs: groups of two nodes whose id follows from both addresses.</content>
internal sealed partial class MeshGroup
{
    /// <summary>How soon a text of a pair that was not proved makes this node say where it stands.</summary>
    private static readonly TimeSpan PairProbe = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Most texts of a pair that wait for their proof, and their bytes. What goes beyond is sealed. Arbitrary.
    /// </summary>
    private const int MaxPairTexts = 128;
    private const int MaxPairBytes = 128 << 10;

    /// <summary>Which founding of a pair this is; null for a group of people.</summary>
    internal ulong? PairNumber { get; }

    /// <summary>The other member of a pair; none where nobody was let in yet, or in a group of people.</summary>
    internal NodeAddress Peer => PairNumber is null
        ? default : Table.Addresses.FirstOrDefault(a => a != _self.Address);

    /// <summary>
    /// A radio is on the way to the other member of a pair: this node commits nothing, and tells nothing by itself.
    /// </summary>
    internal bool IsQuiet { get; set; }

    /// <summary>Whether another text may wait for its proof.</summary>
    internal bool HasRoomForText(int bytes) =>
        _texts.All.Count < MaxPairTexts && _texts.All.Sum(t => t.Content.Length) + bytes <= MaxPairBytes;

    /// <summary>Whether an idle pair has something to tell.</summary>
    private bool HasToTell => PairNumber is null || _own.Status != MembershipStatus.Current || _texts.All.Count > 0;

    /// <summary>
    /// Founds the pair with a node, which is let in by an order then. What of an earlier founding was not received is
    /// sealed again when that node has joined; the keys of that founding go.
    /// </summary>
    internal static MeshGroup FoundPair(
        GroupSelf self, Instant now, in NodeAddress peer, ulong number, CipherSuite suite, MeshGroup? before)
    {
        RunningClock clock = before?._clock ?? new RunningClock(TimeSpan.Zero, now);
        OutgoingTexts texts = before?._texts ?? new OutgoingTexts();
        ulong tips = before?._own.TipNumber ?? 0;
        before?.Forget();
        foreach (OutgoingText text in texts.All)
            text.IsSealedForNobody(NoState);

        var own = new OwnStanding
        {
            TipNumber = tips,
            HealedAt = clock.At(now),
            IdleAt = clock.At(now) + self.Timing.IdleTip,
        };
        return Found(self, PairId.Of(self.Address, peer), suite, isStrict: false, number, clock, own, texts);
    }

    /// <summary>
    /// A text of a pair waits for its proof: if none comes soon, the other may have lost its keys, and learns so.
    /// </summary>
    private void PlanProbe(TimeSpan at)
    {
        if (PairNumber is not null && at + PairProbe < _own.IdleAt)
            _own.IdleAt = at + PairProbe;
    }
}
