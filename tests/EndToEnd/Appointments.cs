using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using static QuicProChat.Mesh.EndToEnd.Harness.FappScene;

namespace QuicProChat.Mesh.EndToEnd;

public class Appointments
{
    private const int Seed = 20261129;
    private const string Note = "Rueckruf abends";

    /// <summary>
    /// Publications every ten seconds, a forwarder's wait, a draw of a second, and a machine under load.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_reservation_lives_from_search_to_booking_and_cancelling_whoever_is_killed_meanwhile()
    {
        await using var scene = new FappScene();
        (NodeProcess patient, NodeProcess near, NodeProcess far, NodeProcess practice) =
            (scene.Patient, scene.Near, scene.Far, scene.Practice);
        foreach (NodeProcess node in (NodeProcess[])[patient, near, far, practice])
            await scene.StartAsync(node, node == patient || node == practice ? "follow" : "relay");

        await patient.HasRouteAsync(practice);
        await patient.HasRouteAsync(far);
        string organisation = (await far.AskAsync(Commands.Identity)).PublicKey;
        Done(practice, "fapp", "practice", "set", "--name", "Praxis Linde", "--plz", "04109", "--procedure", "VT",
            "--payer", "GKV", "--draw", "1s", "--notes", "on");
        DateTimeOffset start = DateTimeOffset.UtcNow.AddDays(4);
        string slot = practice.Ctl(Commands.FappSlotAdd, "--start",
            start.ToString("yyyy-MM-ddTHH:mm:ssZ", null), "--minutes", "50", "--type", "probatorik").Slot;

        string calendar = practice.DataDirectory + ".ics";
        FappExportInfo exported =
            practice.Ctl(ApiJson.Default.FappExportInfo, "fapp", "calendar", "export", calendar);
        Assert.Equal((calendar, 1), (exported.Files[0], exported.Entries));
        FappCalendarImportInfo imported = practice.Ctl(
            ApiJson.Default.FappCalendarImportInfo, "fapp", "calendar", "import", calendar, "--type", "akut");
        Assert.Equal((0, 0), (imported.Added.Count, imported.LeftOut));
        FappOwnSlotInfo own = practice.Ctl(Commands.FappSlotList).Single();
        Assert.Equal(own.Start, own.Until);

        // Nobody vouches: hidden, and not to be reserved.
        await patient.EventuallyAsync(
            "announced", () => Is(Slots(patient, "--level", "none").Contains(slot)), Patience);
        Assert.Empty(Slots(patient));
        Assert.NotEqual(0, patient.Ctl("fapp", "reserve", slot).ExitCode);
        await far.EventuallyAsync("announced there", () => Is(Slots(far, "--level", "none").Contains(slot)), Patience);
        Done(far, "fapp", "list", "sign", practice.Address);
        Done(patient, "fapp", "trust", organisation);
        await patient.EventuallyAsync("vouched for",
            () => Is(Slots(patient, "--plz", "04", "--payer", "GKV", "--type", "probatorik").Contains(slot)), Patience);
        Assert.Empty(Slots(patient, "--payer", "PKV"));
        Assert.Empty(Slots(patient, "--plz", "01"));

        // Killed between the command and everything that follows.
        string id = patient.Ctl(Commands.FappReserve, slot, "--note", Note).Id;
        var random = new Random(Seed);
        foreach (NodeProcess victim in new[] { patient, far, near }.OrderBy(_ => random.Next()))
        {
            await victim.KillAsync();
            await Task.Delay(random.Next(300));
            await victim.StartAsync();
        }

        FappRequestInfo? request = null;
        await practice.EventuallyAsync("drawn", () =>
        {
            request = practice.Ctl(Commands.FappRequests).SingleOrDefault(r => r.State == "drawn");
            return Is(request is not null);
        }, Patience);
        Assert.Equal((id, Note), (request!.Id, request.Note));
        Assert.Equal(Reservation(patient).Code, request.Code);
        await practice.KillAsync();
        await practice.StartAsync();
        Done(practice, "fapp", "confirm", id[..8]);
        await practice.KillAsync();
        await patient.KillAsync();
        await practice.StartAsync();
        await Task.Delay(TimeSpan.FromSeconds(12));
        // The answer is there when the patient's node returns.
        await patient.StartAsync();
        await patient.EventuallyAsync("booked", () => Is(Reservation(patient).State == "booked"), Patience);
        Assert.Equal("held", practice.Ctl(Commands.FappSlotList).Single().State);
        await patient.EventuallyAsync("no longer offered", () => Is(Slots(patient).Length == 0), Patience);
        Done(patient, "fapp", "acknowledge", id);
        await practice.EventuallyAsync(
            "attends", () => Is(practice.Ctl(Commands.FappRequests).Single().Attends), Patience);
        Done(patient, "fapp", "cancel", id);
        await practice.EventuallyAsync("free again",
            () => Is(practice.Ctl(Commands.FappSlotList).Single().State == "free"), Patience);
        Assert.Equal("cancelled", Reservation(patient).State);
        await patient.EventuallyAsync("offered again", () => Is(Slots(patient).Contains(slot)), Patience);
        Assert.True(far.Ctl(Commands.FappStatus).Forwarded + near.Ctl(Commands.FappStatus).Forwarded > 0);
        Assert.Equal(0, patient.Ctl(Commands.FappStatus).Forwarded);
    }

    private static Task<bool> Is(bool value) => Task.FromResult(value);

    private static FappReservationInfo Reservation(NodeProcess patient) =>
        patient.Ctl(Commands.FappReservations).Single();
}
