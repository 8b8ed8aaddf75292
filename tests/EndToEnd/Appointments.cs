using System.Text.Json.Nodes;
using QuicProChat.Mesh.EndToEnd.Harness;

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
        await using var net = new TestNet();
        NodeProcess patient = net.Node("patient").Listening(), near = net.Node("near").Listening();
        NodeProcess far = net.Node("far").Listening(), practice = net.Node("practice").Listening();
        NodeProcess[] nodes = [patient, near, far, practice];
        Join(net, patient, near);
        Join(net, near, far);
        Join(net, far, practice);
        foreach (NodeProcess node in nodes)
        {
            Configure(node, node == patient || node == practice ? "follow" : "relay");
            await node.StartAsync();
        }

        await patient.HasRouteAsync(practice);
        await patient.HasRouteAsync(far);
        string organisation = (string)(await far.AskAsync("identity"))["publicKey"]!;
        Done(practice, "fapp", "practice", "set", "--name", "Praxis Linde", "--plz", "04109", "--procedure", "VT",
            "--payer", "GKV", "--draw", "1s", "--notes", "on");
        DateTimeOffset start = DateTimeOffset.UtcNow.AddDays(4);
        string slot = (string)Json(practice, "fapp", "slot", "add", "--start",
            start.ToString("yyyy-MM-ddTHH:mm:ssZ", null), "--minutes", "50", "--type", "probatorik")["slot"]!;

        JsonNode exported = Json(practice, "fapp", "calendar", "export", practice.DataDirectory + ".ics");
        Assert.Equal((practice.DataDirectory + ".ics", 1), ((string)exported["files"]![0]!, (int)exported["entries"]!));
        JsonNode imported =
            Json(practice, "fapp", "calendar", "import", practice.DataDirectory + ".ics", "--type", "akut");
        Assert.Equal((0, 0), (imported["added"]!.AsArray().Count, (int)imported["leftOut"]!));
        JsonNode own = List(practice, "fapp", "slot", "list").Single()!;
        Assert.Equal((string)own["start"]!, (string)own["until"]!);

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
        string id = (string)Json(patient, "fapp", "reserve", slot, "--note", Note)["id"]!;
        var random = new Random(Seed);
        foreach (NodeProcess victim in new[] { patient, far, near }.OrderBy(_ => random.Next()))
        {
            await victim.KillAsync();
            await Task.Delay(random.Next(300));
            await victim.StartAsync();
        }

        JsonNode? request = null;
        await practice.EventuallyAsync("drawn", () =>
        {
            request = List(practice, "fapp", "requests").SingleOrDefault(r => (string)r!["state"]! == "drawn");
            return Is(request is not null);
        }, Patience);
        Assert.Equal((id, Note), ((string)request!["id"]!, (string)request["note"]!));
        Assert.Equal((string)Reservation(patient)["code"]!, (string)request["code"]!);
        await practice.KillAsync();
        await practice.StartAsync();
        Done(practice, "fapp", "confirm", id[..8]);
        await practice.KillAsync();
        await patient.KillAsync();
        await practice.StartAsync();
        await Task.Delay(TimeSpan.FromSeconds(12));
        // The answer is there when the patient's node returns.
        await patient.StartAsync();
        await patient.EventuallyAsync("booked", () => Is((string)Reservation(patient)["state"]! == "booked"), Patience);
        Assert.Equal("held", (string)List(practice, "fapp", "slot", "list").Single()!["state"]!);
        await patient.EventuallyAsync("no longer offered", () => Is(Slots(patient).Length == 0), Patience);
        Done(patient, "fapp", "acknowledge", id);
        await practice.EventuallyAsync(
            "attends", () => Is((bool)List(practice, "fapp", "requests").Single()!["attends"]!), Patience);
        Done(patient, "fapp", "cancel", id);
        await practice.EventuallyAsync("free again",
            () => Is((string)List(practice, "fapp", "slot", "list").Single()!["state"]! == "free"), Patience);
        Assert.Equal("cancelled", (string)Reservation(patient)["state"]!);
        await patient.EventuallyAsync("offered again", () => Is(Slots(patient).Contains(slot)), Patience);
        Assert.True((long)Json(far, "fapp", "status")["forwarded"]!
            + (long)Json(near, "fapp", "status")["forwarded"]! > 0);
        Assert.Equal(0, (long)Json(patient, "fapp", "status")["forwarded"]!);
    }

    private static void Join(TestNet net, NodeProcess a, NodeProcess b)
    {
        Cable cable = net.Connect(a.Machine, b.Machine);
        a.Dialling(cable.AddressB);
        b.Dialling(cable.AddressA);
    }

    private static void Configure(NodeProcess node, string mode)
    {
        string file = node.DataDirectory + ".json";
        File.WriteAllText(file, new JsonObject
        {
            ["fapp"] = mode,
            ["fappRegions"] = new JsonArray("04"),
            ["fappPublish"] = "10s",
            ["fappDelay"] = "1s",
            ["fappCover"] = "0s",
            ["fappTrustsClock"] = true,
        }.ToJsonString());
        node.With("--config", file);
    }

    private static Task<bool> Is(bool value) => Task.FromResult(value);

    private static void Done(NodeProcess node, params string[] command)
    {
        (int code, string output, string error) = Run(node, command);
        Assert.True(code == 0, $"{string.Join(' ', command)}: {output} {error}\n{node.LastWords()}");
    }

    private static JsonNode Json(NodeProcess node, params string[] command)
    {
        (int code, string output, string error) = Run(node, [.. command, "--json"]);
        Assert.True(code == 0, $"{string.Join(' ', command)}: {output} {error}\n{node.LastWords()}");
        return JsonNode.Parse(output)!;
    }

    private static JsonArray List(NodeProcess node, params string[] command) => Json(node, command).AsArray();

    private static JsonNode Reservation(NodeProcess patient) => List(patient, "fapp", "reservations").Single()!;

    private static string[] Slots(NodeProcess node, params string[] filter) =>
        [.. Json(node, ["fapp", "search", .. filter])["slots"]!.AsArray().Select(s => (string)s!["slot"]!)];

    private static (int ExitCode, string Output, string Error) Run(NodeProcess node, string[] command)
    {
        var run = node.Ctl(command);
        return (run.ExitCode, run.Output, run.Errors);
    }
}
