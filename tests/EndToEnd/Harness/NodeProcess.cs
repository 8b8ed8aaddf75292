using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>One daemon on one machine: started, asked, killed, started again on the same data.</summary>
internal sealed class NodeProcess(string name, string machine, string directory) : IAsyncDisposable
{
    internal const int Port = 4711;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentQueue<string> _log = new();
    private readonly List<string> _arguments = [];
    private Process? _process;
    private ControlConnection? _requests;
    private string? _address;

    internal string Name => name;

    internal string Machine => machine;

    internal string DataDirectory => directory;

    internal string Control { get; private set; } = Path.Combine(directory, "control.sock");

    /// <summary>What to run; the static binary unless a test says otherwise.</summary>
    internal string Program { get; set; } = Binary.Static;

    /// <summary>What to run it under, such as faketime.</summary>
    internal IReadOnlyList<string> Under { get; set; } = [];

    /// <summary>
    /// What it does to find others; nothing unless a test is about that, for a test says itself who dials whom.
    /// </summary>
    internal string Discovery { get; set; } = "off";

    /// <summary>How much it logs.</summary>
    internal string LogLevel { get; set; } = "debug";

    internal int ProcessId => _process!.Id;

    /// <summary>What it logged so far.</summary>
    internal string Log => string.Join('\n', _log);

    /// <summary>The end of what it logged, for a test that has failed.</summary>
    internal string LastWords() => string.Join('\n', Log.Split('\n').TakeLast(40));

    /// <summary>Adds arguments for the next starts.</summary>
    internal NodeProcess With(params string[] arguments)
    {
        _arguments.AddRange(arguments);
        return this;
    }

    /// <summary>Has its control socket elsewhere than among its data.</summary>
    internal NodeProcess Controlled(string socket)
    {
        Control = socket;
        return With("--control", socket);
    }

    internal NodeProcess Listening() => With("--listen", $"tcp://0.0.0.0:{Port}");

    internal NodeProcess Dialling(string address) => With("--peer", $"tcp://{address}:{Port}");

    /// <summary>Starts it and waits until it answers.</summary>
    internal async Task<NodeProcess> StartAsync()
    {
        Launch();
        await StartedAsync();
        return this;
    }

    /// <summary>Waits until what was launched answers.</summary>
    internal async Task StartedAsync()
    {
        _requests = await ConnectAsync();
        _address ??= (await AskAsync(Commands.Identity)).Address;
    }

    /// <summary>Starts the process without waiting for it.</summary>
    internal Process Launch()
    {
        string[] command =
            ["ip", "netns", "exec", machine, "env", "--default-signal=HUP,INT,QUIT", .. Under, Program, "run",
                "--data-dir", directory, "--discovery", Discovery, "--name", name, "--log-level", LogLevel,
                .. _arguments];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string argument in command[1..])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                _log.Enqueue(line.Data);
        };
        _process.BeginErrorReadLine();
        return _process;
    }

    /// <summary>Its address; known after the first start.</summary>
    internal string Address => _address ?? throw new InvalidOperationException($"{name} was not started yet");

    /// <summary>Opens another connection to its control socket.</summary>
    internal async Task<ControlConnection> ConnectAsync()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (await ControlConnection.TryOpenAsync(Control) is { } connection)
                return connection;
            if (_process!.HasExited || waited.Elapsed > Patience)
                throw new InvalidOperationException($"{name} does not answer:\n{Log}");
            await Task.Delay(10);
        }
    }

    /// <summary>Asks something that must be granted.</summary>
    internal Task<TResult> AskAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, TRequest? request = null)
        where TRequest : class, new() => _requests!.AskAsync(command, request);

    /// <summary>
    /// Sends a message to whom it has heard of, or soon does; answers with its id when the state is reached.
    /// </summary>
    internal async Task<string> SendAsync(NodeProcess to, string text, string wait = "queued", TimeSpan? within = null)
    {
        Reply<SendInfo>? reply = null;
        // That the other has a route to this node does not say that this node has heard of the other.
        await EventuallyAsync($"a word from {to.Name}", async () =>
        {
            reply = await _requests!.ReplyAsync(Commands.Send, new() { To = to.Address, Text = text, Wait = wait })
                .WaitAsync(within ?? Patience);
            return reply.Error?.Contains("has not been heard of yet", StringComparison.Ordinal) is not true;
        });
        return reply!.Done.Id;
    }

    /// <summary>Waits until a condition holds, asking again as things happen.</summary>
    internal async Task EventuallyAsync(string what, Func<Task<bool>> condition, TimeSpan? within = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > (within ?? Patience))
                throw new TimeoutException(
                    $"{name}: {what} did not happen within {(within ?? Patience).TotalSeconds} s\n{Log}");
            await Task.Delay(20);
        }
    }

    /// <summary>Waits for a route to another node.</summary>
    internal Task HasRouteAsync(NodeProcess to, TimeSpan? within = null) =>
        EventuallyAsync($"a route to {to.Name}", async () =>
            (await AskAsync(Commands.Routes))
                .Any(r => r.Destination == to.Address && r.NextHop is not null), within);

    /// <summary>Waits until a message is in a state.</summary>
    internal Task HasStateAsync(string id, string state, TimeSpan? within = null) =>
        EventuallyAsync($"message {id} {state}", async () =>
            (await AskAsync(Commands.Message, new() { Id = id })).State == state, within);

    /// <summary>Texts received from a node, in order.</summary>
    internal async Task<List<string>> ReceivedAsync(NodeProcess from) =>
        [.. (await AskAsync(Commands.Messages, new() { With = from.Address, Limit = 10_000 }))
            .Where(m => m.Direction == "in").Select(m => m.Text)];

    /// <summary>One counter or gauge of its metrics.</summary>
    internal async Task<double> MetricAsync(string series)
    {
        string text = (await AskAsync(Commands.Metrics)).Text;
        string line = text.Split('\n').Single(l => l.StartsWith(series + " ", StringComparison.Ordinal));
        return double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>Resident memory in bytes, as the kernel counts it.</summary>
    internal long ResidentBytes() => Status("VmRSS:");

    /// <summary>
    /// Resident memory in bytes without pages of files, such as the program's own: those the kernel may drop.
    /// </summary>
    internal long AnonymousBytes() => Status("RssAnon:");

    /// <summary>A line of its status; zero once it has ended, when the kernel has no memory of it to tell.</summary>
    private long Status(string key)
    {
        string file = $"/proc/{ProcessId}/status";
        string? line = File.Exists(file) ? File.ReadLines(file)
            .FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is null ? 0
            : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            * 1024;
    }

    /// <summary>Kills it without waiting for anything; <see cref="KillAsync"/> tidies up.</summary>
    internal void PullThePlug() => _process!.Kill();

    /// <summary>Kills it as a power cut would: no signal handler runs.</summary>
    internal async Task KillAsync()
    {
        _requests?.Dispose();
        _requests = null;
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Ends it in order (SIGTERM) and returns its exit code.</summary>
    internal async Task<int> StopAsync()
    {
        _requests?.Dispose();
        _requests = null;
        Shell.Do("kill", "-TERM", ProcessId.ToString(CultureInfo.InvariantCulture));
        await _process!.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Runs <c>ctl</c> against it.</summary>
    internal Ran Ctl(params string[] arguments) => Shell.Run(Program, ["ctl", "--control", Control, .. arguments]);

    /// <summary>Runs a command of <c>ctl</c> against it that must be granted; returns the result.</summary>
    internal TResult Ctl<TRequest, TResult>(CommandSpec<TRequest, TResult> command, params string[] arguments)
        where TRequest : class, new() => Ctl(command.Result, [.. command.Typed.Split(' '), .. arguments]);

    /// <summary>Runs a command that <c>ctl</c> alone has, and that must be granted; returns the result.</summary>
    internal TResult Ctl<TResult>(JsonTypeInfo<TResult> result, params string[] command) =>
        JsonSerializer.Deserialize(Granted([.. command, "--json"]), result)!;

    /// <summary>Runs a command of <c>ctl</c> against it; null where it is down, or refuses.</summary>
    internal TResult? TryCtl<TRequest, TResult>(CommandSpec<TRequest, TResult> command, params string[] arguments)
        where TRequest : class, new()
    {
        Ran ran = Ctl([.. command.Typed.Split(' '), .. arguments, "--json"]);
        return ran.ExitCode == 0 ? JsonSerializer.Deserialize(ran.Output, command.Result) : default;
    }

    /// <summary>What <c>ctl --json</c> prints of a command that must be granted: for tests of its form.</summary>
    internal JsonNode CtlJson(params string[] command) => JsonNode.Parse(Granted(["--json", .. command]))!;

    private string Granted(string[] command)
    {
        Ran ran = Ctl(command);
        Assert.True(ran.ExitCode == 0,
            $"{name}: {string.Join(' ', command)}: {ran.Output} {ran.Errors}\n{LastWords()}");
        return ran.Output;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _requests?.Dispose();
        if (_process is null)
            return;
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
