using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Node.Tests.Conversations;
using static QuicProChat.Mesh.Node.Tests.Fapp.FappNodes;

namespace QuicProChat.Mesh.Node.Tests.Fapp;

/// <summary>A patient, two relays and a practice in a row: whole nodes, real gossip, real store.</summary>
public sealed class AppointmentTests : IAsyncLifetime
{
    private readonly TestNode _patient = Make("patient", FappMode.Follow), _near = Make("near", FappMode.Relay);
    private readonly TestNode _far = Make("far", FappMode.Relay), _practice = Make("practice", FappMode.Follow);

    public async Task InitializeAsync()
    {
        await TestNode.JoinAsync(_patient, _near);
        await TestNode.JoinAsync(_near, _far);
        await TestNode.JoinAsync(_far, _practice);
        await _patient.HasRouteAsync(_practice);
        await _patient.HasRouteAsync(_far);
        await VouchAsync(
            _far, _practice,
            new() { Name = "Praxis Linde", Plz = "04109", Procedure = "VT,TP", Payer = "GKV", Draw = "0s" }, _patient);
    }

    public async Task DisposeAsync()
    {
        foreach (TestNode node in (TestNode[])[_patient, _near, _far, _practice])
            await node.DisposeAsync();
    }

    [Fact]
    public async Task A_slot_is_found_asked_for_drawn_booked_and_given_back()
    {
        FappOwnSlotInfo slot = await OfferAsync("probatorik");
        FappSlotInfo found = await FindAsync(slot.Slot);
        Assert.Equal(("Praxis Linde", "list", "04109", "probatorik", "praxis"),
            (found.Name, found.Level, found.Plz, found.Type, found.Modality));
        FappReservationInfo made = await _patient.AskAsync(Commands.FappReserve, new() { Slot = slot.Slot });
        Assert.Equal("requested", made.State);
        FappRequestInfo request = await RequestAsync(_practice, "drawn");
        Assert.Equal((made.Id, made.Code), (request.Id, request.Code));
        await _practice.AskAsync(Commands.FappConfirm, new() { Id = request.Id[..6] });
        await StateAsync(made.Id, "booked");
        await UntilAsync(async () => (await SearchAsync(_patient)).Slots.Count == 0);
        await _patient.AskAsync(Commands.FappCancel, new() { Id = made.Id });
        await RequestAsync(_practice, "cancelled");
        await FindAsync(slot.Slot);
        Assert.True((await _far.AskAsync(Commands.FappStatus)).Forwarded >= 2);
        Assert.Equal(0, (await _near.AskAsync(Commands.FappStatus)).Forwarded);
    }

    [Fact]
    public async Task A_place_that_is_asked_for_is_refused_in_writing()
    {
        FappOwnSlotInfo slot = await OfferAsync("langzeit");
        await FindAsync(slot.Slot);
        FappReservationInfo made = await _patient.AskAsync(
            Commands.FappReserve,
            new()
            {
                Slot = slot.Slot,
                PlaceFor = "Erika Mustermann",
                Born = "1964-08-12",
                AskFirst = true,
                Ptv11 = true
            });
        FappRequestInfo request = await RequestAsync(_practice, "drawn");
        Assert.True(request is { AsksForPlace: true, AsksFirst: true, Ptv11: true, Note: "" });
        await _practice.AskAsync(Commands.FappRefuse, new() { Id = request.Id, Before = "2027-05-01" });
        await StateAsync(made.Id, "refused");
        FappRefusalInfo refusal = Assert.Single(await _patient.AskAsync(Commands.FappRefusals));
        Assert.Equal(("Erika Mustermann", "1964-08-12", 2027),
            (refusal.Person, refusal.Born, refusal.Before!.Value.Year));
        Assert.DoesNotContain("Erika", refusal.Record, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_standing_search_tells_of_what_is_new_and_of_nothing_else()
    {
        Assert.Equal(1, (await _patient.AskAsync(Commands.FappWatch, new() { Plz = "04", Type = "akut" })).Watch);
        using var listener = new EventReader(_patient);
        // The attestation has to be there first: what nobody vouches for is told of nobody.
        FappOwnSlotInfo first = await OfferAsync("sprechstunde");
        await FindAsync(first.Slot);
        FappOwnSlotInfo wanted = await OfferAsync("akut");
        FappWatchEvent told = await listener.UntilAsync(Events.FappWatch).WaitAsync(Patience);
        Assert.Equal((1, wanted.Slot), (told.Watch, told.Slot.Slot));
    }

    [Fact]
    public async Task Without_a_forwarder_a_request_waits_and_what_is_off_says_what_to_do()
    {
        await using TestNode off = Make("off", FappMode.Off);
        (_, string error) = await off.RefusalAsync(Commands.FappSearch);
        Assert.Contains("\"fapp\"", error, StringComparison.Ordinal);
        FappSearchInfo first = await SearchAsync(_near);
        Assert.Contains(first.Hints, h => h.Contains("112", StringComparison.Ordinal));
        FappSearchInfo foreign = await _near.AskAsync(Commands.FappSearch, new() { Plz = Foreign(first.Regions) });
        Assert.Contains(foreign.Hints, h => h.Contains("fappRegions", StringComparison.Ordinal));
        // The relay next to the practice has no neighbour's neighbour but the patient, who forwards nothing.
        FappOwnSlotInfo slot = await OfferAsync("probatorik");
        await _far.AskAsync(
            Commands.FappTrust, new() { Organisation = (await _far.AskAsync(Commands.Identity)).PublicKey });
        await UntilAsync(async () => (await SearchAsync(_far)).Slots.Any(s => s.Slot == slot.Slot));
        Assert.Equal("requested", (await _far.AskAsync(Commands.FappReserve, new() { Slot = slot.Slot })).State);
        Assert.Equal(0, (await _far.AskAsync(Commands.FappStatus)).Forwarders);
        Assert.Empty(await _practice.AskAsync(Commands.FappRequests));
    }

    [Fact]
    public async Task A_patient_whose_only_neighbour_is_the_practice_is_not_asked_for()
    {
        await using TestNode alone = Make("alone", FappMode.Follow);
        await TestNode.JoinAsync(alone, _practice);
        FappOwnSlotInfo slot = await OfferAsync("kurzzeit");
        await alone.AskAsync(
            Commands.FappTrust, new() { Organisation = (await alone.AskAsync(Commands.Identity)).PublicKey });
        await UntilAsync(async () => (await SearchAsync(alone, "none")).Practices > 0);
        await alone.AskAsync(Commands.FappListSign, new() { Practice = _practice.Address });
        await UntilAsync(async () => (await SearchAsync(alone)).Slots.Any(s => s.Slot == slot.Slot));
        (_, string error) = await alone.RefusalAsync(Commands.FappReserve, new() { Slot = slot.Slot });
        Assert.Contains("only neighbour", error, StringComparison.Ordinal);
        Assert.Empty(await alone.AskAsync(Commands.FappReservations));
    }

    private static string Foreign(IReadOnlyList<string> followed) =>
        Enumerable.Range(0, 100).Select(n => n.ToString("00", null)).First(r => !followed.Contains(r));

    private static Task<FappSearchInfo> SearchAsync(TestNode node, string? level = null) =>
        node.AskAsync(Commands.FappSearch, new() { Plz = "04", Level = level });

    private Task<FappOwnSlotInfo> OfferAsync(string type) => _practice.AskAsync(Commands.FappSlotAdd, new()
    {
        Start = DateTimeOffset.UtcNow.AddDays(5 + type.Length).ToString("yyyy-MM-ddTHH:mm:ssZ", null),
        Minutes = 50,
        Type = type,
    });

    private async Task<FappSlotInfo> FindAsync(string slot)
    {
        FappSlotInfo? found = null;
        await UntilAsync(async () => (found = (await SearchAsync(_patient)).Slots.FirstOrDefault(s => s.Slot == slot))
            is not null);
        return found!;
    }

    private Task StateAsync(string id, string state) => UntilAsync(async () =>
        (await _patient.AskAsync(Commands.FappReservations)).Single(r => r.Id == id).State == state);
}
