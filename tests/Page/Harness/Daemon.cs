using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

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
    private readonly SemaphoreSlim _turn = new(1);
    private Process? _process;
    private StreamReader? _replies;
    private Socket? _socket;

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
        Address = (string)(await AskAsync("identity"))["address"]!;
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
        _socket?.Dispose();
    }

    /// <summary>Asks over the control socket.</summary>
    internal async Task<JsonNode> AskAsync(string command, JsonObject? keys = null)
    {
        var request = new JsonObject { ["command"] = command };
        foreach ((string key, JsonNode? value) in keys ?? [])
            request[key] = value?.DeepClone();
        await _turn.WaitAsync();
        try
        {
            await _socket!.SendAsync(System.Text.Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"));
            JsonNode reply = JsonNode.Parse(await _replies!.ReadLineAsync().WaitAsync(Patience)
                ?? throw new IOException($"{name} went away"))!;
            return (bool)reply["ok"]! ? reply["result"]!
                : throw new InvalidOperationException($"{name}: {command}: {reply["error"]}");
        }
        finally
        {
            _turn.Release();
        }
    }

    internal async Task<string> SendAsync(string to, string text) =>
        (string)(await AskAsync("send", new JsonObject { ["to"] = to, ["text"] = text }))["id"]!;

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
    internal async Task<string> LinkAsync() => (string)(await AskAsync("page-link"))["url"]!;

    /// <summary>Names each other, so that neither is a stranger.</summary>
    internal async Task KnowsAsync(Daemon other)
    {
        await AskAsync("alias", new JsonObject { ["alias"] = other.Name, ["to"] = other.Address });
        await EventuallyAsync($"a route to {other.Name}", async () => (await AskAsync("routes")).AsArray()
            .Any(r => (string)r!["destination"]! == other.Address && r["nextHop"] is not null));
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
    internal async Task<JsonArray> MessagesAsync(string with) =>
        (await AskAsync("messages", new JsonObject { ["with"] = with, ["limit"] = 1000 })).AsArray();

    internal Task HasAsync(string with, string text) =>
        EventuallyAsync($"a message '{text}'", async () => (await MessagesAsync(with))
            .Any(m => (string)m!["text"]! == text));

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
        _socket?.Dispose();
        _turn.Dispose();
        System.IO.Directory.Delete(_directory, recursive: true);
    }

    private async Task ConnectAsync()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Control));
                _socket = socket;
                _replies = new StreamReader(new NetworkStream(socket));
                return;
            }
            catch (SocketException)
            {
                socket.Dispose();
                if (_process!.HasExited || waited.Elapsed > Patience)
                    throw new InvalidOperationException($"{name} does not answer:\n{Log}");
                await Task.Delay(20);
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
