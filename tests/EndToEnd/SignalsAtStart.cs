using System.Diagnostics;
using System.Globalization;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>Signals at any moment between the first instruction of a daemon and the moment when it is ready.</summary>
public class SignalsAtStart
{
    /// <summary>Moments, evenly spread over the time that a start takes; more are as good and take longer.</summary>
    private const int Moments = 12;

    /// <summary>What an order to stop has at most.</summary>
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("HUP")]
    [InlineData("USR1")]
    [InlineData("PIPE")]
    public async Task What_means_nothing_or_a_reload_ends_no_daemon_whenever_it_comes(string signal)
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice");
        foreach (TimeSpan moment in await MomentsAsync(alice))
        {
            Process process = alice.Launch();
            await SendAsync(process, alice, signal, moment);
            using (ControlConnection connection = await alice.ConnectAsync())
                Assert.Equal("alice", (await connection.AskAsync(Commands.Status)).Name);
            await alice.StartedAsync();
            Assert.Equal((moment, 0), (moment, await alice.StopAsync()));
        }
    }

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("INT", 2)]
    [InlineData("QUIT", 3)]
    public async Task An_order_to_stop_ends_a_start_in_time_and_harms_nothing_whenever_it_comes(
        string signal, int number)
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice");
        TimeSpan[] moments = await MomentsAsync(alice);
        string address = alice.Address;
        foreach (TimeSpan moment in moments)
        {
            Process process = alice.Launch();
            await SendAsync(process, alice, signal, moment);
            var waited = Stopwatch.StartNew();
            await process.WaitForExitAsync().WaitAsync(2 * StopsWithin);
            Assert.InRange(waited.Elapsed, TimeSpan.Zero, StopsWithin);
            // In order, or before the program had begun, as signal(7) has it.
            Assert.Contains(process.ExitCode, new[] { 0, 128 + number });
        }

        // A first start that was stopped at any moment leaves a directory that the next one can use.
        for (int i = 0; i < Moments; i++)
        {
            NodeProcess fresh = net.Node($"fresh{i}", alice.Machine);
            Process process = fresh.Launch();
            await SendAsync(process, fresh, signal, moments[i]);
            await process.WaitForExitAsync().WaitAsync(2 * StopsWithin);
            await fresh.StartAsync();
            Assert.Equal(0, await fresh.StopAsync());
        }

        await alice.StartAsync();
        Assert.Equal(address, (await alice.AskAsync(Commands.Identity)).Address);
    }

    /// <summary>Moments from the first instruction to when it is ready, a little beyond it.</summary>
    private static async Task<TimeSpan[]> MomentsAsync(NodeProcess node)
    {
        Process process = node.Launch();
        WaitForProgram(process, node);
        var start = Stopwatch.StartNew();
        await node.StartedAsync();
        TimeSpan ready = start.Elapsed;
        Assert.Equal(0, await node.StopAsync());
        return [.. Enumerable.Range(0, Moments).Select(i => ready * 1.2 * i / (Moments - 1))];
    }

    private static async Task SendAsync(Process process, NodeProcess node, string signal, TimeSpan moment)
    {
        WaitForProgram(process, node);
        await Task.Delay(moment);
        Shell.Run("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>Until the commands before it have become the program.</summary>
    private static void WaitForProgram(Process process, NodeProcess node)
    {
        string link = $"/proc/{process.Id}/exe";
        var waited = Stopwatch.StartNew();
        while (File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName != node.Program)
            Assert.True(waited.Elapsed < StopsWithin, "the program did not begin");
    }
}
