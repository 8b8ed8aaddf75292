using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// What frames cost, in millionths of a second of one processor of a small router, before they are looked at. Each
/// source has a rate, and so have all that this node did not choose together.
/// </summary>
internal sealed class GossipPrices(Instant now)
{
    // A quarter of a processor for all strangers together.
    private const double StrangersPerSecond = 250_000;
    private const double StrangersBurst = 1_000_000;

    /// <summary>
    /// What checking a signature costs; that of a topic that this node reads shows only when the record is open.
    /// </summary>
    internal const double Signature = 300;

    private readonly TokenBucket _strangers = new(StrangersPerSecond, StrangersBurst, now);

    /// <summary>What a frame costs.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="size">Kind and body in bytes.</param>
    /// <param name="records">Records that are kept here: reconciliation goes through all of them.</param>
    /// <param name="isSigned">It is a record of a class whose signatures are checked.</param>
    public static double Of(FrameKind kind, int size, int records, bool isSigned) => kind switch
    {
        FrameKind.GossipRecord => 30 + size / 64.0 + (isSigned ? Signature : 0),
        FrameKind.GossipHave => 2 + size / 32.0,
        FrameKind.GossipWant => 2 + size / 4.0,
        FrameKind.GossipSync => 10 + size / 8.0 + records / 16.0,
        FrameKind.GossipInterest => 5 + records / 64.0,
        _ => 2,
    };

    /// <summary>
    /// A signature was checked that was not paid for beforehand: until the source has made up for it, nothing else of
    /// it is looked at.
    /// </summary>
    public void OweSignature(Instant now, GossipSource source)
    {
        source.Work.Owe(now, Signature);
        if (!source.IsChosen)
            _strangers.Owe(now, Signature);
    }

    /// <summary>Charges a source; false if it has used up what it may cost.</summary>
    public bool TryCharge(Instant now, GossipSource source, double price)
    {
        if (!source.IsChosen && !_strangers.Has(now, price))
            return false;
        if (!source.Work.TryTake(now, price))
            return false;
        if (!source.IsChosen)
            _ = _strangers.TryTake(now, price);
        return true;
    }
}
