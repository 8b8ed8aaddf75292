using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <content>What is due, and how it reaches disk and mesh.</content>
public sealed partial class Appointments
{
    /// <summary>Lifetimes of envelopes are drawn between these, so that they tell nothing.</summary>
    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromDays(2), LongestLifetime = TimeSpan.FromDays(4);

    /// <summary>
    /// Hops that an envelope begins with, fewer than the limit: a neighbour cannot tell that it began here.
    /// </summary>
    private const int HopsDrawn = 8;

    /// <summary>Where nobody can be sent anything, it is tried again so soon.</summary>
    private const long CoverAgain = FappTime.Minute;

    private Instant _lastTick;
    private readonly SteadyClock _clock = new();
    private bool _isCovered;
    private long _runningBase;

    /// <inheritdoc/>
    public void Tick(Instant now, MessageTransaction transaction)
    {
        _lastTick = now;
        if (_options.Mode == FappMode.Off)
            return;
        // What is kept may be this node's own, from before its files were put back: nothing is said until it is read.
        ReadOn(now);
        if (!_kept.IsOver)
            return;
        FappTime time = TimeAt(now), steady = _clock.Read(time);
        foreach (PracticeDesk desk in _practices.Values)
            desk.Tick(steady);
        TickClaims(steady, transaction);
        _patient.Tick(steady);
        Store.Prune(time);
        while (_forward.TryTake(time.Running, out WaitingForward forward))
            PassOn(forward, transaction);
        SendDue(time, transaction);
        TickQueries(time, transaction);
        TickFound(time, transaction);
        Persist(time, transaction);
    }

    private FappTime TimeAt(Instant now) =>
        new(_runningBase + (long)(now - _started).TotalSeconds, _records?.UnixSeconds);

    private void PassOn(WaitingForward forward, MessageTransaction transaction)
    {
        if (!forward.IsDecoy)
            Counters.Forwarded++;
        Send(forward.To, forward.Payload, transaction);
        Finish(forward.Token, transaction);
    }

    private bool TrySend(Reservation reservation, MessageTransaction transaction)
    {
        NodeAddress practice = reservation.Address;
        if (Forwarders.IsOnlyNeighbour(_context.Router, practice)
            || Forwarders.Draw(_context.Router, _context.Identity.Address, practice, IsOnlyRadio, _context.Random)
            is not { } forwarder
            || ForwardedRequest.Wrap(forwarder.PublicKey, practice, PatientDesk.MessageOf(reservation), _context.Random)
            is not { } payload)
            return false;
        Send(forwarder.Address, payload, transaction);
        return true;
    }

    /// <summary>
    /// Envelopes leave at times that do not depend on what there is to say; not where every one is airtime.
    /// </summary>
    private bool Covers => _options.Cover > 0 && !IsOnlyRadio;

    /// <summary>
    /// Only radios reach this node: records do not come by themselves, and every envelope is airtime.
    /// </summary>
    private bool IsOnlyRadio => _records is { HasStream: false, HasRadio: true };

    private void DrawCover(long running) => _cover.Draw(running, Covers ? _options.Cover : FappTime.Day);

    private void SendDue(FappTime now, MessageTransaction transaction)
    {
        IReadOnlyList<Reservation> due = _patient.Due(now);
        if (_isCovered != Covers)
        {
            _isCovered = Covers;
            DrawCover(now.Running);
        }

        if (!Covers)
        {
            foreach (Reservation reservation in due)
                _patient.Sent(reservation, TrySend(reservation, transaction), now);
        }

        if (now.Running < _cover.NextAt)
            return;
        bool hasLeft;
        if (Covers && due.Count > 0)
        {
            hasLeft = TrySend(due[0], transaction);
            _patient.Sent(due[0], hasLeft, now);
        }
        else
        {
            hasLeft = TrySendDummy(transaction);
        }

        if (hasLeft)
            DrawCover(now.Running);
        else
            _cover.Postpone(now.Running + CoverAgain);
    }

    private bool TrySendDummy(MessageTransaction transaction)
    {
        if (Forwarders.Draw(_context.Router, _context.Identity.Address, null, IsOnlyRadio, _context.Random)
            is not { } forwarder
            || ForwardedRequest.MakeDummy(forwarder.PublicKey, _context.Random) is not { } payload)
            return false;
        Counters.DummiesSent++;
        Send(forwarder.Address, payload, transaction);
        return true;
    }

    private void Send(in NodeAddress to, byte[] payload, MessageTransaction transaction)
    {
        TimeSpan lifetime = ShortestLifetime + (LongestLifetime - ShortestLifetime) * Chance.Fraction(_context.Random);
        EnvelopeHeader header = new OutgoingEnvelope
        {
            Kind = Kind,
            Destination = to,
            Priority = Priority.Normal,
            Lifetime = lifetime,
            Payload = default,
        }.Header((ushort)Math.Max(1, _context.HopLimit - Chance.Below(_context.Random, HopsDrawn)));
        byte[] bytes = SentEnvelope.Join(header, payload);
        var envelope = new SentEnvelope(SentEnvelope.IdOf(bytes), header, lifetime, [], bytes);
        transaction.Send(envelope);
        transaction.WhenWritten(at => envelope.GiveTo(_context.Router, at));
    }

    /// <summary>Writes what the desks changed; what they publish and tell follows when that is on disk.</summary>
    private void Persist(FappTime now, MessageTransaction transaction)
    {
        foreach (PracticeDesk desk in _practices.Values)
        {
            Write(desk.Changes, transaction);
            IReadOnlyList<Publication> publications = desk.TakePublications();
            if (publications.Count > 0)
                transaction.WhenWritten(at => Publish(at, publications));
            Tell(desk.TakeEvents(), transaction);
        }

        Write(_patient.Changes, transaction);
        Write(_queries.Changes, transaction);
        foreach (Reservation changed in _patient.TakeEvents())
            transaction.WhenWritten(
                _ => _context.Events.Publish(new ReservationChanged(changed, _context.Time.GetUtcNow())));
        if (now.Running - _node.Running >= SaveRunningEvery
            || !_rows.ContainsKey(AppointmentRow.IdOf(ItemKind.Node, default)))
        {
            _node.Running = now.Running;
            Touch(_node, transaction);
        }
    }

    /// <summary>What this node vouches for is published every day, until it holds no longer.</summary>
    private void TickClaims(FappTime now, MessageTransaction transaction)
    {
        foreach (OwnClaim claim in _claims.Values.Where(c => now.Running >= c.PublishAt).ToArray())
        {
            if (now.BornDay > claim.Until)
            {
                _claims.Remove(Convert.ToHexString(claim.Key.Span));
                if (_rows.Remove(AppointmentRow.IdOf(claim.Kind, claim.Key.Span), out AppointmentRow? row))
                    transaction.Leave(row);
                continue;
            }

            claim.PublishAt = now.Running + FappTime.Day;
            claim.Sequence = Math.Max(claim.Sequence + 1, (ulong)(now.Unix ?? 0));
            Touch(claim, transaction);
            var publication = new Publication(claim.Type, claim.Region, claim.Place, claim.Sequence, claim.Body);
            transaction.WhenWritten(at => Publish(at, [publication]));
        }
    }

    private void Tell(IReadOnlyList<DeskEvent> events, MessageTransaction transaction)
    {
        foreach (DeskEvent happened in events)
        {
            DateTimeOffset at = _context.Time.GetUtcNow();
            MessagingEvent told = happened switch
            {
                RequestChanged changed => new PracticeRequestChanged(changed.Request, at),
                FloodSeen flood => new RequestFlood(flood.Slot, flood.Requests, at),
                _ => throw new InvalidOperationException($"There is no event for {happened.GetType().Name}."),
            };
            transaction.WhenWritten(_ => _context.Events.Publish(told));
        }
    }

    private void Publish(Instant now, IReadOnlyList<Publication> publications)
    {
        FappTime time = TimeAt(now);
        foreach (Publication p in publications)
        {
            byte[] record = FappRecord.Create(_context.Identity, p.Type, p.Region, p.Place, p.Sequence,
                time.BornDay, p.Body);
            _records.Publish(now, record);
            // A node's own records come by no link: its owner finds them like those of others.
            if (GossipRecord.TryRead(record, out GossipRecord gossip)
                && FappRecord.TryRead(gossip, out FappRecord read))
                Store.Take(read, time, out _);
        }
    }

    private void Write(ItemChanges changes, MessageTransaction transaction)
    {
        if (!changes.Any)
            return;
        (IStoredItem[] changed, IStoredItem[] gone) = changes.Take();
        foreach (IStoredItem item in changed)
            Touch(item, transaction);
        foreach (IStoredItem item in gone)
        {
            if (_rows.Remove(AppointmentRow.IdOf(item.Kind, item.Key.Span), out AppointmentRow? row))
                transaction.Leave(row);
        }
    }

    private void Touch(IStoredItem item, MessageTransaction transaction)
    {
        ConversationId id = AppointmentRow.IdOf(item.Kind, item.Key.Span);
        if (!_rows.TryGetValue(id, out AppointmentRow? row))
            _rows[id] = row = new AppointmentRow(id, item);
        row.Item = item;
        transaction.Touch(row, spent: true);
    }
}
