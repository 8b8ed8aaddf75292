using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Patient;

/// <summary>What a patient adds to a request.</summary>
/// <param name="Pin">The PIN; empty for none.</param>
/// <param name="Note">A word to the practice; empty for none.</param>
/// <param name="AskFirst">Drawn, the patient is asked before the slot is booked.</param>
/// <param name="Person">Whom a refusal is made out to, where the patient asks for a therapy place; null: it does
/// not.</param>
/// <param name="IsRecommended">Form PTV 11 recommends acute treatment or probatory sessions.</param>
public sealed record ReserveWishes(string Pin = "", string Note = "", bool AskFirst = false, Person? Person = null,
    bool IsRecommended = false);

/// <summary>
/// A patient's reservations. A state machine without I/O; docs/reference/fapp.md, section 5. A message is sent again,
/// byte by byte the same and by another forwarder, until the practice's answers say that it came.
/// <code>
///  Reserve --> Requested --answers--> Offered | Booked | Waiting | Refused | Withdrawn | Expired | Kept | NoShow
///  Acknowledge, Cancel: their messages repeat until the answers agree
/// </code>
/// </summary>
public sealed class PatientDesk(RandomFill random)
{
    /// <summary>Reservations kept; arbitrary.</summary>
    public const int MaxReservations = 256;

    /// <summary>Reservations that can still become an appointment; arbitrary: more than a person can keep.</summary>
    public const int MaxActive = 32;

    /// <summary>The first wait before a message is sent again, in seconds; it doubles.</summary>
    private const long FirstRepeat = 30 * FappTime.Minute;

    private const long LongestRepeat = 12 * FappTime.Hour;

    /// <summary>Where nobody can forward it now, it is tried again so soon.</summary>
    private const long TryAgain = FappTime.Minute;

    /// <summary>How often the word that the person comes is sent: no answer shows that it came.</summary>
    private const int AttendanceSends = 2;

    /// <summary>How long a reservation is kept after its slot.</summary>
    private const long KeptFor = 30 * FappTime.Day;

    private readonly Dictionary<RequestId, Reservation> _reservations = [];
    private readonly List<Reservation> _events = [];

    /// <summary>What has to be written before anything is sent.</summary>
    public ItemChanges Changes { get; } = new();

    /// <summary>The reservations, earliest slot first.</summary>
    public IReadOnlyList<Reservation> Reservations =>
        [.. _reservations.Values.OrderBy(r => r.Slot.Start).ThenBy(r => r.Made)];

    /// <summary>Takes back a reservation that was kept; null if the row is damaged.</summary>
    public Reservation? Restore(ReadOnlySpan<byte> row)
    {
        if (Reservation.TryDecode(row) is { } reservation)
            return _reservations[reservation.Id] = reservation;
        return null;
    }

    /// <summary>Takes the reservations whose state changed.</summary>
    public IReadOnlyList<Reservation> TakeEvents()
    {
        Reservation[] taken = [.. _events];
        _events.Clear();
        return taken;
    }

    /// <summary>Asks for a slot.</summary>
    /// <exception cref="FappException">It cannot be asked for.</exception>
    public Reservation Reserve(SlotOffer offer, ReserveWishes wishes, FappTime now)
    {
        if (offer.Level <= Level.Contested)
        {
            throw new FappException(offer.Level == Level.Contested
                ? "two keys claim to be this practice: it cannot be booked until one of them is revoked"
                : "nobody vouches for this practice: slots of level 'none' cannot be reserved");
        }

        if (_reservations.Values.Any(r => r.IsActive && r.Slot.Id == offer.Slot.Id && r.Author.AsSpan()
            .SequenceEqual(offer.Author)))
            throw new FappException("this slot was asked for already: see 'reservations'");
        if (_reservations.Values.Count(r => r.IsActive) >= MaxActive)
            throw new FappException($"{MaxActive} reservations are under way already: cancel one first");
        if (offer.Announce.Wishes.HasFlag(Wishes.Pin) && wishes.Pin.Length == 0)
            throw new FappException(
                "this practice wants the PIN that is spoken on its answering machine: call it, then give --pin");
        MakeRoom();
        Reservation? kept = _reservations.Values.FirstOrDefault(
            r => r.State == ReservationState.Kept && r.Author.AsSpan().SequenceEqual(offer.Author)
                && r.Place == offer.Place);
        byte[] proof = kept is null ? [] : new byte[SlotReserve.ProofSize];
        if (kept is not null)
            AnswerKeys.Prove(kept.Root, SlotVerb.Reserve, offer.Slot.Id, proof);
        MadeRequest made = SealedRequest.Create(offer.Author, offer.Announce, new SlotReserve
        {
            Verb = SlotVerb.Reserve,
            Slot = offer.Slot.Id,
            Flags = (wishes.AskFirst ? SlotFlags.AskFirst : 0) | (wishes.Person is null ? 0 : SlotFlags.AsksForPlace)
                | (wishes.IsRecommended ? SlotFlags.IsRecommended : 0),
            Pin = wishes.Pin,
            Note = wishes.Note,
            Person = wishes.Person?.Hash() ?? [],
            Of = kept?.Id,
            Proof = proof,
        }, random);
        var reservation = new Reservation(made.Id, made.Root, offer.Author.ToArray(), offer.Place, offer.Slot)
        {
            Practice = offer.Announce.Name,
            Contact = offer.Announce.Contact,
            Plz = offer.Announce.Plz.ToString(),
            Level = offer.Level,
            Made = now.Running,
            Person = wishes.Person,
            RequestKey = offer.Announce.RequestKey,
            RequestKeyNumber = offer.Announce.RequestKeyNumber,
            Outgoing = SlotVerb.Reserve,
            Message = made.Bytes,
            SendAt = now.Running,
        };
        _reservations[made.Id] = reservation;
        Changed(reservation);
        return reservation;
    }

    /// <summary>Says that the person takes what is held for it, or comes.</summary>
    /// <exception cref="FappException">There is nothing to acknowledge.</exception>
    public Reservation Acknowledge(RequestId id, FappTime now)
    {
        Reservation reservation = Find(id);
        if (reservation.Answer is not (SlotAnswer.Offered or SlotAnswer.Booked) || !reservation.IsActive)
            throw new FappException(
                $"nothing is held for this reservation, which is {reservation.State}: there is nothing to acknowledge");
        Queue(reservation, SlotVerb.Acknowledge, now);
        return reservation;
    }

    /// <summary>Gives a slot back, or asks no longer.</summary>
    /// <exception cref="FappException">There is nothing to cancel.</exception>
    public Reservation Cancel(RequestId id, FappTime now)
    {
        Reservation reservation = Find(id);
        if (!reservation.IsActive)
            throw new FappException($"this reservation is {reservation.State}: there is nothing to cancel");
        Queue(reservation, SlotVerb.Cancel, now);
        reservation.State = ReservationState.Cancelled;
        return reservation;
    }

    /// <summary>A practice's answers came in; their signature holds.</summary>
    /// <param name="record">The whole gossip record: a refusal is kept as it was signed.</param>
    /// <param name="read">The record's head.</param>
    /// <param name="confirm">Its entries.</param>
    public void AnswersCame(ReadOnlySpan<byte> record, in FappRecord read, in SlotConfirm confirm)
    {
        foreach (Reservation reservation in _reservations.Values)
        {
            if (read.Sequence <= reservation.Sequence || !read.Author.SequenceEqual(reservation.Author)
                || AnswerKeys.TryOpenEntry(reservation.Root, read.Author, read.Sequence, confirm) is not { } entry
                || entry.Slot != reservation.Slot.Id)
                continue;
            reservation.Sequence = read.Sequence;
            Apply(reservation, entry);
            if (entry is { Answer: SlotAnswer.Refused, Person.Length: > 0 } && reservation.Statement is null
                && reservation.Person is { } person && entry.Person.AsSpan().SequenceEqual(person.Hash()))
            {
                byte[] key = new byte[ChaChaPoly.KeySize];
                AnswerKeys.Key(reservation.Root, read.Sequence, key);
                reservation.Statement = new RefusalStatement(record.ToArray(), key, entry.Until);
            }
        }
    }

    /// <summary>Reservations that have something to send now.</summary>
    public IReadOnlyList<Reservation> Due(FappTime now) =>
        [.. _reservations.Values.Where(r => r.Outgoing != 0 && now.Running >= r.SendAt && !IsOver(r, now))];

    /// <summary>The message of a reservation that is due.</summary>
    public static ReadOnlySpan<byte> MessageOf(Reservation reservation) => reservation.Message;

    /// <summary>The message of a reservation left, or could not because nobody forwards it.</summary>
    public void Sent(Reservation reservation, bool hasLeft, FappTime now)
    {
        if (!hasLeft)
        {
            reservation.SendAt = now.Running + TryAgain;
            Changes.Add(reservation);
            return;
        }

        long wait = Math.Min(LongestRepeat, FirstRepeat << Math.Min(reservation.Sends, 5));
        reservation.Sends++;
        reservation.SendAt = now.Running + wait;
        if (reservation is { Outgoing: SlotVerb.Acknowledge, Answer: SlotAnswer.Booked }
            && reservation.Sends >= AttendanceSends)
            Done(reservation);
        Changes.Add(reservation);
    }

    /// <summary>Ends what is over, and forgets what is old.</summary>
    public void Tick(FappTime now)
    {
        if (now.Unix is not { } unix)
            return;
        foreach (Reservation reservation in _reservations.Values.ToArray())
        {
            if (reservation.State is ReservationState.Requested or ReservationState.Offered or ReservationState.Waiting
                && IsOver(reservation, now))
            {
                reservation.State = ReservationState.Expired;
                Done(reservation);
                Changed(reservation);
            }

            if (reservation.Outgoing != 0 && IsOver(reservation, now))
            {
                // Nobody waits for it any more.
                Done(reservation);
                Changes.Add(reservation);
            }

            if (unix >= MinuteTime.UnixSeconds(reservation.Slot.End) + KeptFor && reservation.Statement is null)
                Forget(reservation);
        }
    }

    /// <summary>When something is to be sent, in running seconds.</summary>
    public long NextDue => _reservations.Values.Where(r => r.Outgoing != 0).Select(r => r.SendAt)
        .DefaultIfEmpty(long.MaxValue).Min();

    private static bool IsOver(Reservation reservation, FappTime now) =>
        now.Unix is { } unix && unix >= MinuteTime.UnixSeconds(reservation.Slot.Start) + FappTime.Tolerance;

    private static ReservationState StateOf(SlotAnswer answer) => answer switch
    {
        SlotAnswer.Received => ReservationState.Requested,
        SlotAnswer.Drawn or SlotAnswer.Offered => ReservationState.Offered,
        SlotAnswer.Booked => ReservationState.Booked,
        SlotAnswer.Waiting => ReservationState.Waiting,
        SlotAnswer.Refused or SlotAnswer.PinNeeded => ReservationState.Refused,
        SlotAnswer.Withdrawn => ReservationState.Withdrawn,
        SlotAnswer.Cancelled => ReservationState.Cancelled,
        SlotAnswer.Expired => ReservationState.Expired,
        SlotAnswer.Kept => ReservationState.Kept,
        SlotAnswer.NoShow => ReservationState.NoShow,
        _ => throw new ArgumentOutOfRangeException(nameof(answer)),
    };

    private void Apply(Reservation reservation, SlotAnswerEntry entry)
    {
        ReservationState state = StateOf(entry.Answer);
        bool isOpen = entry.Answer is SlotAnswer.Received or SlotAnswer.Drawn or SlotAnswer.Offered or SlotAnswer.Booked
            or SlotAnswer.Waiting;
        bool isSettled = reservation.Outgoing switch
        {
            SlotVerb.Reserve => true,
            SlotVerb.Acknowledge => entry.Answer is not (SlotAnswer.Offered or SlotAnswer.Booked)
                || entry.Answer == SlotAnswer.Booked && reservation.Answer == SlotAnswer.Offered,
            SlotVerb.Cancel => !isOpen,
            _ => false,
        };
        bool isCancelling = reservation.Outgoing == SlotVerb.Cancel && isOpen;
        if (isSettled)
            Done(reservation);
        bool isNews = !isCancelling
            && (state != reservation.State || entry.Answer != reservation.Answer || entry.Until != reservation.Until);
        reservation.Answer = entry.Answer;
        reservation.Until = entry.Until;
        if (!isCancelling)
            reservation.State = state;
        Changes.Add(reservation);
        if (isNews)
            Changed(reservation);
    }

    private void Queue(Reservation reservation, SlotVerb verb, FappTime now)
    {
        byte[] proof = new byte[SlotReserve.ProofSize];
        AnswerKeys.Prove(reservation.Root, verb, reservation.Slot.Id, proof);
        var announce = new SlotAnnounce
        {
            Name = reservation.Practice,
            Plz = PostalCode.TryParse(reservation.Plz, out PostalCode plz) ? plz : default,
            RequestKey = reservation.RequestKey,
            RequestKeyNumber = reservation.RequestKeyNumber,
        };
        MadeRequest made = SealedRequest.Create(
            reservation.Author, announce,
            new SlotReserve { Verb = verb, Slot = reservation.Slot.Id, Of = reservation.Id, Proof = proof }, random);
        CryptographicOperations.ZeroMemory(made.Root);
        (reservation.Outgoing, reservation.Message, reservation.SendAt, reservation.Sends) =
            (verb, made.Bytes, now.Running, 0);
        Changed(reservation);
    }

    private static void Done(Reservation reservation) =>
        (reservation.Outgoing, reservation.Message, reservation.Sends) = (0, [], 0);

    private void Changed(Reservation reservation)
    {
        Changes.Add(reservation);
        if (!_events.Contains(reservation))
            _events.Add(reservation);
    }

    private void MakeRoom()
    {
        if (_reservations.Count < MaxReservations)
            return;
        Reservation oldest = _reservations.Values.Where(r => !r.IsActive && r.Statement is null).MinBy(r => r.Made)
            ?? throw new FappException($"{MaxReservations} reservations are kept already");
        Forget(oldest);
    }

    private void Forget(Reservation reservation)
    {
        _reservations.Remove(reservation.Id);
        _events.Remove(reservation);
        Changes.Remove(reservation);
        CryptographicOperations.ZeroMemory(reservation.Root);
    }

    /// <summary>The reservation with an id.</summary>
    /// <exception cref="FappException">There is none.</exception>
    public Reservation Find(RequestId id) =>
        _reservations.TryGetValue(id, out Reservation? reservation) ? reservation
            : throw new FappException($"there is no reservation {id}");
}
