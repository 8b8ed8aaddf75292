using System.Diagnostics;
using System.Globalization;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// alice - relay - bob, the relay on a machine with 48 MB and a disk of 16 MB; mallory's machine has six addresses in
/// three networks, and the relay's operator once trusted one of them.
/// </summary>
internal sealed class SiegeScene : IAsyncDisposable
{
    internal const long Memory = 48 << 20;
    internal const int DiskMegabytes = 16;
    private const int MalloryPort = 4712;

    private readonly Trio _trio = new();
    private readonly Cage _cage;
    private readonly string _mallory;
    private readonly string[] _sources;
    private readonly string _target;
    private int _newcomers;

    internal SiegeScene()
    {
        _cage = new Cage($"qpc-siege-{Environment.ProcessId}", Memory);
        Disk = _trio.Net.Own(new LoopDisk(_trio.Relay.DataDirectory, DiskMegabytes));
        _mallory = _trio.Net.Machine("mallory");
        Cable cable = _trio.CableTo(_mallory);
        _target = $"{cable.AddressA}:{NodeProcess.Port}";
        _sources = [cable.AddressB, "10.66.1.1", "10.66.1.2", "10.66.1.3", "10.67.1.1", "10.67.2.1"];
        foreach (string more in _sources[1..])
        {
            Shell.Do("ip", "-n", _mallory, "address", "add", more + "/32", "dev", cable.DeviceB);
            Shell.Do("ip", "-n", Relay.Machine, "route", "add", more, "via", cable.AddressB, "dev", cable.DeviceA);
        }

        Relay.Under = _cage.Command;
        Relay.LogLevel = "info";
        Relay.With("--peer", $"tcp://{cable.AddressB}:{MalloryPort}");
    }

    internal NodeProcess Relay => _trio.Relay;

    internal NodeProcess Alice => _trio.Alice;

    internal NodeProcess Bob => _trio.Bob;

    internal LoopDisk Disk { get; }

    internal Task StartAsync() => _trio.StartAsync();

    /// <summary>The most memory that the relay's group ever used.</summary>
    internal long PeakMemory() => _cage.Peak();

    /// <summary>Processor time of the relay so far.</summary>
    internal TimeSpan Processor()
    {
        using Process process = Process.GetProcessById(Relay.ProcessId);
        return process.TotalProcessorTime;
    }

    /// <summary>The hostile program; ends by itself.</summary>
    internal Process Besiege(TimeSpan duration, int seed, string play = "all")
    {
        var start = new ProcessStartInfo("ip") { RedirectStandardOutput = true, RedirectStandardError = true };
        string program = Path.Combine(AppContext.BaseDirectory, "qpc-siege.dll");
        foreach (string argument in (string[])["netns", "exec", _mallory, "dotnet", program, _target,
            "--from", string.Join(',', _sources), "--listen", $"{_sources[0]}:{MalloryPort}",
            "--seconds", ((int)duration.TotalSeconds).ToString(CultureInfo.InvariantCulture),
            "--seed", seed.ToString(CultureInfo.InvariantCulture), "--play", play])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>An honest node, never seen before, dials the relay: how long until it is a neighbour.</summary>
    internal async Task<TimeSpan> NewcomerAsync(TimeSpan patience)
    {
        NodeProcess newcomer = _trio.Net.Node($"newcomer{++_newcomers}");
        newcomer.Dialling(_trio.CableTo(newcomer.Machine).AddressA);
        await newcomer.StartAsync();
        var waited = Stopwatch.StartNew();
        while ((await newcomer.AskAsync(Commands.Peers)).Count == 0 && waited.Elapsed < patience)
            await Task.Delay(50);
        TimeSpan taken = waited.Elapsed;
        await newcomer.StopAsync();
        return taken;
    }

    /// <summary>The state of a message at its sender.</summary>
    internal static async Task<string> StateAsync(NodeProcess node, string id) =>
        (await node.AskAsync(Commands.Message, new() { Id = id })).State;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _trio.DisposeAsync();
        _cage.Dispose();
    }
}
