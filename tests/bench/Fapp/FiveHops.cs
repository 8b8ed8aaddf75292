using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace QuicProChat.Mesh.Bench;

/// <summary>
/// Six daemons in a line, over loopback: from the command at the patient's node until the practice's node has decided,
/// without the wait
/// of the forwarder and of the draw.
/// </summary>
internal static class FiveHops
{
    private const int Requests = 40;
    private const int Nodes = 6;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    internal static async Task MeasureAsync(string program, string directory, Table table)
    {
        Directory.CreateDirectory(directory);
        var nodes = new List<Daemon>();
        try
        {
            for (int i = 0; i < Nodes; i++)
            {
                bool isEnd = i is 0 or Nodes - 1;
                string file = Path.Combine(directory, $"{i}.json");
                File.WriteAllText(file, $$"""
                    {"fapp":"{{(isEnd ? "follow" : "relay")}}","fappRegions":["04"],"fappPublish":"10s","fappDelay":"0s","fappCover":"0s","fappTrustsClock":true,"discovery":"off"}
                    """);
                string[] peer = i > 0 ? ["--peer", nodes[i - 1].Uri!] : [];
                nodes.Add(await Daemon.StartAsync(program, directory, $"n{i}",
                    ["--config", file, "--listen", "tcp://127.0.0.1:0", .. peer]));
            }

            await nodes[0].HasRouteAsync(nodes[^1].Address);
            await nodes[^1].HasRouteAsync(nodes[0].Address);
            await RunAsync(nodes[0], nodes[2], nodes[^1], table);
        }
        finally
        {
            foreach (Daemon node in nodes)
                node.Dispose();
        }
    }

    private static async Task RunAsync(Daemon patient, Daemon organisation, Daemon practice, Table table)
    {
        using Client at = new(patient.Control), there = new(practice.Control), far = new(organisation.Control);
        Do(there, """{"command":"fapp-practice-set","name":"Praxis","plz":"04109","payer":"GKV","draw":"0s"}""");
        string key = Do(far, """{"command":"identity"}""").GetProperty("publicKey").GetString()!;
        Do(at, $$"""{"command":"fapp-trust","organisation":"{{key}}"}""");
        await UntilAsync(() => Do(far, """{"command":"fapp-search","level":"none"}""").GetProperty("practices")
            .GetInt32() > 0);
        Do(far, $$"""{"command":"fapp-list-sign","practice":"{{practice.Address}}"}""");
        var slots = new List<string>();
        for (int i = 0; i < Requests; i++)
        {
            string start = DateTimeOffset.UtcNow.AddDays(3).AddHours(i)
                .ToString("yyyy-MM-ddTHH:mm:00Z", CultureInfo.InvariantCulture);
            slots.Add(Do(there, $$"""{"command":"fapp-slot-add","start":"{{start}}","minutes":50,"type":"akut"}""")
                .GetProperty("slot").GetString()!);
        }

        await UntilAsync(() => Do(at, """{"command":"fapp-search","plz":"04"}""").GetProperty("slots").GetArrayLength()
            == Requests);
        var times = new List<double>();
        foreach (string slot in slots)
        {
            // A patient has 32 requests under way at most.
            long begun = Stopwatch.GetTimestamp();
            string id = Do(at, $$"""{"command":"fapp-reserve","slot":"{{slot}}"}""").GetProperty("id").GetString()!;
            await UntilAsync(() => Do(there, """{"command":"fapp-requests"}""").EnumerateArray().Any(r =>
                r.GetProperty("id").GetString() == id && r.GetProperty("state").GetString() == "drawn"));
            times.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
            if (times.Count % 16 == 0)
                await GiveBackAsync(at);
        }

        times.Sort();
        table.Add(
            "request to decision over five IP hops", "<= 1 s",
            string.Create(CultureInfo.InvariantCulture, $"{times[times.Count / 2]:0.000} s"),
            string.Create(CultureInfo.InvariantCulture,
                $"{Requests} requests, the slowest {times[^1]:0.000} s; the forwarder's wait and the draw are 0"));
    }

    private static async Task GiveBackAsync(Client patient)
    {
        foreach (JsonElement reservation in Do(patient, """{"command":"fapp-reservations"}""").EnumerateArray())
        {
            if (reservation.GetProperty("state").GetString() is "requested" or "offered" or "booked")
                Do(patient, $$"""{"command":"fapp-cancel","id":"{{reservation.GetProperty("id").GetString()}}"}""");
        }

        await Task.Delay(TimeSpan.FromSeconds(1));
    }

    private static JsonElement Do(Client client, string request)
    {
        using JsonDocument reply = client.Ask(request);
        if (!reply.RootElement.GetProperty("ok").GetBoolean())
            throw new InvalidOperationException($"{request}: {reply.RootElement}");
        return reply.RootElement.GetProperty("result").Clone();
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            if (waited.Elapsed > Patience)
                throw new TimeoutException("it did not happen");
            await Task.Delay(2);
        }
    }
}
