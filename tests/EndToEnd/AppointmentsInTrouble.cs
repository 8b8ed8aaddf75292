using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using static QuicProChat.Mesh.EndToEnd.Harness.FappScene;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// Reservations while nodes are off, or killed at random moments: case 10 of docs/reference/fapp.md with real daemons.
/// </summary>
public class AppointmentsInTrouble
{
    private const int Seed = 20261130;
    private const int Rounds = 4;
    private const int KillsInRound = 5;

    [Fact]
    public async Task Case_10_the_practice_is_off_when_somebody_asks_and_the_patient_until_the_answer_waits_and_then_the_practice_is_gone()
    {
        await using var scene = new FappScene();
        (NodeProcess patient, NodeProcess near, NodeProcess far, NodeProcess practice) =
            (scene.Patient, scene.Near, scene.Far, scene.Practice);
        await scene.StartAsync("relay", ["--draw", "1s"], patient);
        string slot = scene.Offer(4);
        await EventuallyAsync("the slot at the patient", () => Slots(patient, "--plz", "04").Contains(slot));
        await patient.HasRouteAsync(far);

        // What scripts rely on.
        AssertHas(patient.CtlJson("fapp", "search")["slots"]![0]!,
            "slot", "practice", "name", "level", "plz", "start", "minutes", "type", "modality", "follows", "age");

        // The practice's node is off; the request waits in the mesh, and so may the patient's node be.
        await practice.StopAsync();
        string id = patient.Ctl(Commands.FappReserve, slot, "--note", "Rueckruf").Id;
        AssertHas(patient.CtlJson("fapp", "reservations")[0]!, "id", "slot", "state");
        await EventuallyAsync("forwarded", () => far.Ctl(Commands.FappStatus).Forwarded > 0);
        await patient.StopAsync();
        await practice.StartAsync();
        await EventuallyAsync("drawn", () => scene.Request("drawn") is not null);
        Done(practice, "fapp", "confirm", id);
        // What is held is announced no more: then the answers of the same publication are there too, or come at once.
        await EventuallyAsync("the answer in the mesh", () => Slots(near, "--level", "none").Length
            + Slots(far, "--level", "none").Length == 0);
        await Task.Delay(TimeSpan.FromSeconds(5));
        await practice.StopAsync();

        await patient.StartAsync();
        await EventuallyAsync("booked", () => StateOf(patient, id) == "booked");
        await practice.StartAsync();
        Assert.Equal((id, "booked"), (scene.Request("booked")!.Id, StateOf(patient, id)));
        Done(patient, "fapp", "cancel", id);
        await EventuallyAsync("cancelled", () => scene.Request("cancelled") is not null);
        await EventuallyAsync("offered again", () => Slots(patient, "--plz", "04").Contains(slot));
    }

    [Fact]
    public async Task Case_10_killed_at_random_moments_no_slot_is_booked_twice_no_booking_is_lost_and_every_state_is_true()
    {
        await using var scene = new FappScene();
        NodeProcess other = scene.Add("other");
        scene.Join(other, scene.Near);
        NodeProcess[] patients = [scene.Patient, other];
        await scene.StartAsync("relay", ["--draw", "2s"], patients);
        foreach (NodeProcess patient in patients)
            await patient.HasRouteAsync(scene.Far);
        var random = new Random(Seed);
        var booked = new Dictionary<string, string>();
        for (int round = 0; round < Rounds; round++)
        {
            NodeProcess[] victims = [.. Enumerable.Range(0, KillsInRound).Select(i => i switch
            {
                0 => scene.Practice,
                1 => scene.Far,
                2 => scene.Patient,
                _ => ((NodeProcess[])[scene.Practice, scene.Far, scene.Patient, other])[random.Next(4)],
            }).OrderBy(_ => random.Next())];
            Task chaos = KillAsync(victims, random.Next());
            string start = StartIn(3 + round);
            string slot = await OfferAsync(scene, start);
            string[] ids = [.. await Task.WhenAll(patients.Select(p => ReserveAsync(p, slot)))];
            string holder = await ConfirmAsync(scene, slot);
            await chaos;
            booked[slot] = holder;
            Assert.Contains(holder, ids);
            // Both were asked for before anything else: one has it, and the other one knows that it has not.
            for (int i = 0; i < patients.Length; i++)
            {
                string expected = ids[i] == holder ? "booked" : "waiting";
                await EventuallyAsync($"{patients[i].Name} {expected}", () => StateOf(patients[i], ids[i]) == expected);
            }

            AllAreHeld(scene, booked);
        }

        // Whoever gives it back leaves it to the one who waits, whatever is killed meanwhile.
        string last = booked.Keys.Last();
        NodeProcess first =
            patients.Single(p => p.Ctl(Commands.FappReservations).Any(r => r.Id == booked[last]));
        Task kills = KillAsync([scene.Practice, first, scene.Far], random.Next());
        await EventuallyAsync("given back", () => first.TryCtl(Commands.FappCancel, booked[last]) is not null
            || first.TryCtl(Commands.FappReservations) is { } all
                && all.Any(r => r.Id == booked[last] && r.State == "cancelled"));
        await EventuallyAsync("cancelled there", () => RequestsOf(scene, last)
            .Any(r => r.State == "cancelled"));
        string next = await ConfirmAsync(scene, last);
        await kills;
        Assert.NotEqual(booked[last], next);
        booked[last] = next;
        NodeProcess second = patients.Single(p => p != first);
        await EventuallyAsync("the one who waited has it", () => StateOf(second, next) == "booked");
        AllAreHeld(scene, booked);
    }

    private static void AssertHas(JsonNode answer, params string[] keys) =>
        Assert.Subset(answer.AsObject().Select(static p => p.Key).ToHashSet(), keys.ToHashSet());

    /// <summary>One request has each slot: the one that always had it.</summary>
    private static void AllAreHeld(FappScene scene, Dictionary<string, string> booked)
    {
        IReadOnlyList<FappRequestInfo> requests = scene.Practice.Ctl(Commands.FappRequests);
        foreach ((string slot, string holder) in booked)
        {
            FappRequestInfo held = Assert.Single(requests, r => r.Slot == slot && r.State is "drawn"
                or "offered" or "booked");
            Assert.Equal((holder, "booked"), (held.Id, held.State));
        }
    }

    /// <summary>Kills one after the other, each as a power cut would, and starts it again.</summary>
    private static async Task KillAsync(NodeProcess[] victims, int seed)
    {
        var random = new Random(seed);
        foreach (NodeProcess victim in victims)
        {
            await Task.Delay(random.Next(3000));
            await victim.KillAsync();
            await Task.Delay(random.Next(1000));
            await victim.StartAsync();
        }
    }

    /// <summary>A command whose answer was lost may have been carried out: whoever repeats it looks first.</summary>
    private static async Task<string> OfferAsync(FappScene scene, string start)
    {
        string? slot = null;
        await EventuallyAsync("a slot", () =>
        {
            slot = Listed(scene, start) ?? scene.Practice.TryCtl(
                Commands.FappSlotAdd, "--start", start, "--minutes", "50", "--type", "probatorik")?.Slot;
            return slot is not null;
        });
        return slot!;
    }

    private static string? Listed(FappScene scene, string start) =>
        scene.Practice.TryCtl(Commands.FappSlotList)?
            .SingleOrDefault(s => s.Start == DateTimeOffset.Parse(start, null))?.Slot;

    private static async Task<string> ReserveAsync(NodeProcess patient, string slot)
    {
        string? id = null;
        await EventuallyAsync($"{patient.Name} asks for {slot}", () =>
        {
            id = patient.TryCtl(Commands.FappReservations)?.SingleOrDefault(r => r.Slot == slot)?.Id;
            if (id is null)
                patient.TryCtl(Commands.FappReserve, slot);
            return id is not null;
        });
        return id!;
    }

    private static async Task<string> ConfirmAsync(FappScene scene, string slot)
    {
        string? holder = null;
        await EventuallyAsync($"{slot} booked", () =>
        {
            FappRequestInfo[] requests = RequestsOf(scene, slot);
            if (requests.FirstOrDefault(static r => r.State == "drawn") is { } drawn)
                scene.Practice.TryCtl(Commands.FappConfirm, drawn.Id);
            holder = requests.Where(static r => r.State == "booked").Select(static r => r.Id)
                .SingleOrDefault();
            return holder is not null;
        });
        return holder!;
    }

    private static FappRequestInfo[] RequestsOf(FappScene scene, string slot) =>
        [.. scene.Practice.TryCtl(Commands.FappRequests)?.Where(r => r.Slot == slot) ?? []];
}
