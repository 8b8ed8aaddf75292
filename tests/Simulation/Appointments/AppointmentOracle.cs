using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Simulation.Appointments;

/// <summary>
/// Sees what reached the disk of every practice, and what every patient reads, and says what must not be.
/// </summary>
internal sealed class AppointmentOracle
{
    private readonly Dictionary<RequestId, (SlotAnswer Now, int Ever, int Practice)> _requests = [];
    private readonly Dictionary<(int Practice, SlotId Slot), RequestId> _booked = [];
    private readonly HashSet<RequestId> _mayEnd = [];

    /// <summary>Slots that two requests had at the same time.</summary>
    internal int BookedTwice { get; private set; }

    /// <summary>Bookings that ended although neither side ended them.</summary>
    internal int BookingsLost { get; private set; }

    /// <summary>States that a patient read and the practice never had.</summary>
    internal int Untrue { get; private set; }

    /// <summary>Bookings made.</summary>
    internal int Bookings { get; private set; }

    /// <summary>Requests that reached a practice.</summary>
    internal int Requests => _requests.Count;

    /// <summary>Requests that ended as each answer.</summary>
    internal IReadOnlyDictionary<SlotAnswer, int> States =>
        _requests.Values.GroupBy(static r => r.Now).ToDictionary(static g => g.Key, static g => g.Count());

    /// <summary>The practice or the patient ends it: a booking may be over.</summary>
    internal void MayEnd(RequestId id) => _mayEnd.Add(id);

    /// <summary>A request has a state, and that is on disk.</summary>
    internal void Changed(RequestView request, int practice)
    {
        (SlotAnswer before, int ever, _) = _requests.GetValueOrDefault(request.Id);
        _requests[request.Id] = (request.State, ever | 1 << (int)request.State, practice);
        (int, SlotId) slot = (practice, request.Slot.Id);
        if (request.State == SlotAnswer.Booked && before != SlotAnswer.Booked)
        {
            Bookings++;
            if (!_booked.TryAdd(slot, request.Id) && _booked[slot] != request.Id)
                BookedTwice++;
        }
        else if (before == SlotAnswer.Booked
            && request.State is not (SlotAnswer.Booked or SlotAnswer.Kept or SlotAnswer.NoShow))
        {
            if (!_mayEnd.Contains(request.Id))
                BookingsLost++;
            _booked.Remove(slot);
        }
    }

    /// <summary>The practice looks in its books: one request has a slot, and each booking is there.</summary>
    internal void Look(PracticeActor practice, long unix)
    {
        var held = new HashSet<SlotId>();
        var there = new Dictionary<RequestId, SlotAnswer>();
        foreach (RequestView request in practice.Desk.Requests(practice.TimeAt(unix)))
        {
            there[request.Id] = request.State;
            if (request.State is SlotAnswer.Drawn or SlotAnswer.Offered or SlotAnswer.Booked
                && !held.Add(request.Slot.Id))
                BookedTwice++;
        }

        foreach (((int number, _), RequestId id) in _booked)
        {
            if (number == practice.Number
                && there.GetValueOrDefault(id) is not (SlotAnswer.Booked or SlotAnswer.Kept or SlotAnswer.NoShow))
                BookingsLost++;
        }
    }

    /// <summary>A patient read an answer.</summary>
    internal void Read(RequestId id, SlotAnswer answer)
    {
        if (!_requests.TryGetValue(id, out (SlotAnswer Now, int Ever, int Practice) known)
            || (known.Ever & 1 << (int)answer) == 0)
            Untrue++;
    }

    /// <summary>Whether what a patient has at the end is what its practice has.</summary>
    internal bool IsTrue(Reservation reservation) => _requests.TryGetValue(reservation.Id,
        out (SlotAnswer Now, int Ever, int Practice) known)
        ? reservation.Answer == known.Now || IsOver(reservation) && !IsOpen(known.Now)
        : reservation.Answer is null;

    /// <summary>
    /// The patient's own clock ends what nobody answered in time, and a request that it took back is not asked about.
    /// </summary>
    private static bool IsOver(Reservation reservation) =>
        reservation.State is ReservationState.Expired or ReservationState.Cancelled;

    private static bool IsOpen(SlotAnswer answer) => answer is SlotAnswer.Offered or SlotAnswer.Booked;
}
