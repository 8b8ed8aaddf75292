using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Fapp;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands of practices.</summary>
internal static class FappPracticeHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.FappPracticeSet, SetAsync),
        CommandHandler.For(Commands.FappPracticeShow, async (node, r) =>
            await InfoAsync(node, await node.Fapp.PracticeAsync(Place(r.Place)).ConfigureAwait(false))
                .ConfigureAwait(false)),
        CommandHandler.For(Commands.FappSlotAdd, AddAsync),
        CommandHandler.For(Commands.FappSlotWithdraw, WithdrawAsync),
        CommandHandler.For(Commands.FappSlotList, SlotsAsync),
        CommandHandler.For(Commands.FappRequests, RequestsAsync),
        CommandHandler.For(Commands.FappConfirm, async (node, r) =>
            FappInfos.Of(await node.Fapp.ConfirmAsync(FappHandlers.Id(r.Id)).ConfigureAwait(false))),
        CommandHandler.For(Commands.FappRefuse, async (node, r) => FappInfos.Of(await node.Fapp.RefuseAsync(
            FappHandlers.Id(r.Id), r.Before is { } b ? MinuteTime.Of(FappWords.TimeOf("before", b)) : 0)
                .ConfigureAwait(false))),
        CommandHandler.For(Commands.FappNoShow, async (node, r) =>
            FappInfos.Of(await node.Fapp.NoShowAsync(FappHandlers.Id(r.Id)).ConfigureAwait(false))),
    ];

    /// <summary>Which of the node's practices.</summary>
    internal static byte Place(int? place) => place switch
    {
        null => 0,
        >= 0 and < Appointments.MaxPlaces => (byte)place.Value,
        _ => throw ControlException.Usage($"\"place\" is a number from 0 to {Appointments.MaxPlaces - 1}"),
    };

    private static async Task<FappPracticeInfo> SetAsync(MeshNode node, FappPracticeSetRequest request)
    {
        PracticeSetup setup =
            await node.Fapp.SetPracticeAsync(Place(request.Place), before => Refusing(() => Change(before, request)))
                .ConfigureAwait(false);
        return await InfoAsync(node, setup).ConfigureAwait(false);
    }

    private static Task<FappPracticeInfo> InfoAsync(MeshNode node, PracticeSetup setup) => node.AskAsync(_ =>
        FappInfos.Of(setup, node.Identity.Address.ToString(), node.FappLevelOf(node.Identity.PublicKey.Span),
            node.FappRivals()));

    /// <summary>It runs within a transaction, which takes a refusal and no error of usage.</summary>
    private static PracticeSetup Refusing(Func<PracticeSetup> change)
    {
        try
        {
            return change();
        }
        catch (ControlException e)
        {
            throw new FappException(e.Message);
        }
    }

    private static PracticeSetup Change(PracticeSetup? before, FappPracticeSetRequest request)
    {
        SlotAnnounce? known = before?.Announce;
        if (known is null && (request.Name is null || request.Plz is null))
            throw new FappException("a new practice needs a name and a postal code: --name and --plz");
        PostalCode plz = known?.Plz ?? default;
        if (request.Plz is { } digits && !PostalCode.TryParse(digits, out plz))
            throw new FappException(
                $"'{digits}' is no postal code: it has five digits, and a zero at its beginning counts");
        bool isOn(string key, string? text, bool otherwise) => text switch
        {
            null => otherwise,
            "on" => true,
            "off" => false,
            _ => throw new FappException($"\"{key}\" is on or off"),
        };
        bool refuses = isOn("refusals", request.Refusals, known?.Wishes.HasFlag(Wishes.Refuses) ?? false);
        var announce = new SlotAnnounce
        {
            Name = request.Name ?? known!.Name,
            Contact = request.Contact ?? known?.Contact ?? "",
            Plz = plz,
            Provider = request.Provider is { } p ? FappWords.ProviderOf("provider", p) : known?.Provider
                ?? Provider.Practice,
            Profession = request.Profession is { } f ? FappWords.ProfessionOf("profession", f) : known?.Profession
                ?? Profession.Psychotherapist,
            Procedures = request.Procedure is { } c ? FappWords.ProceduresOf("procedure", c) : known?.Procedures ?? 0,
            Payers = request.Payer is { } y ? FappWords.PayersOf("payer", y) : known?.Payers ?? 0,
            Ages = request.Age is { } a ? FappWords.AgesOf("age", a) : known?.Ages ?? 0,
            Accessibility = request.Access is { } x ? FappWords.AccessOf("access", x) : known?.Accessibility ?? 0,
            Languages = request.Language?.Split(',', StringSplitOptions.TrimEntries
                | StringSplitOptions.RemoveEmptyEntries) ?? known?.Languages ?? [],
            Link = request.Link ?? known?.Link ?? "",
            Effort = (byte)Math.Clamp(request.Effort ?? known?.Effort ?? 0, 0, byte.MaxValue),
            Attestation = known?.Attestation ?? [],
            Wishes = refuses ? Wishes.Refuses : Wishes.None,
            RequestKey = known?.RequestKey ?? [],
        };
        return new PracticeSetup
        {
            Announce = announce,
            Modality = request.Modality is { } m ? FappWords.ModalityOf("modality", m) : before?.Modality
                ?? Modality.Praxis,
            Draw = request.Draw is { } d ? DrawOf(d) : before?.Draw ?? PracticeSetup.StandardDraw,
            IsAuto = request.Confirm switch
            {
                null => before?.IsAuto ?? false,
                "hand" => false,
                "auto" => true,
                _ => throw new FappException("\"confirm\" is hand or auto"),
            },
            Pin = PinOf(request.Pin ?? before?.Pin ?? ""),
            KeepsNotes = isOn("notes", request.Notes, before?.KeepsNotes ?? false),
        };
    }

    private static long DrawOf(string text) =>
        Quantity.TryParseDuration(text, out TimeSpan draw) && draw.TotalSeconds <= PracticeSetup.MaxDraw
            ? (long)draw.TotalSeconds : throw new FappException("\"draw\" is a duration of a day at most, such as 30m");

    private static string PinOf(string pin) => DisplayName.Explain(pin, SlotReserve.MaxPin) is { } wrong
        ? throw new FappException($"\"pin\": {wrong}") : pin;

    private static async Task<FappOwnSlotInfo> AddAsync(MeshNode node, FappSlotAddRequest request)
    {
        if (request.Start is null || request.Minutes is null || request.Type is null)
            throw ControlException.Usage("a slot needs \"start\", \"minutes\" and \"type\"");
        if (request.Minutes is < 1 or > Slot.MaxMinutes)
            throw ControlException.Usage($"\"minutes\" is a number from 1 to {Slot.MaxMinutes}");
        var slot = new Slot(
            default, MinuteTime.Of(FappWords.TimeOf("start", request.Start)), (ushort)request.Minutes,
            FappWords.PhaseOf("type", request.Type),
            request.Setting is { } s ? FappWords.SettingOf("setting", s) : Mesh.Fapp.Records.Setting.Single,
            request.Modality is { } m ? FappWords.ModalityOf("modality", m) : Modality.Other,
            request.Follows is { } f ? FappWords.FollowsOf("follows", f) : FollowUp.No);
        return FappInfos.Of(await node.Fapp.AddSlotAsync(Place(request.Place), slot).ConfigureAwait(false));
    }

    private static async Task<FappOwnSlotInfo> WithdrawAsync(MeshNode node, FappSlotWithdrawRequest request) =>
        SlotId.TryParse(request.Slot ?? "", out SlotId slot)
            ? FappInfos.Of(await node.Fapp.WithdrawSlotAsync(slot).ConfigureAwait(false))
            : throw ControlException.Usage("\"slot\" is 8 digits");

    private static async Task<IReadOnlyList<FappOwnSlotInfo>> SlotsAsync(MeshNode node, FappSlotListRequest request) =>
        [.. (await node.Fapp.SlotsAsync(Place(request.Place)).ConfigureAwait(false)).Select(FappInfos.Of)];

    private static async Task<IReadOnlyList<FappRequestInfo>> RequestsAsync(MeshNode node, NoArguments request) =>
        [.. (await node.Fapp.RequestsAsync().ConfigureAwait(false)).Select(FappInfos.Of)];
}
