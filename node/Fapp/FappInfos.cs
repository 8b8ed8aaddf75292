using System.Globalization;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;

// Without a default arm the compiler names the member that is missing.
#pragma warning disable CS8524

namespace QuicProChat.Mesh.Node.Fapp;

/// <summary>Makes what commands and events show of appointments.</summary>
internal static class FappInfos
{
    /// <summary>Where to turn in danger of life: shown where somebody may need it, also off line.</summary>
    internal const string Emergency =
        "Lebensgefahr: 112. Bereitschaftsdienst, Terminservice: 116117. Telefonseelsorge: 0800 111 0 111. "
        + "Kinder und Jugendliche: 116111. Akutbehandlung ist kein Notdienst.";

    /// <summary>Said with every result.</summary>
    internal const string NoMoney = "Nobody may ask for money before the first session.";

    /// <summary>Said where a search left the node.</summary>
    internal const string Asked =
        "A relay was asked, through a forwarder: what it sends is found when it has come. Radios need minutes: search "
            + "again later.";

    /// <summary>Rules of the profession (section 5 Musterberufsordnung, section 9 HWG).</summary>
    internal const string VideoFirst = "Video for Sprechstunde or Probatorik: the first contact is in the practice.";

    internal const string Minors =
        "With statutory insurance (GKV) one usually may ask alone from 15 years on (section 36 SGB I); the practice "
            + "judges. Private insurance (PKV) needs the parents.";

    internal static FappSlotInfo Of(SlotOffer offer) => new(
        offer.Slot.Id.ToString(), NodeAddress.Of(offer.Author).ToString(), offer.Announce.Name,
        FappWords.Of(offer.Level),
        offer.Announce.Plz.ToString(), MinuteTime.Time(offer.Slot.Start), offer.Slot.Minutes,
        FappWords.Of(offer.Slot.Phase),
        FappWords.Of(offer.Slot.Setting), FappWords.Of(offer.Slot.Modality), FappWords.Of(offer.Slot.Follows),
        FappWords.Of(offer.Announce.Procedures), FappWords.Of(offer.Announce.Payers), offer.Announce.Contact,
        offer.Announce.Link,
        offer.Distance, offer.Announce.Wishes.HasFlag(Wishes.Pin), offer.Age);

    internal static FappOwnSlotInfo Of(SlotView view) => new(
        view.Slot.Id.ToString(), MinuteTime.Time(view.Slot.Start), view.Slot.Minutes, FappWords.Of(view.Slot.Phase),
        FappWords.Of(view.Slot.Setting),
        FappWords.Of(view.Slot.Modality), FappWords.Of(view.Slot.Follows),
        view.IsWithdrawn ? "withdrawn" : view.Holder is null ? "free" : "held", view.IsListed, view.Pending,
        view.Holder?.ToString(),
        view.HasAlarm, view.Until == 0 ? null : MinuteTime.Time(view.Until));

    internal static FappRequestInfo Of(RequestView view) => new(
        view.Id.ToString(), view.Slot.Id.ToString(), MinuteTime.Time(view.Slot.Start), FappWords.Of(view.State),
        view.Code, view.Note, view.IsKnown,
        view.AsksFirst, view.AsksForPlace, view.IsRecommended, view.Attends, view.IsUnconfirmed);

    internal static FappReservationInfo Of(Reservation reservation) => new(
        reservation.Id.ToString(), reservation.Slot.Id.ToString(), FappWords.Of(reservation.State),
        reservation.Address.ToString(),
        reservation.Practice, reservation.Contact, MinuteTime.Time(reservation.Slot.Start), reservation.Code,
        reservation.Answer == SlotAnswer.Offered ? MinuteTime.Time(reservation.Until) : null, Says(reservation));

    /// <summary>What the practice booked, as who cancels sees it.</summary>
    internal static FappReservationInfo Of(RequestView request, string address) => new(
        request.Id.ToString(), request.Slot.Id.ToString(), FappWords.Of(request.State), address, "", "",
        MinuteTime.Time(request.Slot.Start),
        request.Code, null, "The patient is told with the next answers.");

    internal static FappWatchInfo Of(Watch watch, int fits) => new(watch.Number, Words(watch.Filter), fits);

    internal static FappPracticeInfo Of(
        PracticeSetup setup, string address, Level level, IReadOnlyList<MeshKey> rivals) => new(
        address, setup.Announce.Name, setup.Announce.Contact, setup.Announce.Plz.ToString(),
        FappWords.Of(setup.Announce.Provider),
        FappWords.Of(setup.Announce.Profession), FappWords.Of(setup.Announce.Procedures),
        FappWords.Of(setup.Announce.Payers),
        FappWords.Of(setup.Announce.Ages), FappWords.Of(setup.Modality), setup.Announce.Languages,
        FappWords.Of(setup.Announce.Accessibility),
        setup.Announce.Link, setup.Draw / FappTime.Minute, setup.IsAuto ? "auto" : "hand", setup.Pin.Length > 0,
        setup.Announce.Effort,
        setup.KeepsNotes, setup.Announce.Wishes.HasFlag(Wishes.Refuses), FappWords.Of(level),
        [.. rivals.Select(static r => r.ToString())]);

    internal static FappRefusalInfo Of(Reservation reservation, RefusalStatement statement, Person person) => new(
        reservation.Id.ToString(), reservation.Address.ToString(), reservation.Practice,
        FappWords.Of(reservation.Level),
        statement.Before == 0 ? null : MinuteTime.Time(statement.Before), person.Name,
        person.Born.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Convert.ToHexStringLower(person.Salt),
        Convert.ToHexStringLower(statement.Record), Convert.ToHexStringLower(statement.Key));

    /// <summary>Where a reservation stands, in one sentence.</summary>
    private static string Says(Reservation reservation) => reservation.State switch
    {
        ReservationState.Requested when reservation.Answer is null =>
            "Asked; the practice has not answered yet. A request leaves within half an hour on average, and answers "
                + "come once an hour by day.",
        ReservationState.Requested => "The practice has it, and draws among all who asked.",
        ReservationState.Offered when reservation.Answer == SlotAnswer.Offered =>
            $"Held for you: acknowledge it in time, or somebody else gets it. Your code: {reservation.Code}.",
        ReservationState.Offered => "You were drawn; the practice looks at it before it books.",
        ReservationState.Booked =>
            $"Yours. Your code: {reservation.Code}. Acknowledge it between seven and three days before; cancel if you "
                + "cannot come.",
        ReservationState.Waiting => "Somebody else was drawn; you are on the waiting list of this slot.",
        ReservationState.Refused when reservation.Answer == SlotAnswer.PinNeeded =>
            "The practice wants the PIN that is spoken on its answering machine: call it, and ask again with --pin.",
        ReservationState.Refused => reservation.Statement is null
            ? "The practice refused."
            : "The practice refused in writing: 'fapp refusals' shows the statement for the insurer.",
        ReservationState.Withdrawn => "The practice withdrew the slot.",
        ReservationState.Cancelled => "Cancelled.",
        ReservationState.Expired => "It was not acknowledged in time, or the slot is over.",
        ReservationState.Kept => "It took place.",
        ReservationState.NoShow => "The practice noted that nobody came.",
    };

    /// <summary>What a search asks for, in words.</summary>
    private static string Words(SlotFilter filter)
    {
        List<string> words = [];
        if (filter.Near is { } near)
            words.Add(filter.Within > 0 ? $"{filter.Within} km around {near}" : near.ToString());
        else if (filter.Prefix.Length > 0)
            words.Add($"PLZ {filter.Prefix}...");
        words.AddRange(Named(filter.Phases, static n => FappWords.Of((Phase)n)));
        words.AddRange(Named(filter.Modalities, static n => FappWords.Of((Modality)n)));
        words.AddRange(Named(filter.Settings, static n => FappWords.Of((Setting)n)));
        words.AddRange([.. FappWords.Of(filter.Procedures), .. FappWords.Of(filter.Payers),
            .. FappWords.Of(filter.Ages), .. FappWords.Of(filter.Accessibility)]);
        if (filter.Language.Length > 0)
            words.Add(filter.Language);
        if (filter.From > 0)
            words.Add($"from {MinuteTime.Time(filter.From):yyyy-MM-dd}");
        if (filter.To > 0)
            words.Add($"to {MinuteTime.Time(filter.To):yyyy-MM-dd}");
        return words.Count == 0 ? "anything" : string.Join(", ", words);
    }

    private static IEnumerable<string> Named(int bits, Func<int, string> word) =>
        Enumerable.Range(0, 8).Where(n => (bits & 1 << n) != 0).Select(word);
}
