namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// What bundles cost beyond the number of their envelopes: the id of each is a hash of all its bytes, and a frame
/// stands for up to 28 times the bytes that it has on the wire. Counted are the bytes that it stands for, for each
/// source and in all; neighbours that this node did not choose have half of what is there in all.
/// </summary>
internal sealed class BundlePrices(RouterOptions options, Instant now)
{
    /// <summary>The part of what may be taken that may be refused besides: one of so many. Arbitrary.</summary>
    internal const double RefusalParts = 8;

    private readonly TokenBucket _all = Bucket(options.BundledBytesPerSecond, now);
    private readonly TokenBucket _unchosen = Bucket(options.BundledBytesPerSecond / 2.0, now);
    private readonly TokenBucket _refusals = Bucket(options.BundledBytesPerSecond / RefusalParts, now);
    private readonly TokenBucket _refusalsOfUnchosen =
        Bucket(options.BundledBytesPerSecond / 2.0 / RefusalParts, now);

    /// <summary>A bucket of bytes that bundles stand for; what comes in a second may come at once.</summary>
    public static TokenBucket Bucket(double perSecond, Instant now) => new(perSecond, perSecond, now);

    /// <summary>Charges for a bundle; false, and nothing is charged, if there is not enough for all of it.</summary>
    /// <param name="now">When.</param>
    /// <param name="link">Where it came from.</param>
    /// <param name="count">Envelopes that it stands for.</param>
    /// <param name="bytes">Their bytes, header and payload each.</param>
    public bool TryPay(Instant now, LinkState link, int count, int bytes)
    {
        if (!link.Source.Bundled.Has(now, bytes) || !Has(now, link, _all, _unchosen, bytes)
            || !link.Source.Rate.TryTake(now, count))
            return false;
        _ = link.Source.Bundled.TryTake(now, bytes);
        Take(now, link, _all, _unchosen, bytes);
        return true;
    }

    /// <summary>Charges for saying "too fast" for each envelope of a bundle, which takes the ids as well.</summary>
    public bool TryRefuse(Instant now, LinkState link, int count, int bytes)
    {
        if (!Has(now, link, _refusals, _refusalsOfUnchosen, bytes) || !link.Refusals.TryTake(now, count))
            return false;
        Take(now, link, _refusals, _refusalsOfUnchosen, bytes);
        return true;
    }

    private static bool Has(Instant now, LinkState link, TokenBucket all, TokenBucket unchosen, int bytes) =>
        all.Has(now, bytes) && (link.IsChosen || unchosen.Has(now, bytes));

    private static void Take(Instant now, LinkState link, TokenBucket all, TokenBucket unchosen, int bytes)
    {
        _ = all.TryTake(now, bytes);
        if (!link.IsChosen)
            _ = unchosen.TryTake(now, bytes);
    }
}
