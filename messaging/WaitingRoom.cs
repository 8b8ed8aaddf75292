using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// Envelopes that cannot be opened yet, because their epoch or their sender is not known: the rekey or roster that
/// names it may be on its way. Anybody can send such envelopes, so each conversation has room of its own, and those
/// that fit none have another; where one is full, the oldest in it gives way. Each is written to disk, so a room is
/// filled
/// anew once an hour at most, however many come.
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
    private readonly Dictionary<ConversationId, Allowance> _written = [];
    private readonly Allowance _writtenForNone = new();

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
        Allowance? allowance = _writtenForNone;
        if (waiting.Conversation is { } conversation && !_written.TryGetValue(conversation, out allowance))
            _written.Add(conversation, allowance = new Allowance());
        return allowance.TryTake(now, waiting.Envelope.Length);
    }

    /// <summary>A conversation was left: what is remembered about its room is forgotten.</summary>
    internal void Forget(ConversationId conversation) => _written.Remove(conversation);

    /// <summary>Takes back what is on disk.</summary>
    internal void Restore(Instant now, WaitingEnvelope waiting) => _ = TryAdd(now, waiting, out _);

    /// <summary>Takes one in; false if it is here already or larger than a room.</summary>
    /// <param name="now">When.</param>
    /// <param name="waiting">The envelope, and how long it stays.</param>
    /// <param name="gone">Those that gave way.</param>
    internal bool TryAdd(Instant now, WaitingEnvelope waiting, out IReadOnlyList<WaitingEnvelope> gone)
    {
        gone = [];
        if (waiting.Envelope.Length > MaxBytes || _places.Exists(p => p.Waiting.Id == waiting.Id))
            return false;
        var away = new List<WaitingEnvelope>();
        List<Place> room = _places.FindAll(p => p.Waiting.Conversation == waiting.Conversation);
        long bytes = waiting.Envelope.Length;
        foreach (Place place in room)
            bytes += place.Waiting.Envelope.Length;
        for (int i = 0; room.Count - i >= MaxEnvelopes || bytes > MaxBytes; i++)
        {
            bytes -= room[i].Waiting.Envelope.Length;
            away.Add(room[i].Waiting);
            _places.Remove(room[i]);
        }

        _places.Add(new Place(waiting, now + waiting.LifetimeLeft));
        gone = away;
        return true;
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

    private sealed record Place(WaitingEnvelope Waiting, Instant Until);

    /// <summary>What may still be written for one room; it comes back steadily.</summary>
    private sealed class Allowance
    {
        private readonly LiteAllowance _envelopes = new(Burst * MaxEnvelopes, Burst * Patience);
        private readonly LiteAllowance _bytes = new(Burst * MaxBytes, Burst * Patience);

        internal bool TryTake(Instant now, int bytes)
        {
            TimeSpan at = new(now.Ticks);
            return _bytes.Has(at, bytes) && _envelopes.TryTake(at) && _bytes.TryTake(at, bytes);
        }
    }
}
