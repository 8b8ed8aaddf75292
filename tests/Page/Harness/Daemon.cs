using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.Page.Tests.Harness;

/// <summary>
/// One daemon on this machine, with its page: started, asked over its control socket, killed, started again.
/// </summary>
internal sealed class Daemon(string name) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("qpc-page-").FullName;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly int _port = FreePort();
    private readonly int _web = FreePort();
    private readonly List<string> _peers = [];
    private Process? _process;
    private ControlConnection? _requests;

    internal string Name => name;

    /// <summary>What stands in its configuration file; null for none.</summary>
    internal JsonObject? Settings { get; init; }

    /// <summary>Where it listens besides: a radio.</summary>
    internal string? Radio { get; init; }

    /// <summary>Where its files are.</summary>
    internal string Directory => _directory;

    internal string Address { get; private set; } = "";

    internal string Control => Path.Combine(_directory, "control.sock");

    internal int ProcessId => _process!.Id;

    internal string Web => $"http://127.0.0.1:{_web}";

    internal int WebPort => _web;

    internal string Log => string.Join('\n', _log);

    internal string Uri => $"tcp://127.0.0.1:{_port}";

    /// <summary>The program: the one that the build made, or that which QPC_MESH names.</summary>
    internal static string Program { get; } = Environment.GetEnvironmentVariable("QPC_MESH") is { Length: > 0 } named
        ? named
        : Repository.File("node", "bin", Configuration, "net10.0", "qpc-mesh");

    // The tests lie in bin/CONFIGURATION/FRAMEWORK, as the program does.
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Starts it with links to others.</summary>
    internal async Task<Daemon> StartAsync(params Daemon[] peers)
    {
        _peers.AddRange(peers.Select(static p => p.Uri));
        await LaunchAsync();
        return this;
    }

    /// <summary>Starts it again, as it was.</summary>
    internal async Task LaunchAsync(bool withPage = true)
    {
        string[] arguments =
        [
            "run", "--data-dir", _directory, "--name", name, "--listen", Uri, "--log-level", "debug",
            .. Radio is null ? Array.Empty<string>() : ["--listen", Radio], .. Configured(),
            .. withPage ? ["--web", $"127.0.0.1:{_web}"] : Array.Empty<string>(),
            .. _peers.SelectMany(static p => new[] { "--peer", p }),
        ];
        var start = new ProcessStartInfo(Program) { RedirectStandardError = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
        await ConnectAsync();
        Address = (await AskAsync(Commands.Identity)).Address;
    }

    private string[] Configured()
    {
        if (Settings is null)
            return [];
        string file = Path.Combine(_directory, "page-test.json");
        File.WriteAllText(file, Settings.ToJsonString());
        return ["--config", file];
    }

    /// <summary>Ends it without a word, as a power cut would.</summary>
    internal async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _requests?.Dispose();
    }

    /// <summary>Asks over the control socket.</summary>
    internal Task<TResult> AskAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, TRequest? request = null)
        where TRequest : class, new() => _requests!.AskAsync(command, request).WaitAsync(Patience);

    internal async Task<string> SendAsync(string to, string text) =>
        (await AskAsync(Commands.Send, new() { To = to, Text = text })).Id;

    /// <summary>Runs the program with other arguments, to its end.</summary>
    /// <returns>What it said.</returns>
    internal async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process ran = Process.Start(start)!;
        Task<string> said = ran.StandardError.ReadToEndAsync(), answered = ran.StandardOutput.ReadToEndAsync();
        await ran.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(ran.ExitCode == 0, await said);
        return await answered;
    }

    /// <summary>A link to the page, with its token.</summary>
    internal async Task<string> LinkAsync() => (await AskAsync(Commands.PageLink)).Url;

    /// <summary>Names each other, so that neither is a stranger.</summary>
    internal async Task KnowsAsync(Daemon other)
    {
        await AskAsync(Commands.Alias, new() { Alias = other.Name, To = other.Address });
        await EventuallyAsync($"a route to {other.Name}", async () => (await AskAsync(Commands.Routes))
            .Any(r => r.Destination == other.Address && r.NextHop is not null));
    }

    /// <summary>Waits until something holds.</summary>
    internal async Task EventuallyAsync(string what, Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > Patience)
                throw new TimeoutException($"{name}: {what} did not happen within {Patience.TotalSeconds} s\n{Log}");
            await Task.Delay(30);
        }
    }

    /// <summary>Messages of a conversation.</summary>
    internal Task<IReadOnlyList<MessageInfo>> MessagesAsync(string with) =>
        AskAsync(Commands.Messages, new() { With = with, Limit = 1000 });

    internal Task HasAsync(string with, string text) =>
        EventuallyAsync($"a message '{text}'", async () => (await MessagesAsync(with))
            .Any(m => m.Text == text));

    /// <summary>Resident memory in bytes.</summary>
    internal long Resident() => long.Parse(
        File.ReadLines($"/proc/{ProcessId}/status").First(static l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        System.Globalization.CultureInfo.InvariantCulture) * 1024;

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        _requests?.Dispose();
        System.IO.Directory.Delete(_directory, recursive: true);
    }

    private async Task ConnectAsync()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if ((_requests = await ControlConnection.TryOpenAsync(Control)) is not null)
                return;
            if (_process!.HasExited || waited.Elapsed > Patience)
                throw new InvalidOperationException($"{name} does not answer:\n{Log}");
            await Task.Delay(20);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
