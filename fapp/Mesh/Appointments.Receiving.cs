using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Queries;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <content>Records and envelopes that come in.</content>
public sealed partial class Appointments
{
    /// <summary>
    /// New slots that wait to be compared with standing searches; arbitrary. What is beyond is found by a search.
    /// </summary>
    private const int MaxFresh = 1024;

    private readonly List<SlotOffer> _fresh = [];
    private readonly HashSet<MeshKey> _rivals = [];
    private bool _looksForRivals;

    /// <summary>A record is new here, and its signature holds.</summary>
    public GossipJudgement Judge(Instant now, in GossipId id, in GossipRecord record)
    {
        if (_options.Mode == FappMode.Off || !Store.Follows(record.Topic)
            || !FappRecord.TryRead(record, out FappRecord read))
            return GossipVerdict.NotMine;
        FappTime time = TimeAt(now);
        return TakeRecord(read, record, time);
    }

    private GossipJudgement TakeRecord(in FappRecord read, in GossipRecord record, FappTime time)
    {
        switch (Store.Take(read, time, out IReadOnlyList<SlotOffer>? fresh))
        {
            case Taking.NotFollowed or Taking.Old:
                return GossipVerdict.NotMine;
            case Taking.Refused:
                Counters.RecordsRefused++;
                return GossipVerdict.Refused;
            case Taking.Taken:
                Counters.RecordsTaken++;
                break;
        }

        if (read.Author.SequenceEqual(_context.Identity.PublicKey.Span))
            OwnRecordCame(read.Type, read.Sequence);
        if (read.Type is FappRecordType.Attestation or FappRecordType.Revocation)
            LookForRivals();
        if (fresh is { Count: > 0 } && _watches.Count > 0)
            NoteFresh(fresh);
        if (read.Type == FappRecordType.Answers)
            AnswersCame(record.Bytes);
        // Only records of authors for whom somebody vouches have this node's own share: identities are free.
        return IsVouched(read, time) ? GossipVerdict.Mine : GossipVerdict.NotMine;
    }

    /// <inheritdoc/>
    public Arrival Take(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
        new(
            token, id, header,
            payload.Length is ForwardedRequest.Size or ForwardedRequest.PassedOnSize
                || QueryRoute.IsSize(payload.Length)
                ? payload.ToArray() : default);

    /// <inheritdoc/>
    public void Received(Instant now, Arrival arrival, MessageTransaction transaction)
    {
        FappTime time = TimeAt(now);
        FappPayload kind = _options.Mode == FappMode.Off || arrival.Payload.IsEmpty ? 0
            : (FappPayload)arrival.Payload.Span[0];
        switch (kind)
        {
            case FappPayload.Forward:
                ReceivedForward(time, arrival, transaction);
                break;
            case FappPayload.Request:
                ReceivedRequest(time, arrival, transaction);
                break;
            case FappPayload.Ask:
                ReceivedAsk(time, arrival, transaction);
                break;
            case FappPayload.Query:
                ReceivedQuery(time, arrival, transaction);
                break;
            case FappPayload.AnswerToForward:
                ReceivedAnswerToForward(time, arrival, transaction);
                break;
            case FappPayload.Answer:
                ReceivedAnswer(time, arrival, transaction);
                break;
            default:
                Reject(arrival, transaction);
                break;
        }
    }

    private void ReceivedForward(FappTime now, Arrival arrival, MessageTransaction transaction)
    {
        if (!ForwardedRequest.TryUnwrap(_context.Identity, arrival.Payload.Span, out NodeAddress practice,
            out byte[]? passedOn))
        {
            Reject(arrival, transaction);
            return;
        }

        if (passedOn is null)
        {
            Counters.DummiesDropped++;
            if (_options.Mode == FappMode.Relay && Decoy() is { } decoy)
                Forward(arrival, decoy.To, decoy.Payload, now, transaction, isDecoy: true);
            else
                Finish(arrival.Token, transaction);
            return;
        }

        if (_options.Mode != FappMode.Relay)
        {
            Reject(arrival, transaction);
            return;
        }

        Forward(arrival, practice, passedOn, now, transaction);
    }

    /// <summary>
    /// What goes to some practice where a dummy came: a request for a slot that nobody offers. So something leaves a
    /// forwarder after whatever came to it, and only the practice knows what it was.
    /// </summary>
    private (NodeAddress To, byte[] Payload)? Decoy() =>
        Store.Draw(_context.Random, except: _context.Identity.PublicKey.Span) is { } practice
            ? (NodeAddress.Of(practice.Author),
                ForwardedRequest.MakeDecoy(practice.Author, practice.Announce, _context.Random)) : null;

    private void ReceivedRequest(FappTime now, Arrival arrival, MessageTransaction transaction)
    {
        ReadOnlySpan<byte> request = arrival.Payload.Span[1..];
        foreach (PracticeDesk desk in _practices.Values)
        {
            if (desk.Receive(request, _clock.Read(now)) == RequestOutcome.NotMine)
                continue;
            Counters.Requests++;
            Persist(now, transaction);
            Finish(arrival.Token, transaction);
            return;
        }

        Reject(arrival, transaction);
    }

    private void Finish(long token, MessageTransaction transaction)
    {
        transaction.WhenWritten(
            at => _context.Router.DeliveryDone(at, token, DeliveryOutcome.Accepted, default, default));
        transaction.WhenFailed(
            at => _context.Router.DeliveryDone(at, token, DeliveryOutcome.StoreFull, default, default));
    }

    private void Reject(Arrival arrival, MessageTransaction transaction)
    {
        Counters.Rejected++;
        transaction.WhenOver(
            at => _context.Router.DeliveryDone(at, arrival.Token, DeliveryOutcome.Rejected, default, default));
    }

    private void OwnRecordCame(FappRecordType type, ulong sequence)
    {
        if (type is not (FappRecordType.Announce or FappRecordType.Answers)
            || _practices.Values.All(d => d.Sequence >= sequence))
            return;
        _work(new Work((now, transaction) =>
        {
            foreach (PracticeDesk desk in _practices.Values)
                desk.SequenceSeen(sequence);
            Persist(TimeAt(now), transaction);
        }));
    }

    /// <summary>
    /// Somebody's card speaks for another key, or no more: if it is the card of this node's practice, its owner is
    /// told.
    /// </summary>
    private void LookForRivals()
    {
        if (_looksForRivals)
            return;
        _looksForRivals = true;
        _work(new Work((now, _) =>
        {
            _looksForRivals = false;
            TellRivals(TimeAt(now));
        }));
    }

    /// <summary>Each once, unless it went and came again.</summary>
    private void TellRivals(FappTime now)
    {
        IReadOnlyList<MeshKey> rivals = _levels.RivalsOf(_context.Identity.PublicKey.Span, now.Unix);
        _rivals.IntersectWith(rivals);
        foreach (MeshKey rival in rivals)
        {
            if (_rivals.Add(rival))
                _context.Events.Publish(new RivalSeen(rival, _context.Time.GetUtcNow()));
        }
    }

    private void AnswersCame(ReadOnlySpan<byte> bytes)
    {
        if (_patient.Reservations.Count == 0)
            return;
        byte[] record = bytes.ToArray();
        _work(new Work((now, transaction) =>
        {
            if (!GossipRecord.TryRead(record, out GossipRecord gossip)
                || !FappRecord.TryRead(gossip, out FappRecord read)
                || !SlotConfirm.TryRead(read.Body, out SlotConfirm confirm))
                return;
            _patient.AnswersCame(record, read, confirm);
            Persist(TimeAt(now), transaction);
        }));
    }

    private void NoteFresh(IReadOnlyList<SlotOffer> fresh)
    {
        bool isFirst = _fresh.Count == 0;
        _fresh.AddRange(fresh.Take(MaxFresh - _fresh.Count));
        if (isFirst)
            _work(new Work((now, _) => TellWatchers(TimeAt(now))));
    }

    private void TellWatchers(FappTime now)
    {
        DateTimeOffset at = _context.Time.GetUtcNow();
        foreach (Watch watch in _watches.Values)
        {
            foreach (SlotOffer offer in Store.Filter(watch.Filter, _fresh, now))
                _context.Events.Publish(new WatchFound(watch.Number, offer, at));
        }

        _fresh.Clear();
    }

    /// <summary>
    /// An author has few places for announces and answers, and any number for what it says of itself: of that only
    /// what its announce names.
    /// </summary>
    private bool IsVouched(in FappRecord read, FappTime now)
    {
        if (read.Type == FappRecordType.Revocation
            || read.Type == FappRecordType.Attestation && !Store.Names(read.Author, read.Body))
            return false;
        foreach (Patient.Reservation reservation in _patient.Reservations)
        {
            if (read.Author.SequenceEqual(reservation.Author))
                return true;
        }

        return Store.LevelOf(read.Author, now) > Level.Contested;
    }
}
