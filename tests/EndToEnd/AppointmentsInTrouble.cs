using System.Text.Json.Nodes;
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
        AssertHas(Json(patient, "fapp", "search")["slots"]![0]!,
            "slot", "practice", "name", "level", "plz", "start", "minutes", "type", "modality", "follows", "age");

        // The practice's node is off; the request waits in the mesh, and so may the patient's node be.
        await practice.StopAsync();
        string id = (string)Json(patient, "fapp", "reserve", slot, "--note", "Rueckruf")["id"]!;
        AssertHas(Reservation(patient, id), "id", "slot", "state");
        await EventuallyAsync("forwarded", () => (long)Json(far, "fapp", "status")["forwarded"]! > 0);
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
        Assert.Equal((id, "booked"), ((string)scene.Request("booked")!["id"]!, StateOf(patient, id)));
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
            patients.Single(p => Json(p, "fapp", "reservations").AsArray().Any(r => (string)r!["id"]! == booked[last]));
        Task kills = KillAsync([scene.Practice, first, scene.Far], random.Next());
        await EventuallyAsync("given back", () => Try(first, "fapp", "cancel", booked[last]) is not null
            || Try(first, "fapp", "reservations") is { } all && all.AsArray()
                .Any(r => (string)r!["id"]! == booked[last] && (string)r["state"]! == "cancelled"));
        await EventuallyAsync("cancelled there", () => RequestsOf(scene, last)
            .Any(r => (string)r["state"]! == "cancelled"));
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
        JsonNode[] requests = [.. Json(scene.Practice, "fapp", "requests").AsArray().Select(static r => r!)];
        foreach ((string slot, string holder) in booked)
        {
            JsonNode held = Assert.Single(requests, r => (string)r["slot"]! == slot && (string)r["state"]! is "drawn"
                or "offered" or "booked");
            Assert.Equal((holder, "booked"), ((string)held["id"]!, (string)held["state"]!));
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
            slot = Listed(scene, start) ?? (string?)Try(
                scene.Practice, "fapp", "slot", "add", "--start", start, "--minutes", "50", "--type",
                "probatorik")?["slot"];
            return slot is not null;
        });
        return slot!;
    }

    private static string? Listed(FappScene scene, string start) =>
        Try(scene.Practice, "fapp", "slot", "list")?.AsArray()
        .Where(s => DateTimeOffset.Parse((string)s!["start"]!, null) == DateTimeOffset.Parse(start, null))
        .Select(static s => (string)s!["slot"]!).SingleOrDefault();

    private static async Task<string> ReserveAsync(NodeProcess patient, string slot)
    {
        string? id = null;
        await EventuallyAsync($"{patient.Name} asks for {slot}", () =>
        {
            id = Try(patient, "fapp", "reservations")?.AsArray().Where(r => (string)r!["slot"]! == slot)
                .Select(static r => (string)r!["id"]!).SingleOrDefault();
            if (id is null)
                Try(patient, "fapp", "reserve", slot);
            return id is not null;
        });
        return id!;
    }

    private static async Task<string> ConfirmAsync(FappScene scene, string slot)
    {
        string? holder = null;
        await EventuallyAsync($"{slot} booked", () =>
        {
            JsonNode[] requests = RequestsOf(scene, slot);
            if (requests.FirstOrDefault(static r => (string)r["state"]! == "drawn") is { } drawn)
                Try(scene.Practice, "fapp", "confirm", (string)drawn["id"]!);
            holder = requests.Where(static r => (string)r["state"]! == "booked").Select(static r => (string)r["id"]!)
                .SingleOrDefault();
            return holder is not null;
        });
        return holder!;
    }

    private static JsonNode[] RequestsOf(FappScene scene, string slot) =>
        [.. Try(scene.Practice, "fapp", "requests")?.AsArray()
        .Select(static r => r!).Where(r => (string)r["slot"]! == slot) ?? []];
}
