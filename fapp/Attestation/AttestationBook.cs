using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>Where a key stands, in words.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Fault">Why it is no higher; none where nothing speaks for the key, or nothing is wrong.</param>
/// <param name="Organisation">Who vouches, at level list.</param>
public readonly record struct Standing(Level Level, AttestationFault Fault, MeshKey? Organisation = null);

/// <summary>
/// All attestations and revocations that count, and the levels that follow (docs/reference/fapp.md, section 6). It
/// remembers only what a card of a known authority or a trusted organisation signed: strangers cannot fill it. It does
/// no I/O and reads no clock. Whoever replaces anchors, block list or organisations makes a new book and lets it take
/// all records again.
/// </summary>
public sealed class AttestationBook : ILevels
{
    // Arbitrary: the practices of eight regions are about 3,000.
    private const int MaxSubjects = 16_384;

    /// <summary>Most keys of one card that are remembered; from two on they are contested.</summary>
    private const int MaxKeysOfCard = 4;

    private readonly CardJudge _judge;
    private readonly BlockList _blocked;
    private readonly HashSet<MeshKey> _organisations;
    private readonly Dictionary<MeshKey, Credentials> _subjects = [];
    private readonly Dictionary<CardHash, List<MeshKey>> _keysOfCard = [];
    private readonly Revocations _revocations = new();

    /// <summary>An empty book.</summary>
    /// <param name="anchors">Who issues cards.</param>
    /// <param name="blocked">Which of them count for nothing.</param>
    /// <param name="organisations">The keys of organisations that the operator trusts.</param>
    public AttestationBook(TrustAnchors anchors, BlockList blocked, IEnumerable<MeshKey> organisations)
    {
        _judge = new CardJudge(anchors, blocked);
        _blocked = blocked;
        _organisations = [.. organisations];
    }

    /// <summary>How many keys something speaks for.</summary>
    public int Count => _subjects.Count;

    /// <summary>How many certificates were read and checked so far; one that was judged before costs nothing.</summary>
    public int CertificatesChecked => _judge.Checked;

    /// <inheritdoc/>
    public bool Take(FappRecordType type, ReadOnlySpan<byte> author, ReadOnlySpan<byte> body)
    {
        if (author.Length != MeshKey.Size || type is not (FappRecordType.Attestation or FappRecordType.Revocation)
            || Claim.TryRead(body) is not { } claim)
            return false;
        MeshKey key = MeshKey.Read(author);
        return type == FappRecordType.Attestation ? TakeAttestation(key, claim, body) : TakeRevocation(key, claim);
    }

    /// <inheritdoc/>
    public Level Of(ReadOnlySpan<byte> author, ReadOnlySpan<byte> attestation, long? unixSeconds) =>
        StandingOf(MeshKey.Read(author), attestation, unixSeconds).Level;

    /// <inheritdoc/>
    public IReadOnlyList<MeshKey> RivalsOf(ReadOnlySpan<byte> author, long? unixSeconds) =>
        unixSeconds is { } now ? RivalsOf(MeshKey.Read(author), now) : [];

    /// <summary>Where a key stands.</summary>
    /// <param name="author">The key.</param>
    /// <param name="attestation">The attestation that its announce names; a card's counts only if it is this
    /// one.</param>
    /// <param name="unixSeconds">The time; null without a clock.</param>
    public Standing StandingOf(MeshKey author, ReadOnlySpan<byte> attestation, long? unixSeconds)
    {
        if (_blocked.Has(author))
            return new Standing(Level.None, AttestationFault.Blocked);
        if (!_subjects.TryGetValue(author, out Credentials? credentials))
            return default;
        if (unixSeconds is not { } now)
            return new Standing(Level.None, AttestationFault.NoClock);
        Standing best = default;
        foreach (Vouch vouch in credentials.Vouches)
            best = Better(best, FaultOf(vouch, author, now), Level.List, vouch.Organisation);
        bool contested = false;
        foreach (CardCredential card in credentials.Cards)
        {
            AttestationFault fault = FaultOf(card, author, now);
            contested |= fault == AttestationFault.None && FirstRival(card, author, now) is not null;
            if (attestation.SequenceEqual(card.BodyHash))
                best = Better(best, fault, card.Card.Level, organisation: null);
        }

        return contested ? new Standing(Level.Contested, AttestationFault.Contested) : best;
    }

    /// <summary>
    /// Other living keys that have an attestation of a card that this key has one of. A practice's node asks for its
    /// own key: the answer should be empty, and whatever is in it was not made by this node.
    /// </summary>
    public IReadOnlyList<MeshKey> RivalsOf(MeshKey key, long unixSeconds)
    {
        if (!_subjects.TryGetValue(key, out Credentials? credentials))
            return [];
        var rivals = new List<MeshKey>();
        foreach (CardCredential card in credentials.Cards)
        {
            if (FaultOf(card, key, unixSeconds) != AttestationFault.None)
                continue;
            foreach (MeshKey other in KeysOf(card))
            {
                if (other != key && !rivals.Contains(other) && IsLivingKeyOf(other, card, unixSeconds))
                    rivals.Add(other);
            }
        }

        return rivals;
    }

    private bool TakeAttestation(MeshKey author, Claim claim, ReadOnlySpan<byte> body)
    {
        if (claim.Until - claim.From >= Statement.MaxDays)
            return false;
        if (!claim.IsByCard)
        {
            if (_organisations.Contains(author) && claim.Subject is { } vouched && CredentialsOf(vouched) is { } known)
                known.Set(new Vouch(author, claim.From, claim.Until));
            return true;
        }

        if (claim.Subject is not null)
            return false;
        AttestationFault fault = _judge.Judge(StatementKind.Attest, claim, author, out CardFacts? facts);
        if (fault == AttestationFault.None && facts is not null && CredentialsOf(author) is { } credentials)
        {
            credentials.Add(new CardCredential(facts, claim.From, claim.Until, Claim.HashOf(body)));
            Remember(facts.Certificate, author);
            Remember(facts.Holder, author);
        }

        return fault is not (AttestationFault.StatementSignature or AttestationFault.Malformed);
    }

    private bool TakeRevocation(MeshKey author, Claim claim)
    {
        if (claim.Subject is not { } subject)
            return false;
        if (claim.IsByCard)
        {
            AttestationFault fault = _judge.Judge(StatementKind.Revoke, claim, subject, out CardFacts? facts);
            if (fault == AttestationFault.None && facts is not null)
                _revocations.AddCard(facts, subject, claim.Until);
            return fault is not (AttestationFault.StatementSignature or AttestationFault.Malformed);
        }

        if (author == subject)
            _revocations.AddKey(author, claim.Until);
        else if (_organisations.Contains(author))
            _revocations.AddOrganisation(author, subject, claim.Until);
        return true;
    }

    private Credentials? CredentialsOf(MeshKey subject)
    {
        if (!_subjects.TryGetValue(subject, out Credentials? credentials) && _subjects.Count < MaxSubjects)
            _subjects[subject] = credentials = new Credentials();
        return credentials;
    }

    private void Remember(CardHash card, MeshKey key)
    {
        if (!_keysOfCard.TryGetValue(card, out List<MeshKey>? keys))
            _keysOfCard[card] = keys = [];
        if (keys.Count < MaxKeysOfCard && !keys.Contains(key))
            keys.Add(key);
    }

    private IEnumerable<MeshKey> KeysOf(CardCredential card) =>
        _keysOfCard.GetValueOrDefault(card.Card.Certificate, [])
            .Concat(_keysOfCard.GetValueOrDefault(card.Card.Holder, []));

    private MeshKey? FirstRival(CardCredential card, MeshKey author, long now)
    {
        foreach (MeshKey other in KeysOf(card))
        {
            if (other != author && IsLivingKeyOf(other, card, now))
                return other;
        }

        return null;
    }

    private bool IsLivingKeyOf(MeshKey key, CardCredential card, long now) =>
        _subjects.TryGetValue(key, out Credentials? credentials) && credentials.Cards.Any(c =>
            (c.Card.Certificate == card.Card.Certificate || c.Card.Holder == card.Card.Holder)
            && FaultOf(c, key, now) == AttestationFault.None);

    private AttestationFault FaultOf(CardCredential card, MeshKey subject, long now) =>
        _revocations.Covers(card, subject) ? AttestationFault.Revoked : card.At(now);

    private AttestationFault FaultOf(Vouch vouch, MeshKey subject, long now) =>
        _revocations.Covers(vouch, subject) ? AttestationFault.Revoked : vouch.At(now);

    private static Standing Better(Standing best, AttestationFault fault, Level level, MeshKey? organisation) =>
        fault != AttestationFault.None
            ? best.Level == Level.None && best.Fault == AttestationFault.None ? best with { Fault = fault } : best
            : level > best.Level ? new Standing(level, AttestationFault.None, organisation) : best;
}
