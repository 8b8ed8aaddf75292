namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>An attestation by a card, checked in all but the time.</summary>
/// <param name="Card">What the card proves.</param>
/// <param name="From">The first day of its statement.</param>
/// <param name="Until">The last day.</param>
/// <param name="BodyHash">By what an announce names it.</param>
internal sealed record CardCredential(CardFacts Card, ushort From, ushort Until, byte[] BodyHash)
{
    /// <summary>What the time says of it.</summary>
    internal AttestationFault At(long unixSeconds) => Card.At(unixSeconds) is var fault and not AttestationFault.None
        ? fault : Days.At(From, Until, unixSeconds);
}

/// <summary>That a trusted organisation vouches for a key.</summary>
/// <param name="Organisation">Who vouches.</param>
/// <param name="From">The first day.</param>
/// <param name="Until">The last day.</param>
internal sealed record Vouch(MeshKey Organisation, ushort From, ushort Until)
{
    /// <summary>What the time says of it.</summary>
    internal AttestationFault At(long unixSeconds) => Days.At(From, Until, unixSeconds);
}

/// <summary>All that speaks for one key.</summary>
internal sealed class Credentials
{
    // Arbitrary: a card and a practice card, and each once more while one is renewed.
    private const int MaxCards = 4;
    private const int MaxVouches = 8;

    private readonly List<CardCredential> _cards = [];
    private readonly List<Vouch> _vouches = [];

    /// <summary>By cards; the oldest statement first.</summary>
    internal IReadOnlyList<CardCredential> Cards => _cards;

    /// <summary>By organisations.</summary>
    internal IReadOnlyList<Vouch> Vouches => _vouches;

    /// <summary>
    /// Adds a card's attestation; the oldest falls out where there are too many. False if it was there.
    /// </summary>
    internal bool Add(CardCredential credential)
    {
        if (_cards.Exists(c => c.BodyHash.AsSpan().SequenceEqual(credential.BodyHash)))
            return false;
        _cards.Add(credential);
        _cards.Sort((a, b) => a.Until.CompareTo(b.Until));
        if (_cards.Count > MaxCards)
            _cards.RemoveAt(0);
        return true;
    }

    /// <summary>Sets what an organisation says; its last word counts.</summary>
    internal void Set(Vouch vouch)
    {
        _vouches.RemoveAll(v => v.Organisation == vouch.Organisation);
        if (_vouches.Count < MaxVouches)
            _vouches.Add(vouch);
    }
}

/// <summary>From one day to another.</summary>
internal static class Days
{
    /// <summary>The day before counts, too: an author's clock may be ahead of ours.</summary>
    private const int Tolerance = 1;

    /// <summary>
    /// What the time says of a claim that holds from one day to another, in days since 1970-01-01 UTC.
    /// </summary>
    internal static AttestationFault At(ushort from, ushort until, long unixSeconds) =>
        unixSeconds < (from - Tolerance) * Statement.SecondsPerDay ? AttestationFault.NotYetValid
        : unixSeconds >= (until + 1) * Statement.SecondsPerDay ? AttestationFault.Expired
        : AttestationFault.None;
}
