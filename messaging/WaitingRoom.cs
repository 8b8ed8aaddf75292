using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// Envelopes that cannot be opened yet, because their epoch or their sender is not known: the rekey or roster that
/// names it may be on its way. Anybody can send such envelopes, also whoever has seen one of a group, so each
/// conversation has room of its own, and those that fit none have another. Where one is full, the oldest of the source
/// that has most in it gives way to another source, and to no other. Each is written to disk, so a room is filled anew
/// once an hour at most, however many come, and half of that for one source.
/// </summary>
internal sealed class WaitingRoom
{
    /// <summary>How long to wait: as long as four attempts of a sender take, and then some. Arbitrary.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <summary>Envelopes in one room. Arbitrary.</summary>
    internal const int MaxEnvelopes = 64;

    /// <summary>Bytes in one room. Arbitrary.</summary>
    internal const int MaxBytes = 64 << 10;

    /// <summary>
    /// How often a room may be filled before it has to wait: it is filled once more in each <see cref="Patience"/>.
    /// </summary>
    private const int Burst = 2;

    private readonly List<Place> _places = [];
    private readonly Dictionary<ConversationId, Writing> _written = [];
    private readonly Writing _writtenForNone = new();

    internal int Count => _places.Count;

    /// <summary>When the first of them has waited long enough.</summary>
    internal Instant NextDue
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Place place in _places)
                next = Instant.Min(next, place.Until);
            return next;
        }
    }

    /// <summary>Those that may belong to a conversation: its own and those that fitted none.</summary>
    internal IReadOnlyList<WaitingEnvelope> For(ConversationId conversation) =>
        _places.FindAll(p => p.Waiting.Conversation is null || p.Waiting.Conversation == conversation)
            .ConvertAll(p => p.Waiting);

    /// <summary>
    /// Tells whether one may be taken in and written; it is charged to its room. One that is here already costs
    /// nothing.
    /// </summary>
    internal bool MayWrite(Instant now, in WaitingEnvelope waiting)
    {
        EnvelopeId id = waiting.Id;
        if (waiting.Envelope.Length > MaxBytes || _places.Exists(p => p.Waiting.Id == id))
            return true;
        if (!IsFull(waiting, out IReadOnlyList<Place> room) || Yielding(room, waiting) is not null)
        {
            Writing? written = _writtenForNone;
            if (waiting.Conversation is { } conversation && !_written.TryGetValue(conversation, out written))
                _written.Add(conversation, written = new Writing());
            return written.TryTake(now, waiting.Source, waiting.Envelope.Length);
        }

        return false;
    }

    /// <summary>
    /// Keeps an envelope that cannot be opened yet, within a transaction. It is taken without a receipt: that follows
    /// when it opens, or with the sender's next attempt.
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="arrival">The envelope.</param>
    /// <param name="conversation">The conversation that it seems to belong to; null if none fits.</param>
    /// <param name="source">Whose share of a room it counts to.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="answer">Answers for it once that is written, or not.</param>
    /// <param name="gaveWay">Those that gave way to it.</param>
    internal Aside Keep(
        Instant now, Arrival arrival, ConversationId? conversation, ulong source, MessageTransaction transaction,
        Action<Instant, DeliveryOutcome> answer, out IReadOnlyList<WaitingEnvelope> gaveWay)
    {
        var waiting = new WaitingEnvelope(
            arrival.Id, conversation, Patience, SentEnvelope.Join(arrival.Header, arrival.Payload.Span), source);
        gaveWay = [];
        if (!MayWrite(now, waiting))
            return Aside.NoRoom;
        bool isNew = TryAdd(now, waiting, out gaveWay);
        if (isNew)
        {
            transaction.PutAside(waiting);
            transaction.WhenFailed(_ => Remove(waiting.Id));
        }

        transaction.WhenWritten(at =>
        {
            bool refused = transaction.IsRefused(waiting.Id);
            if (refused)
                Remove(waiting.Id);
            answer(at, refused ? DeliveryOutcome.StoreFull : DeliveryOutcome.Accepted);
        });
        transaction.WhenFailed(at => answer(at, DeliveryOutcome.StoreFull));
        return isNew ? Aside.Kept : Aside.WasThere;
    }

    /// <summary>A conversation was left: what is remembered about its room is forgotten.</summary>
    internal void Forget(ConversationId conversation) => _written.Remove(conversation);

    /// <summary>Takes back what is on disk.</summary>
    internal void Restore(Instant now, WaitingEnvelope waiting) => _ = TryAdd(now, waiting, out _);

    /// <summary>
    /// Takes one in; false if it is here already, larger than a room, or of the source that has most in a full one.
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="waiting">The envelope, and how long it stays.</param>
    /// <param name="gone">Those that gave way.</param>
    internal bool TryAdd(Instant now, WaitingEnvelope waiting, out IReadOnlyList<WaitingEnvelope> gone)
    {
        gone = [];
        if (waiting.Envelope.Length > MaxBytes || _places.Exists(p => p.Waiting.Id == waiting.Id))
            return false;
        var away = new List<WaitingEnvelope>();
        while (IsFull(waiting, out IReadOnlyList<Place> room))
        {
            if (Yielding(room, waiting) is not { } oldest)
                return false;
            away.Add(oldest.Waiting);
            _places.Remove(oldest);
        }

        _places.Add(new Place(waiting, now + waiting.LifetimeLeft));
        gone = away;
        return true;
    }

    private bool IsFull(WaitingEnvelope waiting, out IReadOnlyList<Place> room)
    {
        List<Place> inIt = _places.FindAll(p => p.Waiting.Conversation == waiting.Conversation);
        room = inIt;
        return inIt.Count >= MaxEnvelopes || inIt.Sum(static p => (long)p.Waiting.Envelope.Length)
            + waiting.Envelope.Length > MaxBytes;
    }

    /// <summary>
    /// The oldest of the source that has most, if that has more than the newcomer's would have; else null.
    /// </summary>
    private static Place? Yielding(IReadOnlyList<Place> room, in WaitingEnvelope waiting)
    {
        var shares = new Dictionary<ulong, (int Count, long Bytes)> { [waiting.Source] = (1, waiting.Envelope.Length) };
        foreach (Place place in room)
        {
            (int count, long bytes) = shares.GetValueOrDefault(place.Waiting.Source);
            shares[place.Waiting.Source] = (count + 1, bytes + place.Waiting.Envelope.Length);
        }

        (int Count, long Bytes) own = shares[waiting.Source];
        bool byCount = room.Count >= MaxEnvelopes;
        ulong largest = shares.MaxBy(s => byCount ? s.Value.Count : s.Value.Bytes).Key;
        (int Count, long Bytes) most = shares[largest];
        return (byCount ? most.Count > own.Count : most.Bytes > own.Bytes)
            ? room.First(p => p.Waiting.Source == largest) : null;
    }

    internal void Remove(in EnvelopeId id)
    {
        EnvelopeId wanted = id;
        _places.RemoveAll(p => p.Waiting.Id == wanted);
    }

    /// <summary>Takes out those whose time is over.</summary>
    internal IReadOnlyList<WaitingEnvelope> TakeOverdue(Instant now)
    {
        List<WaitingEnvelope> over = _places.FindAll(p => p.Until <= now).ConvertAll(p => p.Waiting);
        _places.RemoveAll(p => p.Until <= now);
        return over;
    }

    /// <summary>What became of an envelope that was to be put aside.</summary>
    internal enum Aside
    {
        /// <summary>It is kept.</summary>
        Kept,

        /// <summary>It was here already, or is larger than a room: it is answered for, and not kept again.</summary>
        WasThere,

        /// <summary>
        /// Its room has been filled too often. Its sender, if it is an honest one, has no receipt and tries again.
        /// </summary>
        NoRoom,
    }

    private sealed record Place(WaitingEnvelope Waiting, Instant Until);

    /// <summary>What may still be written for one room: by each source, and in all. It comes back steadily.</summary>
    private sealed class Writing
    {
        /// <summary>Sources that are counted one by one; the others share. Arbitrary.</summary>
        private const int MaxSources = 16;

        private readonly Purse _all = new(share: 1);
        private readonly Purse _others = new(share: 2);
        private readonly Dictionary<ulong, Purse> _sources = [];

        internal bool TryTake(Instant now, ulong source, int bytes)
        {
            TimeSpan at = new(now.Ticks);
            if (!_sources.TryGetValue(source, out Purse? own))
                own = _sources.Count < MaxSources ? _sources[source] = new Purse(share: 2) : _others;
            if (!own.Has(at, bytes) || !_all.Has(at, bytes))
                return false;
            own.Take(at, bytes);
            _all.Take(at, bytes);
            return true;
        }
    }

    private sealed class Purse(int share)
    {
        private readonly Allowance _envelopes = new(Burst * MaxEnvelopes / share, Burst * Patience);
        private readonly Allowance _bytes = new(Burst * MaxBytes / share, Burst * Patience);

        internal bool Has(TimeSpan at, int bytes) => _bytes.Has(at, bytes) && _envelopes.Has(at, 1);

        internal void Take(TimeSpan at, int bytes)
        {
            _envelopes.Owe(at, 1);
            _bytes.Owe(at, bytes);
        }
    }
}
