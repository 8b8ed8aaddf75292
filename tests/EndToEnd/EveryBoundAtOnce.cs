using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// Everything that has a bound is filled to it at the same time: links, routes, what is held and what was seen, gossip
/// records and their ids, requests of strangers, frames that never end, what waits to be sent, and what clients of the
/// control socket ask and do not read. The machine has 48 MB.
/// </summary>
public class EveryBoundAtOnce(ITestOutputHelper output)
{
    /// <summary>All places that there are; whoever comes then is heard as a guest.</summary>
    private const int Clients = 64;

    /// <summary>Half of what maxLinks is usually.</summary>
    private const int PlacesOfStrangers = 32;

    /// <summary>Envelopes that bring their ids, on a machine that has other things to do.</summary>
    private const int LeastSeen = 2000;

    // The plan of a machine of this size (node/Configuration/MemoryPlan.cs): a third is the budget, a 128th of that for
    // ids of gossip without records.
    private const long GossipRemembered = SiegeScene.Memory / 3 / 128 / 128;

    /// <summary>The least share of requests of strangers, in bytes.</summary>
    private const long LeastRequests = 160 << 10;

    /// <summary>What has to be left of the machine's memory, in bytes.</summary>
    private const long Headroom = 4 << 20;

    private static readonly TimeSpan _atLeast = TimeSpan.FromSeconds(60);

    /// <summary>Strangers need so long to fill everything where the machine has other things to do.</summary>
    private static readonly TimeSpan _atMost = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [RealRootFact]
    public async Task A_small_relay_whose_every_table_is_full_stays_within_its_memory_and_goes_on()
    {
        await using var scene = new SiegeScene();
        NodeProcess relay = scene.Relay;
        await scene.StartAsync();
        await scene.Alice.SendAsync(scene.Bob, "before", wait: "delivered");
        Process process = Process.GetProcessById(relay.ProcessId);
        using Process hostile = scene.Besiege(_atMost, seed: 2, play: "fill");
        Task<string> tallies = hostile.StandardOutput.ReadToEndAsync();
        Task<string> complaints = hostile.StandardError.ReadToEndAsync();
        var crowd = new List<Socket>();
        var most = new Dictionary<string, double>();
        try
        {
            var passed = Stopwatch.StartNew();
            while (!hostile.HasExited && !process.HasExited
                && (passed.Elapsed < _atLeast || Unfilled(most) is not null))
            {
                Crowd(crowd, relay.Control);
                Note(most, "resident bytes", relay.ResidentBytes());
                Note(most, "anonymous bytes", relay.AnonymousBytes());
                if (await MetricsAsync(relay) is { } metrics)
                {
                    foreach (string name in _watched)
                        Note(most, name, ValueOf(metrics, name));
                }

                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
        finally
        {
            crowd.ForEach(static c => c.Dispose());
            if (!hostile.HasExited)
                hostile.Kill(entireProcessTree: true);
        }

        _ = await tallies;
        foreach ((string name, double value) in most)
            output.WriteLine($"at most {value.ToString(CultureInfo.InvariantCulture)}: {name}");
        output.WriteLine(
            $"its group at most {scene.PeakMemory() / 1e6:0.0} MB; load {File.ReadAllText("/proc/loadavg").Trim()}");
        // The kernel ends a process that outgrows its group.
        Assert.False(process.HasExited, "the relay ended; it said: " + relay.LastWords());
        Assert.Equal("", await complaints);
        Assert.InRange(most["anonymous bytes"], 1, SiegeScene.Memory - Headroom);
        Assert.Null(Unfilled(most));

        string last = await scene.Alice.SendAsync(scene.Bob, "after");
        await scene.Alice.HasStateAsync(last, "delivered", _patience);
    }

    private static readonly string[] _watched =
    [
        "qpc_links", "qpc_routes", "qpc_known_nodes", "qpc_held_envelopes", "qpc_held_bytes", "qpc_held_memory_bytes",
        "qpc_heap_bytes",
        "qpc_heap_limit_bytes", "qpc_seen_envelopes", "qpc_request_bytes", "qpc_store_quota_bytes",
        "qpc_gossip_records", "qpc_gossip_bytes",
        "qpc_gossip_remembered", "qpc_gossip_announced",
    ];

    /// <summary>What is not yet as full as strangers make it; null if everything is.</summary>
    private static string? Unfilled(Dictionary<string, double> most)
    {
        double disk = most.GetValueOrDefault("qpc_store_quota_bytes");
        foreach ((string name, double least) in (ReadOnlySpan<(string, double)>)
        [
            ("qpc_links", PlacesOfStrangers), ("qpc_held_envelopes", 300),
            ("qpc_seen_envelopes", LeastSeen), ("qpc_request_bytes", 0.6 * Math.Max(disk / 32, LeastRequests)),
            // Strangers have a quarter, and four sources fill four fifths of it; what the node dials has another
            // quarter.
            ("qpc_gossip_bytes", 0.8 * 4 / 5 / 4 * (disk / 16)), ("qpc_gossip_remembered", 0.9 * GossipRemembered),
        ])
        {
            if (most.GetValueOrDefault(name) is var reached && reached < least)
                return $"{name} was {reached} at most, not {least}: it was not filled";
        }

        return null;
    }

    /// <summary>Clients that begin long lines, ask for long replies, watch events, and read nothing.</summary>
    private static void Crowd(List<Socket> crowd, string path)
    {
        byte[] begun = Encoding.ASCII.GetBytes("{\"command\":\"send\",\"text\":\"" + new string('x', 300_000));
        byte[] asks = Encoding.ASCII.GetBytes("{\"command\":\"events\"}\n"
            + string.Concat(Enumerable.Repeat("{\"command\":\"metrics\"}\n{\"command\":\"routes\"}\n", 200)));
        foreach (Socket gone in crowd.Where(static c => c.Poll(0, SelectMode.SelectRead) && c.Available == 0).ToArray())
        {
            crowd.Remove(gone);
            gone.Dispose();
        }

        while (crowd.Count < Clients)
        {
            var client = new Socket(AddressFamily.Unix, SocketType.Stream,
                ProtocolType.Unspecified)
            { Blocking = false };
            try
            {
                client.Connect(new UnixDomainSocketEndPoint(path));
                client.Send(crowd.Count % 2 == 0 ? begun : asks);
                crowd.Add(client);
            }
            catch (SocketException)
            {
                // Its queue is full: the next second brings the others.
                client.Dispose();
                return;
            }
        }
    }

    /// <summary>Its metrics, as a guest gets them; null where that takes too long.</summary>
    private static async Task<string?> MetricsAsync(NodeProcess relay)
    {
        try
        {
            using ControlConnection guest = await relay.ConnectAsync();
            return (await guest.AskAsync(Commands.Metrics).WaitAsync(TimeSpan.FromSeconds(5))).Text;
        }
        catch (Exception e) when (e is TimeoutException or IOException or InvalidOperationException or SocketException
            or JsonException)
        {
            return null;
        }
    }

    private static double ValueOf(string metrics, string name) => double.Parse(
        metrics.Split('\n').Single(l => l.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..],
        CultureInfo.InvariantCulture);

    private static void Note(Dictionary<string, double> most, string name, double value) =>
        most[name] = Math.Max(most.GetValueOrDefault(name), value);
}
