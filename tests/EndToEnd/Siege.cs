using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using QuicProChat.Mesh.EndToEnd.Harness;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// A hundred made-up identities play every attack that the reviews of this program named, for a minute, or for
/// <c>SIEGE_SECONDS</c>; the table is printed (<c>make siege</c>).
/// </summary>
public class Siege(ITestOutputHelper output)
{
    private const double LeastWithinAMinute = 0.95;

    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(
        int.Parse(Environment.GetEnvironmentVariable("SIEGE_SECONDS") ?? "60", CultureInfo.InvariantCulture));

    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _newcomersPatience = TimeSpan.FromSeconds(10);

    [RealRootFact]
    public async Task A_small_relay_lives_through_a_siege_and_honest_messages_pass()
    {
        await using var scene = new SiegeScene();
        await scene.StartAsync();
        try
        {
            await BesiegeAsync(scene);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            output.WriteLine($"the relay is gone; its group used {scene.PeakMemory() / 1e6:0.0} MB; it said:");
            output.WriteLine(scene.Relay.LastWords());
            throw;
        }
    }

    private async Task BesiegeAsync(SiegeScene scene)
    {
        await scene.Alice.SendAsync(scene.Bob, "before", wait: "delivered");
        TimeSpan processor = scene.Processor();
        Process before = Process.GetProcessById(scene.Relay.ProcessId);

        var siege = Stopwatch.StartNew();
        using Process hostile = scene.Besiege(_duration, seed: 1);
        Task<string> tallies = hostile.StandardOutput.ReadToEndAsync();
        Task<string> complaints = hostile.StandardError.ReadToEndAsync();
        var sent = new List<Sent>();
        var newcomers = new List<TimeSpan>();
        long mostResident = 0, mostDisk = 0;
        using var ended = new Ended(hostile);
        while (!hostile.HasExited)
        {
            await SendAsync(sent, scene.Alice, scene.Bob, siege.Elapsed);
            await SendAsync(sent, scene.Bob, scene.Alice, siege.Elapsed);
            // The relay's own sends are never refused for want of space.
            await SendAsync(sent, scene.Relay, scene.Bob, siege.Elapsed);
            mostResident = Math.Max(mostResident, scene.Relay.ResidentBytes());
            mostDisk = Math.Max(mostDisk, scene.Disk.Used());
            await LookAsync(sent, siege.Elapsed);
            if (siege.Elapsed > TimeSpan.FromSeconds(15 * (newcomers.Count + 1))
                && siege.Elapsed < _duration - _newcomersPatience)
                newcomers.Add(await scene.NewcomerAsync(2 * _newcomersPatience));
            await Task.Delay(TimeSpan.FromMilliseconds(500));
        }

        TimeSpan processorUsed = scene.Processor() - processor;
        Report(await tallies, sent, newcomers, siege.Elapsed, processorUsed, mostResident,
            scene.PeakMemory(), mostDisk);
        Assert.True(hostile.ExitCode == 0, await complaints);
        Assert.False(before.HasExited, "the relay was restarted or ended");

        // After it: everything as before within a minute, and everything sent has arrived.
        var after = Stopwatch.StartNew();
        string last = await scene.Alice.SendAsync(scene.Bob, "after");
        await scene.Alice.HasStateAsync(last, "delivered", _minute);
        Assert.InRange(await scene.NewcomerAsync(_newcomersPatience), TimeSpan.Zero, _newcomersPatience);
        while (sent.Exists(s => s.Delivered is null) && after.Elapsed < 3 * _minute)
        {
            await LookAsync(sent, siege.Elapsed);
            await Task.Delay(TimeSpan.FromMilliseconds(500));
        }

        Sent[] missing = [.. sent.Where(s => s.Delivered is null)];
        foreach (Sent one in missing.Take(10))
            output.WriteLine(
                $"missing: {one.From.Name} -> {one.To.Name}, sent after {one.At.TotalSeconds:0} s: "
                    + $"{await SiegeScene.StateAsync(one.From, one.Id)}");
        Assert.Empty(missing);
        double quick = sent.Count(s => s.Delivered - s.At <= _minute) / (double)sent.Count;
        Assert.True(quick >= LeastWithinAMinute, $"{quick:P1} of {sent.Count} messages arrived within a minute");
        Assert.All(newcomers, taken => Assert.InRange(taken, TimeSpan.Zero, _newcomersPatience));
        // Exactly once each, in spite of copies altered and handed back.
        List<string> texts = await scene.Bob.ReceivedAsync(scene.Alice);
        Assert.Equal(texts.Count, texts.Distinct().Count());
    }

    private static async Task SendAsync(List<Sent> sent, NodeProcess from, NodeProcess to, TimeSpan at) =>
        sent.Add(new Sent(from, to, await from.SendAsync(to, $"{from.Name} {sent.Count}"), at));

    private static async Task LookAsync(List<Sent> sent, TimeSpan now)
    {
        foreach (Sent one in sent.Where(s => s.Delivered is null))
        {
            if (await SiegeScene.StateAsync(one.From, one.Id) == "delivered")
                one.Delivered = now;
        }
    }

    private void Report(
        string tallies, List<Sent> sent, List<TimeSpan> newcomers, TimeSpan lasted, TimeSpan processor, long resident,
        long peak, long disk)
    {
        output.WriteLine($"siege of {lasted.TotalSeconds:0} s, load {File.ReadAllText("/proc/loadavg").Trim()}");
        foreach (string line in tallies.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            output.WriteLine(line);
        output.WriteLine(
            $"relay: processor {processor.TotalSeconds / lasted.TotalSeconds:P0} of one core, resident at most "
            + $"{resident / 1e6:0.0} MB, its group at most {peak / 1e6:0.0} MB, disk at most {disk / 1e6:0.0} MB");
        output.WriteLine(
            $"honest messages: {sent.Count} sent, {sent.Count(s => s.Delivered is not null)} delivered during the siege");
        output.WriteLine(
            $"newcomers linked after {string.Join(", ", newcomers.Select(t => $"{t.TotalSeconds:0.0} s"))}");
    }

    /// <summary>A siege does not go on when its test has failed.</summary>
    private sealed class Ended(Process process) : IDisposable
    {
        public void Dispose()
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private sealed record Sent(NodeProcess From, NodeProcess To, string Id, TimeSpan At)
    {
        public TimeSpan? Delivered { get; set; }
    }
}
