namespace QuicProChat.Mesh.Api;

/// <summary>A slot that was found.</summary>
/// <param name="Slot">Its id: 8 digits.</param>
/// <param name="Practice">The practice's address.</param>
/// <param name="Name">The practice's name.</param>
/// <param name="Level">Who it is known to be: <c>card</c>, <c>practice</c>, <c>list</c>, <c>contested</c> or
/// <c>none</c>.</param>
/// <param name="Plz">Its postal code.</param>
/// <param name="Start">When the slot begins.</param>
/// <param name="Minutes">How long it is.</param>
/// <param name="Type"><c>sprechstunde</c>, <c>probatorik</c>, <c>akut</c>, <c>kurzzeit</c>, <c>langzeit</c> or
/// <c>other</c>.</param>
/// <param name="Setting"><c>single</c>, <c>group</c> or <c>other</c>.</param>
/// <param name="Modality"><c>praxis</c>, <c>video</c>, <c>hybrid</c> or <c>other</c>.</param>
/// <param name="Follows">Whether a therapy place follows: <c>yes</c>, <c>no</c>, <c>waiting</c> or
/// <c>other</c>.</param>
/// <param name="Procedures">Of VT, TP, AP, ST, neuro.</param>
/// <param name="Payers">Of GKV, PKV, BG, SEL, SOZ, BEI, KE.</param>
/// <param name="Contact">How the practice is reached.</param>
/// <param name="Link">A link that it names; never opened unasked.</param>
/// <param name="Distance">Kilometres from the postal code that was asked for; null where that was not five
/// digits.</param>
/// <param name="NeedsPin">A request has to carry the PIN from the answering machine.</param>
/// <param name="Age">Seconds since this was announced.</param>
public sealed record FappSlotInfo(
    string Slot, string Practice, string Name, string Level, string Plz, DateTimeOffset Start, int Minutes, string Type,
    string Setting,
    string Modality, string Follows, IReadOnlyList<string> Procedures, IReadOnlyList<string> Payers, string Contact,
    string Link,
    int? Distance, bool NeedsPin, long Age);

/// <summary>What a search found, and in how much it looked.</summary>
/// <param name="Slots">What fits, earliest first.</param>
/// <param name="Found">How many fit in all.</param>
/// <param name="Practices">Practices that are known in that part of the country.</param>
/// <param name="NewestAge">Seconds since the newest announce came; null where none did.</param>
/// <param name="Regions">The regions that this node follows.</param>
/// <param name="Hints">What one should know about this answer.</param>
public sealed record FappSearchInfo(
    IReadOnlyList<FappSlotInfo> Slots, int Found, int Practices, long? NewestAge, IReadOnlyList<string> Regions,
    IReadOnlyList<string> Hints)
{
    internal static void Show(Screen screen, FappSearchInfo found)
    {
        foreach (string hint in found.Hints)
            screen.Line(hint);
        screen.Table(
            found.Slots, "nothing fits", ("slot", s => s.Slot),
            ("start", s => screen.Local(s.Start, "ddd yyyy-MM-dd HH:mm")),
            ("min", s => s.Minutes), ("type", s => s.Type), ("modality", s => s.Modality), ("place", s => s.Follows),
            ("plz", s => s.Plz),
            ("km", s => s.Distance), ("name", s => s.Name), ("level", s => s.Level), ("pin", s => s.NeedsPin),
            ("age", s => Age(s.Age)));
        string age = found.NewestAge is { } newest ? $", the newest word is {Age(newest)} old" : "";
        screen.Line($"{found.Slots.Count} of {found.Found} slots; {found.Practices} practices known there{age}");
    }

    private static string Age(long seconds) => seconds switch
    {
        < 90 => $"{seconds} s",
        < 90 * 60 => $"{seconds / 60} min",
        < 48 * 3600 => $"{seconds / 3600} h",
        _ => $"{seconds / 86400} d",
    };
}

/// <summary>A slot of this node's practice.</summary>
/// <param name="Slot">Its id.</param>
/// <param name="Start">When it begins.</param>
/// <param name="Minutes">How long it is.</param>
/// <param name="Type">What it is for.</param>
/// <param name="Setting"><c>single</c> or <c>group</c>.</param>
/// <param name="Modality">Where it is.</param>
/// <param name="Follows">Whether a therapy place follows.</param>
/// <param name="State"><c>free</c>, <c>held</c> or <c>withdrawn</c>.</param>
/// <param name="IsListed">It is in the announce that patients have.</param>
/// <param name="Pending">Requests that take part in the draw, or wait.</param>
/// <param name="Holder">The request that has it; null for none.</param>
/// <param name="Flood">More came than people ask: a PIN helps.</param>
/// <param name="Until">
/// Until when it stands as it is, and this node has to be on: the draw while requests are collected, the end of an
/// offer, else the slot's beginning; null where nothing follows.
/// </param>
public sealed record FappOwnSlotInfo(
    string Slot, DateTimeOffset Start, int Minutes, string Type, string Setting, string Modality, string Follows,
    string State, bool IsListed,
    int Pending, string? Holder, bool Flood, DateTimeOffset? Until)
{
    internal static void Show(Screen screen, IReadOnlyList<FappOwnSlotInfo> slots) => screen.Table(
        slots, "no slots", ("slot", s => s.Slot), ("start", s => s.Start), ("min", s => s.Minutes),
        ("type", s => s.Type), ("modality", s => s.Modality),
        ("place", s => s.Follows), ("state", s => s.State), ("node on until", s => s.Until),
        ("announced", s => s.IsListed), ("pending", s => s.Pending),
        ("flood", s => s.Flood));
}

/// <summary>A request at this node's practice.</summary>
/// <param name="Id">Which.</param>
/// <param name="Slot">The slot.</param>
/// <param name="Start">When it begins.</param>
/// <param name="State">
/// <c>received</c>, <c>drawn</c>, <c>offered</c>, <c>booked</c>, <c>waiting</c>, <c>refused</c>, <c>withdrawn</c>,
/// <c>cancelled</c>, <c>expired</c>,
/// <c>kept</c>, <c>noShow</c> or <c>pinNeeded</c>.
/// </param>
/// <param name="Code">Six digits that the patient sees too.</param>
/// <param name="Note">A word of the patient; empty where the practice keeps none.</param>
/// <param name="Known">The patient kept an earlier appointment.</param>
/// <param name="AsksFirst">The patient is asked before it is booked.</param>
/// <param name="AsksForPlace">The patient asks for a therapy place.</param>
/// <param name="Ptv11">The patient says that form PTV 11 recommends acute treatment or probatory sessions.</param>
/// <param name="Attends">The person said that it comes.</param>
/// <param name="Unconfirmed">It is less than three days away, and the person said nothing.</param>
public sealed record FappRequestInfo(
    string Id, string Slot, DateTimeOffset Start, string State, string Code, string Note, bool Known, bool AsksFirst,
    bool AsksForPlace,
    bool Ptv11, bool Attends, bool Unconfirmed)
{
    internal static void Show(Screen screen, IReadOnlyList<FappRequestInfo> requests) => screen.Table(
        requests, "no requests", ("id", r => r.Id[..8]), ("slot", r => r.Slot), ("start", r => r.Start),
        ("state", r => r.State), ("code", r => r.Code),
        ("known", r => r.Known), ("asks first", r => r.AsksFirst), ("asks for a place", r => r.AsksForPlace),
        ("ptv11", r => r.Ptv11), ("comes", r => r.Attends),
        ("unconfirmed", r => r.Unconfirmed), ("note", r => r.Note));
}

/// <summary>A slot that was asked for.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Slot">The slot.</param>
/// <param name="State">
/// <c>requested</c>, <c>offered</c>, <c>booked</c>, <c>waiting</c>, <c>refused</c>, <c>withdrawn</c>, <c>cancelled</c>,
/// <c>expired</c>, <c>kept</c> or
/// <c>noShow</c>.
/// </param>
/// <param name="Practice">The practice's address.</param>
/// <param name="Name">The practice's name.</param>
/// <param name="Contact">How it is reached.</param>
/// <param name="Start">When the slot begins.</param>
/// <param name="Code">Six digits that the practice sees too.</param>
/// <param name="Until">Until when it is held for an acknowledgement; null where nothing is.</param>
/// <param name="Says">Where it stands, in one sentence.</param>
public sealed record FappReservationInfo(
    string Id, string Slot, string State, string Practice, string Name, string Contact, DateTimeOffset Start,
    string Code, DateTimeOffset? Until,
    string Says)
{
    internal static void Show(Screen screen, IReadOnlyList<FappReservationInfo> reservations)
    {
        foreach (FappReservationInfo reservation in reservations)
            ShowOne(screen, reservation);
        if (reservations.Count == 0)
            screen.Line("no reservations");
    }

    internal static void ShowOne(Screen screen, FappReservationInfo reservation)
    {
        screen.Line($"{reservation.Id[..8]}  {screen.Local(reservation.Start, "yyyy-MM-dd HH:mm")}  "
            + $"{Screen.Printable(reservation.Name)}  {reservation.State}");
        screen.Line($"          {reservation.Says}");
    }
}

/// <summary>What is set of a practice.</summary>
/// <param name="Practice">The address that patients see.</param>
/// <param name="Name">Its name.</param>
/// <param name="Contact">How it is reached.</param>
/// <param name="Plz">Its postal code.</param>
/// <param name="Provider"><c>practice</c>, <c>mvz</c> or <c>clinic</c>.</param>
/// <param name="Profession"><c>pp</c>, <c>kjp</c>, <c>pt</c> or <c>arzt</c>.</param>
/// <param name="Procedures">Of VT, TP, AP, ST, neuro.</param>
/// <param name="Payers">Of GKV, PKV, BG, SEL, SOZ, BEI, KE.</param>
/// <param name="Ages">Of children, adolescents, adults.</param>
/// <param name="Modality">Where slots are that say nothing.</param>
/// <param name="Languages">Language tags.</param>
/// <param name="Access">What there is for those who need it.</param>
/// <param name="Link">A profile.</param>
/// <param name="DrawMinutes">How long requests are collected.</param>
/// <param name="Confirm"><c>hand</c> or <c>auto</c>.</param>
/// <param name="Pin">Requests have to carry a PIN.</param>
/// <param name="Effort">Bits of the puzzle.</param>
/// <param name="Notes">What patients write is kept.</param>
/// <param name="Refusals">The question for a therapy place is answered.</param>
/// <param name="Level">Who others take it for.</param>
/// <param name="Rivals">Other keys for which a card of this practice speaks: nothing can be booked until one of them is
/// taken back.</param>
public sealed record FappPracticeInfo(
    string Practice, string Name, string Contact, string Plz, string Provider, string Profession,
    IReadOnlyList<string> Procedures,
    IReadOnlyList<string> Payers, IReadOnlyList<string> Ages, string Modality, IReadOnlyList<string> Languages,
    IReadOnlyList<string> Access,
    string Link, long DrawMinutes, string Confirm, bool Pin, int Effort, bool Notes, bool Refusals, string Level,
    IReadOnlyList<string> Rivals);

/// <summary>A standing search.</summary>
/// <param name="Watch">Its number.</param>
/// <param name="Asks">What is looked for, in words.</param>
/// <param name="Fits">Slots that fit now.</param>
public sealed record FappWatchInfo(int Watch, string Asks, int Fits)
{
    internal static void Show(Screen screen, IReadOnlyList<FappWatchInfo> watches) => screen.Table(
        watches, "no standing searches", ("watch", w => w.Watch), ("asks for", w => w.Asks), ("fits now", w => w.Fits));
}

/// <summary>A refusal that a practice signed. What the insurer makes of it, the insurer decides.</summary>
/// <param name="Reservation">The reservation that it answers.</param>
/// <param name="Practice">The practice's address.</param>
/// <param name="Name">The practice's name.</param>
/// <param name="Level">Who it was known to be.</param>
/// <param name="Before">No therapy place before this; null where the practice said nothing.</param>
/// <param name="Person">Whom it is made out to.</param>
/// <param name="Born">Their birth date.</param>
/// <param name="Salt">With name and birth date it gives the hash that was signed.</param>
/// <param name="Record">What the practice signed, in hexadecimal digits (docs/reference/fapp.md, section 4).</param>
/// <param name="Key">The key that opens its entry, in hexadecimal digits.</param>
public sealed record FappRefusalInfo(
    string Reservation, string Practice, string Name, string Level, DateTimeOffset? Before, string Person, string Born,
    string Salt, string Record,
    string Key)
{
    internal static void Show(Screen screen, IReadOnlyList<FappRefusalInfo> refusals)
    {
        foreach (FappRefusalInfo refusal in refusals)
        {
            string before = refusal.Before is { } date ? $"none before {screen.Local(date, "yyyy-MM-dd")}" : "none";
            screen.Line($"{refusal.Name} ({refusal.Practice}, level {refusal.Level}): therapy place: {before}");
            screen.Line($"  made out to {Screen.Printable(refusal.Person)}, born {refusal.Born}");
        }

        screen.Line(refusals.Count == 0 ? "no refusals in writing" : Advice);
    }

    /// <summary>What a refusal is worth, and what it is not.</summary>
    public const string Advice =
        "The insurer decides what this is worth. Apply before the treatment begins, and call 116117 (Terminservice) "
            + "too.";
}

/// <summary>Whom this node trusts to vouch for practices.</summary>
/// <param name="Organisations">Their public keys.</param>
/// <param name="Authorities">Issuers of cards that are known.</param>
/// <param name="Blocked">Cards, keys and batches that count for nothing.</param>
public sealed record FappTrustInfo(IReadOnlyList<string> Organisations, int Authorities, int Blocked);

/// <summary>A statement for a card to sign.</summary>
/// <param name="Text">Its text, with line ends.</param>
public sealed record FappStatementInfo(string Text);

/// <summary>What this node knows of appointments.</summary>
/// <param name="Mode"><c>off</c>, <c>relay</c> or <c>follow</c>.</param>
/// <param name="Regions">The regions that it follows.</param>
/// <param name="Practices">Practices that announce something there.</param>
/// <param name="NewestAge">Seconds since the newest announce came; null where none did.</param>
/// <param name="HasClock">A clock is set: without one no card can be checked, and nothing is drawn.</param>
/// <param name="Forwarders">Nodes that may pass a request on now.</param>
/// <param name="Forwarded">Requests of others passed on since the start.</param>
/// <param name="DummiesSent">Dummies sent.</param>
/// <param name="DummiesDropped">Dummies of others dropped.</param>
/// <param name="Rejected">Envelopes that did not open.</param>
/// <param name="RecordsRefused">Records that break a bound.</param>
public sealed record FappStatusInfo(
    string Mode, IReadOnlyList<string> Regions, int Practices, long? NewestAge, bool HasClock, int Forwarders,
    long Forwarded, long DummiesSent,
    long DummiesDropped, long Rejected, long RecordsRefused);
