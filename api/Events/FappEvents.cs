namespace QuicProChat.Mesh.Api;

/// <summary>A request at this node's practice came, or changed.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Request">The request as it is now.</param>
public sealed record FappRequestEvent(DateTimeOffset At, FappRequestInfo Request) : EventInfo(At)
{
    internal override EventSpec Spec => Events.FappRequest;
}

/// <summary>A reservation of this node changed its state.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Reservation">The reservation as it is now.</param>
public sealed record FappReservationEvent(DateTimeOffset At, FappReservationInfo Reservation) : EventInfo(At)
{
    internal override EventSpec Spec => Events.FappReservation;
}

/// <summary>Something new fits a standing search.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Watch">The search.</param>
/// <param name="Slot">The slot.</param>
public sealed record FappWatchEvent(DateTimeOffset At, int Watch, FappSlotInfo Slot) : EventInfo(At)
{
    internal override EventSpec Spec => Events.FappWatch;
}

/// <summary>A slot of this node's practice gets more requests than people make: a PIN helps.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Slot">The slot.</param>
/// <param name="Requests">Valid requests within an hour.</param>
public sealed record FappFloodEvent(DateTimeOffset At, string Slot, int Requests) : EventInfo(At)
{
    internal override EventSpec Spec => Events.FappFlood;
}

/// <summary>
/// A card of this node's practice speaks for another key too: nothing can be booked until one of both is taken back.
/// </summary>
/// <param name="At">When it happened.</param>
/// <param name="Key">The other public key: 64 hexadecimal digits.</param>
/// <param name="Practice">Its address.</param>
public sealed record FappRivalEvent(DateTimeOffset At, string Key, string Practice) : EventInfo(At)
{
    internal override EventSpec Spec => Events.FappRival;
}

/// <content>About appointments.</content>
public static partial class Events
{
    /// <summary>A request at this node's practice came, or changed.</summary>
    public static EventSpec<FappRequestEvent> FappRequest { get; } = new(
        "fappRequest", json => json.FappRequestEvent,
        (screen, e) => $"request {e.Request.Id[..8]} for the slot of "
            + $"{screen.Local(e.Request.Start, "yyyy-MM-dd HH:mm")}: {e.Request.State}");

    /// <summary>A reservation of this node changed its state.</summary>
    public static EventSpec<FappReservationEvent> FappReservation { get; } = new(
        "fappReservation", json => json.FappReservationEvent,
        (screen, e) => $"appointment {screen.Local(e.Reservation.Start, "yyyy-MM-dd HH:mm")} at "
            + $"{Screen.Printable(e.Reservation.Name)}: {e.Reservation.Says}");

    /// <summary>Something new fits a standing search.</summary>
    public static EventSpec<FappWatchEvent> FappWatch { get; } = new(
        "fappWatch", json => json.FappWatchEvent,
        (screen, e) => $"new slot {e.Slot.Slot}: {screen.Local(e.Slot.Start, "yyyy-MM-dd HH:mm")}, {e.Slot.Type}, "
            + $"{e.Slot.Plz} {Screen.Printable(e.Slot.Name)}");

    /// <summary>A slot gets more requests than people make.</summary>
    public static EventSpec<FappFloodEvent> FappFlood { get; } = new(
        "fappFlood", json => json.FappFloodEvent,
        (_, e) => $"slot {e.Slot} gets more requests than people make ({e.Requests} within an hour): set a PIN, and "
            + "speak it on the answering machine");

    /// <summary>A card of this node's practice speaks for another key too.</summary>
    public static EventSpec<FappRivalEvent> FappRival { get; } = new(
        "fappRival", json => json.FappRivalEvent,
        (_, e) => $"a card of this practice speaks for another key, {e.Key} ({e.Practice}): if that is not you, "
            + "revoke it (fapp attest request --revoke)");
}
