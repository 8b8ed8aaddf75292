using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// This node's own announce and its sequence: when a new one is signed, and what of it is written down. Each costs
/// every node of the network a record, so those that others ask for are rationed.
/// </summary>
internal sealed class OwnSequence
{
    // Whoever asks for a sequence every few seconds makes this node write one in so many.
    private const uint Reserved = 32;

    private readonly RouteOptions _options;
    private readonly NodeAddress _self;
    private readonly IAnnounceSource _source;
    private readonly IRouterActions _actions;
    private readonly RouteCounters _counters;
    private readonly Random _random;
    private readonly Action _published;
    private readonly TokenBucket _rate;
    private uint _persisted;
    private Announce? _announce;
    private Announce? _restored;
    private Instant _publishedAt;
    private Instant _refreshDue = Instant.Never;
    private Instant _requestDue = Instant.Never;

    /// <summary>Announces nothing yet.</summary>
    /// <param name="options">Tuning.</param>
    /// <param name="self">This node's address.</param>
    /// <param name="source">Signs.</param>
    /// <param name="lastSequence">The sequence that was persisted last; 0 for a new node.</param>
    /// <param name="actions">Where what must be kept goes.</param>
    /// <param name="counters">Where it is counted.</param>
    /// <param name="random">Jitter.</param>
    /// <param name="published">Called when there is a new announce: it is news.</param>
    /// <param name="now">The present.</param>
    public OwnSequence(
        RouteOptions options, in NodeAddress self, IAnnounceSource source, uint lastSequence, IRouterActions actions,
        RouteCounters counters, Random random, Action published, Instant now)
    {
        _options = options;
        _self = self;
        _source = source;
        _actions = actions;
        _counters = counters;
        _random = random;
        _published = published;
        _rate = new TokenBucket(1 / options.SequenceInterval.TotalSeconds, options.SequenceBurst, now);
        Current = lastSequence;
        _persisted = lastSequence;
    }

    /// <summary>The sequence of the announce that is out, or of the last one before a restart.</summary>
    public uint Current { get; private set; }

    /// <summary>Its low 16 bits, as updates carry them.</summary>
    public ushort Low => (ushort)Current;

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public Instant Due => Instant.Min(_refreshDue, _requestDue);

    /// <summary>This node's announce; the first time, it is signed.</summary>
    public Announce Announce(Instant now)
    {
        EnsureStarted(now);
        return _announce;
    }

    /// <summary>The announce of this node that was kept before a restart.</summary>
    public void Restore(Announce announce) => _restored = announce;

    /// <summary>
    /// The first announce. A restart that changed nothing goes on with the sequence it had: Ed25519 signatures are
    /// deterministic, so it is the same announce and nobody has to fetch it again.
    /// </summary>
    [MemberNotNull(nameof(_announce))]
    public void EnsureStarted(Instant now)
    {
        if (_announce is not null)
            return;
        if (_restored is { } restored && restored.Sequence >= Current)
        {
            Current = restored.Sequence;
            _persisted = Math.Max(_persisted, Current);
            Announce again = _source.Create(Current);
            if (again.Bytes.SequenceEqual(restored.Bytes))
            {
                Publish(now, again);
                return;
            }
        }

        Raise(now, Current + 1);
    }

    /// <summary>What the announce says has changed.</summary>
    public void Renew(Instant now)
    {
        if (_announce is not null)
            Raise(now, Current + 1);
    }

    /// <summary>Others know a later announce of this node than itself: it continues above.</summary>
    public void Heard(Instant now, Announce announce)
    {
        if (announce.Address == _self && announce.Sequence > Current && announce.Sequence < uint.MaxValue)
            Raise(now, announce.Sequence + 1);
    }

    /// <summary>Somebody needs a fresh sequence.</summary>
    public void Requested(Instant now)
    {
        if (_rate.TryTake(now, 1))
            Raise(now, Current + 1);
        else if (_requestDue == Instant.Never)
            _requestDue = _rate.WhenAvailable(now, 1);
    }

    /// <summary>Raises the sequence where somebody waits for it, or where it has been out for long.</summary>
    /// <param name="now">When.</param>
    /// <param name="known">How many nodes are known: the more, the more seldom.</param>
    public void Tick(Instant now, int known)
    {
        if (_requestDue <= now)
        {
            _requestDue = Instant.Never;
            Requested(now);
        }

        if (_refreshDue > now)
            return;

        // How many there are shows only after a while.
        TimeSpan interval = _options.SequenceRefreshPerNode * known;
        if (interval > _options.SequenceRefresh && now - _publishedAt < interval * RouteProtocol.LeastJitter)
            _refreshDue = _publishedAt + Jittered(interval);
        else
            Raise(now, Current + 1);
    }

    [MemberNotNull(nameof(_announce))]
    private void Raise(Instant now, uint sequence)
    {
        // The first one after a start is kept as it is: a restart that changes nothing continues with it.
        if (sequence > _persisted)
        {
            _persisted = _announce is null ? sequence : sequence + Math.Min(Reserved, uint.MaxValue - sequence);
            _actions.PersistSequence(_persisted);
        }

        Announce announce = _source.Create(sequence);
        Current = sequence;
        if (_announce is null || !RouteProtocol.SaysTheSame(_announce, announce))
            _actions.PersistAnnounce(_self, sequence, announce.Bytes);
        _counters.Add(RouteCounter.SequencesRaised);
        Publish(now, announce);
    }

    [MemberNotNull(nameof(_announce))]
    private void Publish(Instant now, Announce announce)
    {
        _announce = announce;
        _publishedAt = now;
        _refreshDue = now + Jittered(_options.SequenceRefresh);
        _requestDue = Instant.Never;
        _published();
    }

    private TimeSpan Jittered(TimeSpan span) => RouteProtocol.Jittered(span, _random);
}
