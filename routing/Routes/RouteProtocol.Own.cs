using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// This node's own announce and its sequence.
internal sealed partial class RouteProtocol
{
    private readonly TokenBucket _sequenceRate;
    private uint _sequence;
    private Announce? _own;
    private Announce? _restoredOwn;
    private Instant _refreshDue = Instant.Never;
    private Instant _publishedAt;
    private Instant _sequenceDue = Instant.Never;

    private Announce OwnAnnounce
    {
        get
        {
            EnsureStarted();
            return _own;
        }
    }

    /// <inheritdoc/>
    public void RestoreAnnounce(Announce announce)
    {
        if (announce.Address == _self)
        {
            _restoredOwn = announce;
            return;
        }

        Abbreviation name = Abbreviation.Of(announce.Address);
        if (_destinations.Find(name) >= 0 || _signed >= MaxSigned || _destinations.Count >= MaxNames)
            return;
        int index = _destinations.Add(name);
        _destinations[index].Announce = announce;
        _destinations[index].UnreachableSince = Seconds(_now);
        _destinations.ClaimOf(index).IsUseful = _kept.Contains(name);
        _signed++;
        ScheduleExpiry();
    }

    /// <inheritdoc/>
    public void Reannounce(Instant now)
    {
        _now = now;
        if (_own is not null)
            Raise(_sequence + 1);
    }

    /// <summary>
    /// The first announce. A restart that changed nothing goes on with the sequence it had: Ed25519 signatures are
    /// deterministic, so it is the same announce and nobody has to fetch it again.
    /// </summary>
    [MemberNotNull(nameof(_own))]
    private void EnsureStarted()
    {
        if (_own is not null)
            return;
        if (_restoredOwn is { } restored && restored.Sequence >= _sequence)
        {
            _sequence = restored.Sequence;
            Announce again = _source.Create(_sequence);
            if (again.Bytes.SequenceEqual(restored.Bytes))
            {
                Publish(again);
                return;
            }
        }

        Raise(_sequence + 1);
    }

    [MemberNotNull(nameof(_own))]
    private void Raise(uint sequence)
    {
        _sequence = sequence;
        _actions.PersistSequence(sequence);
        Announce announce = _source.Create(sequence);
        if (_own is null || !SaysTheSame(_own, announce))
            _actions.PersistAnnounce(_self, sequence, announce.Bytes);
        Counters.Add(RouteCounter.SequencesRaised);
        Publish(announce);
    }

    [MemberNotNull(nameof(_own))]
    private void Publish(Announce announce)
    {
        _own = announce;
        _publishedAt = _now;
        _refreshDue = _now + Jittered(_options.SequenceRefresh);
        _sequenceDue = Instant.Never;
        SetAdvertised(Self, ref _destinations[Self], new Distance((ushort)_sequence, Metric.Zero), Urgency.Now);
    }

    /// <summary>Others know a later announce of this node than itself: continue above it.</summary>
    private void OwnAnnounceHeard(Announce announce)
    {
        if (_fetches.TryGetValue(Self, out Fetch fetch))
            EndFetch(Self, fetch);
        if (announce.Address == _self && announce.Sequence > _sequence && announce.Sequence < uint.MaxValue)
            Raise(announce.Sequence + 1);
    }

    /// <summary>Somebody needs a fresh sequence. Raising it costs every node an announce, so it is rationed.</summary>
    private void RaiseOnRequest()
    {
        if (_sequenceRate.TryTake(_now, 1))
            Raise(_sequence + 1);
        else if (_sequenceDue == Instant.Never)
            _sequenceDue = _sequenceRate.WhenAvailable(_now, 1);
    }

    private void RaiseWhenDue()
    {
        if (_sequenceDue <= _now)
        {
            _sequenceDue = Instant.Never;
            RaiseOnRequest();
        }

        if (_refreshDue > _now)
            return;
        // How many there are shows only after a while.
        TimeSpan interval = _options.SequenceRefreshPerNode * _signed;
        if (interval > _options.SequenceRefresh && _now - _publishedAt < interval * LeastJitter)
            _refreshDue = _publishedAt + Jittered(interval);
        else
            Raise(_sequence + 1);
    }
}
