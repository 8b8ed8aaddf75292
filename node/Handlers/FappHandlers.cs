using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Fapp;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands of patients.</summary>
internal static class FappHandlers
{
    private const int UsualSlots = 50;
    private const int MostSlots = 500;

    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.FappSearch, SearchAsync),
        CommandHandler.For(Commands.FappWatch, WatchAsync),
        CommandHandler.For(Commands.FappWatchList, WatchesAsync),
        CommandHandler.For(Commands.FappWatchRemove, UnwatchAsync),
        CommandHandler.For(Commands.FappReserve, ReserveAsync),
        CommandHandler.For(Commands.FappReservations, ReservationsAsync),
        CommandHandler.For(Commands.FappAcknowledge, async (node, r) =>
            FappInfos.Of(await node.Fapp.AcknowledgeAsync(Id(r.Id)).ConfigureAwait(false))),
        CommandHandler.For(Commands.FappCancel, CancelAsync),
        CommandHandler.For(Commands.FappRefusals, RefusalsAsync),
        CommandHandler.For(Commands.FappStatus, (node, _) => node.AskAsync(_ => node.FappStatus())),
    ];

    /// <summary>An id that has to be there.</summary>
    internal static string Id(string? id) =>
        id is { Length: > 0 } ? id : throw ControlException.Usage("this command needs \"id\"");

    private static async Task<FappSearchInfo> SearchAsync(MeshNode node, FappSearchRequest request)
    {
        SlotFilter filter = FilterOf(request);
        if (request.Ask)
            await node.Fapp.QueryAsync(filter).ConfigureAwait(false);
        SearchResult found = await node.Fapp.SearchAsync(filter).ConfigureAwait(false);
        int limit = Math.Min(request.Limit ?? UsualSlots, MostSlots);
        bool isFirst = node.IsFirstSearch();
        return new FappSearchInfo(
            [.. found.Offers.Take(limit).Select(FappInfos.Of)], found.Offers.Count, found.Practices, found.NewestAge,
            [.. found.Followed.Select(static r => r.ToString())], [.. Hints(filter, found, isFirst, request.Ask)]);
    }

    private static IEnumerable<string> Hints(SlotFilter filter, SearchResult found, bool isFirst, bool isAsked)
    {
        if (isAsked)
            yield return FappInfos.Asked;
        bool hasAkut = found.Offers.Any(static o => o.Slot.Phase == Phase.Akut)
            || (filter.Phases & 1 << (int)Phase.Akut) != 0;
        if (isFirst || hasAkut || found.Offers.Count == 0)
            yield return FappInfos.Emergency;
        if (isFirst)
            yield return FappInfos.Minors;
        if (!found.IsFollowed)
        {
            string digits = filter.Near?.ToString()[..2] ?? filter.Prefix[..Math.Min(2, filter.Prefix.Length)];
            yield return $"This node does not follow the region {digits}: add it to \"fappRegions\" in the "
                + "configuration, and start anew.";
        }

        if (!found.HasClock)
            yield return "This node has no clock that is set, so no card or list can be checked: nothing but level "
                + "none is shown.";
        if (found.Offers.Any(static o => o.Slot
            is { Modality: Modality.Video, Phase: Phase.Sprechstunde or Phase.Probatorik }))
            yield return FappInfos.VideoFirst;
        if (found.Offers.Count > 0)
            yield return FappInfos.NoMoney;
    }

    private static async Task<FappWatchInfo> WatchAsync(MeshNode node, FappWatchRequest request) =>
        await InfoAsync(node, await node.Fapp.WatchAsync(FilterOf(request)).ConfigureAwait(false))
            .ConfigureAwait(false);

    private static async Task<IReadOnlyList<FappWatchInfo>> WatchesAsync(MeshNode node, NoArguments request)
    {
        List<FappWatchInfo> infos = [];
        foreach (Watch watch in await node.Fapp.WatchesAsync().ConfigureAwait(false))
            infos.Add(await InfoAsync(node, watch).ConfigureAwait(false));
        return infos;
    }

    private static async Task<FappWatchInfo> UnwatchAsync(MeshNode node, FappWatchRemoveRequest request)
    {
        if (!byte.TryParse(request.Watch, out byte number))
            throw ControlException.Usage("\"watch\" is the number of a standing search");
        return FappInfos.Of(await node.Fapp.UnwatchAsync(number).ConfigureAwait(false), 0);
    }

    private static async Task<FappWatchInfo> InfoAsync(MeshNode node, Watch watch) =>
        FappInfos.Of(watch, (await node.Fapp.SearchAsync(watch.Filter).ConfigureAwait(false)).Offers.Count);

    private static async Task<FappReservationInfo> ReserveAsync(MeshNode node, FappReserveRequest request)
    {
        string[] parts = (request.Slot ?? "").Split('@');
        if (parts.Length > 2 || !SlotId.TryParse(parts[0], out SlotId slot))
            throw ControlException.Usage("\"slot\" is 8 digits, or SLOT@PRACTICE");
        Bounded("pin", request.Pin, SlotReserve.MaxPin);
        Bounded("note", request.Note, SlotReserve.MaxNote);
        if (request.PlaceFor is null != request.Born is null)
            throw ControlException.Usage("a refusal is made out to a person: give \"placeFor\" and \"born\" together");
        Person? person = request.PlaceFor is { } name ? PersonOf(name, request.Born!) : null;
        Reservation made = await node.Fapp.ReserveAsync(
            slot, parts.Length > 1 ? parts[1] : "",
            new ReserveWishes(request.Pin ?? "", request.Note ?? "", request.AskFirst, person, request.Ptv11))
                .ConfigureAwait(false);
        return FappInfos.Of(made);
    }

    private static Person PersonOf(string name, string born)
    {
        Bounded("placeFor", name, 100);
        if (name.Length == 0 || !DateOnly.TryParseExact(born, "yyyy-MM-dd", out DateOnly date))
            throw ControlException.Usage("\"born\" is a day such as 1990-12-31, and \"placeFor\" a name");
        byte[] salt = new byte[Person.SaltSize];
        RandomSource.System(salt);
        return new Person(name, date, salt);
    }

    private static void Bounded(string key, string? text, int most)
    {
        if (text is not null && DisplayName.Explain(text, most) is { } wrong)
            throw ControlException.Usage($"\"{key}\": {wrong}");
    }

    private static async Task<IReadOnlyList<FappReservationInfo>> ReservationsAsync(
        MeshNode node, FappReservationsRequest request)
    {
        if (request.Ask)
            await node.Fapp.QueryAnswersAsync().ConfigureAwait(false);
        return [.. (await node.Fapp.ReservationsAsync().ConfigureAwait(false)).Select(FappInfos.Of)];
    }

    private static async Task<FappReservationInfo> CancelAsync(MeshNode node, FappCancelRequest request)
    {
        (RequestView? booked, Reservation? reservation) = await node.Fapp.CancelAsync(Id(request.Id))
            .ConfigureAwait(false);
        return reservation is not null ? FappInfos.Of(reservation)
            : FappInfos.Of(booked!, node.Identity.Address.ToString());
    }

    private static async Task<IReadOnlyList<FappRefusalInfo>> RefusalsAsync(MeshNode node, NoArguments request) =>
    [
        .. (await node.Fapp.ReservationsAsync().ConfigureAwait(false))
        .Where(static r => r is { Statement: not null, Person: not null })
            .Select(static r => FappInfos.Of(r, r.Statement!, r.Person!)),
    ];

    private static SlotFilter FilterOf(FappFilterRequest request)
    {
        string plz = request.Plz ?? "";
        if (plz.Length > PostalCode.Size || !plz.All(char.IsAsciiDigit))
            throw ControlException.Usage("\"plz\" is a postal code of five digits, or the first digits of one");
        PostalCode? near = PostalCode.TryParse(plz, out PostalCode code) ? code : null;
        if (request.Within is not null && near is null)
            throw ControlException.Usage("\"within\" needs a \"plz\" of five digits");
        if (request.Within > SlotFilter.MaxWithin)
            throw ControlException.Usage($"\"within\" is at most {SlotFilter.MaxWithin} kilometres");
        Bounded("language", request.Language, SlotAnnounce.MaxLanguage);
        return new SlotFilter
        {
            // Five digits alone mean the surroundings, not one post office: distances sort them.
            Prefix = near is null || request.Within is null
                ? plz[..Math.Min(plz.Length, near is null ? plz.Length : 2)] : "",
            Near = near,
            Within = request.Within ?? 0,
            Procedures = request.Procedure is { } p ? FappWords.ProceduresOf("procedure", p) : 0,
            Payers = request.Payer is { } y ? FappWords.PayersOf("payer", y) : 0,
            Modalities = request.Modality is { } m ? FappWords.ModalityBitsOf("modality", m) : 0,
            Phases = request.Type is { } t ? FappWords.PhaseBitsOf("type", t) : 0,
            Settings = request.Setting is { } s ? 1 << (int)FappWords.SettingOf("setting", s) : 0,
            Ages = request.Age is { } a ? FappWords.AgesOf("age", a) : 0,
            Accessibility = request.Access is { } c ? FappWords.AccessOf("access", c) : 0,
            From = request.From is { } f ? MinuteTime.Of(FappWords.TimeOf("from", f)) : 0,
            To = request.To is { } e ? EndOf("to", e) : 0,
            Language = request.Language ?? "",
            Level = request.Level is { } l ? FappWords.LevelOf("level", l) : Level.Contested,
        };
    }

    /// <summary>A day alone means until its end.</summary>
    private static uint EndOf(string key, string text)
    {
        uint time = MinuteTime.Of(FappWords.TimeOf(key, text));
        return text.Contains('T', StringComparison.Ordinal) ? time : time + (uint)(FappTime.Day / FappTime.Minute) - 1;
    }
}
