namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>What a card proves, apart from the time: who it is, what level it gives, and from when to when.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="Holder">The holder by Telematik-ID; the certificate again where it names none.</param>
/// <param name="Level">The level.</param>
/// <param name="From">The second from which certificate and authority hold, since 1970-01-01 UTC.</param>
/// <param name="Until">The last such second.</param>
internal sealed record CardFacts(CardHash Certificate, CardHash Holder, Level Level, long From, long Until)
{
    /// <summary>What the time says of the certificate and its authority.</summary>
    internal AttestationFault At(long? unixSeconds) =>
        unixSeconds is not { } now ? AttestationFault.NoClock
        : now < From ? AttestationFault.NotYetValid
        : now > Until ? AttestationFault.Expired : AttestationFault.None;
}

/// <summary>Checks what cards sign: the cheap first, and each certificate once.</summary>
internal sealed class CardJudge(TrustAnchors anchors, BlockList blocked)
{
    // Arbitrary: certificates whose judgement is remembered. A practice publishes its own again and again.
    private const int MaxRemembered = 1024;

    private readonly Dictionary<CardHash, (AttestationFault Fault, CardFacts? Facts)> _judged = [];

    /// <summary>How many certificates were read and checked; a repetition costs none.</summary>
    internal int Checked { get; private set; }

    /// <summary>Judges a card's claim apart from the time.</summary>
    /// <param name="kind">What the card should have signed.</param>
    /// <param name="claim">The claim; a card makes it.</param>
    /// <param name="subject">The key that it is about.</param>
    /// <param name="facts">What the card proves, if nothing is wrong.</param>
    internal AttestationFault Judge(StatementKind kind, Claim claim, MeshKey subject, out CardFacts? facts)
    {
        CardHash hash = CardHash.OfCertificate(claim.Certificate);
        CardCertificate? card = null;
        try
        {
            if (!_judged.TryGetValue(hash, out (AttestationFault Fault, CardFacts? Facts) judged))
            {
                card = CardCertificate.TryRead(claim.Certificate);
                judged = JudgeCertificate(card, hash);
                Remember(hash, judged);
            }

            facts = judged.Facts;
            if (judged.Fault != AttestationFault.None)
                return judged.Fault;
            card ??= CardCertificate.TryRead(claim.Certificate);
            byte[] statement = new Statement(kind, subject, claim.From, claim.Until).Encode();
            return card is not null && CardSignature.Verify(claim.SignerInfo, card.Platform, statement)
                ? AttestationFault.None : AttestationFault.StatementSignature;
        }
        finally
        {
            card?.Dispose();
        }
    }

    /// <summary>Judges a certificate alone, at a time; null without a clock.</summary>
    internal AttestationFault Inspect(ReadOnlySpan<byte> der, long? unixSeconds, out CardFacts? facts)
    {
        using CardCertificate? card = CardCertificate.TryRead(der);
        (AttestationFault fault, facts) = JudgeCertificate(card, CardHash.OfCertificate(der));
        return fault != AttestationFault.None || facts is null ? fault : facts.At(unixSeconds);
    }

    private (AttestationFault Fault, CardFacts? Facts) JudgeCertificate(CardCertificate? card, CardHash hash)
    {
        Checked++;
        if (card is null)
            return (AttestationFault.Malformed, null);
        AttestationFault fault = anchors.Judge(card, blocked, out CardCertificate? issuer);
        if (fault != AttestationFault.None || issuer is null)
            return (fault, null);
        string telematikId = card.Admission.TelematikId;
        return (AttestationFault.None, new CardFacts(
            hash,
            telematikId.Length > 0 ? CardHash.OfHolder(telematikId) : hash,
            CardRules.LevelOf(card),
            Math.Max(card.NotBefore.ToUnixTimeSeconds(), issuer.NotBefore.ToUnixTimeSeconds()),
            Math.Min(card.NotAfter.ToUnixTimeSeconds(), issuer.NotAfter.ToUnixTimeSeconds())));
    }

    private void Remember(CardHash hash, (AttestationFault Fault, CardFacts? Facts) judged)
    {
        if (_judged.Count >= MaxRemembered)
            _judged.Clear();
        _judged[hash] = judged;
    }
}
