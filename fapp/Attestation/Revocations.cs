namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>
/// What was taken back, and up to which day: what began on that day or before counts no more. Keys that revoke
/// themselves are free to make, so their number is bounded; cards and trusted organisations are not.
/// </summary>
internal sealed class Revocations
{
    // Arbitrary.
    private const int MaxKeys = 4096, MaxByCard = 16_384, MaxByOrganisation = 65_536;

    private readonly Dictionary<MeshKey, ushort> _keys = [];
    private readonly Queue<MeshKey> _order = [];
    private readonly Dictionary<(CardHash Card, MeshKey Subject), ushort> _byCard = [];
    private readonly Dictionary<(MeshKey Organisation, MeshKey Subject), ushort> _byOrganisation = [];

    /// <summary>A key takes back all that is said of it.</summary>
    internal void AddKey(MeshKey key, ushort day)
    {
        if (_keys.TryGetValue(key, out ushort known))
        {
            _keys[key] = Math.Max(day, known);
            return;
        }

        if (_keys.Count >= MaxKeys)
            _keys.Remove(_order.Dequeue());
        _keys[key] = day;
        _order.Enqueue(key);
    }

    /// <summary>A card takes back what it, or another card of its holder, said of a key.</summary>
    internal void AddCard(CardFacts card, MeshKey subject, ushort day)
    {
        Raise(_byCard, (card.Certificate, subject), day, MaxByCard);
        Raise(_byCard, (card.Holder, subject), day, MaxByCard);
    }

    /// <summary>An organisation takes back what it said of a key.</summary>
    internal void AddOrganisation(MeshKey organisation, MeshKey subject, ushort day) =>
        Raise(_byOrganisation, (organisation, subject), day, MaxByOrganisation);

    /// <summary>Whether a key took itself back after this day.</summary>
    internal bool CoversKey(MeshKey key, ushort from) => _keys.TryGetValue(key, out ushort day) && from <= day;

    /// <summary>Whether a card's attestation of a key was taken back.</summary>
    internal bool Covers(CardCredential credential, MeshKey subject) =>
        CoversKey(subject, credential.From)
        || IsRaised(_byCard, (credential.Card.Certificate, subject), credential.From)
        || IsRaised(_byCard, (credential.Card.Holder, subject), credential.From);

    /// <summary>Whether an organisation's word for a key was taken back, or the organisation itself is.</summary>
    internal bool Covers(Vouch vouch, MeshKey subject) =>
        CoversKey(subject, vouch.From) || CoversKey(vouch.Organisation, vouch.From)
        || IsRaised(_byOrganisation, (vouch.Organisation, subject), vouch.From);

    private static bool IsRaised<T>(Dictionary<T, ushort> table, T key, ushort from) where T : notnull =>
        table.TryGetValue(key, out ushort day) && from <= day;

    private static void Raise<T>(Dictionary<T, ushort> table, T key, ushort day, int most) where T : notnull
    {
        if (table.TryGetValue(key, out ushort known))
            table[key] = Math.Max(day, known);
        else if (table.Count < most)
            table[key] = day;
    }
}
