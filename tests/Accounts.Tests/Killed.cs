using System.Diagnostics;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>The real programs, two nodes and a server, killed at random while messages go.</summary>
public sealed partial class Killed : IDisposable
{
    private const int Messages = 300;
    private const int Kills = 4;
    private const int FederatedKills = 8;

    /// <summary>Where the node was built: beside these tests lie other versions of what it needs.</summary>
    internal static readonly string Node = Repository.File(
        "node", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "qpc-mesh.dll");

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-killed-").FullName;
    private readonly int _port = LocalServer.FreePort();
    private readonly List<Service> _services = [];

    public void Dispose()
    {
        foreach (Service service in _services)
            service.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Whoever_is_killed_every_message_comes_once()
    {
        Service server = BeginServer();
        Service alice = BeginNode("alice"), bob = BeginNode("bob");
        string where = $"127.0.0.1:{_port}";
        await RegisterAsync(alice, where, "alice");
        await RegisterAsync(bob, where, "bob");

        // Each text has a name of its own: whoever does not learn that it was taken looks for it before it says it
        // again.
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                string text = $"text {i}";
                for (bool isFirst = true; !await TakenAsync(alice, $"bob@{where}", text, isFirst); isFirst = false)
                    await Task.Delay(50);
            }
        });
        for (int kill = 1; kill <= Kills; kill++)
        {
            while (await CountAsync(bob) < kill * Messages / (Kills + 1) && !sending.IsCompleted)
                await Task.Delay(50);
            (kill % 3 == 0 ? server : kill % 3 == 1 ? bob : alice).Kill();
        }

        await sending.WaitAsync(TimeSpan.FromMinutes(3));
        string[] expected = [.. Enumerable.Range(0, Messages).Select(i => $"text {i}")];
        await Scene.UntilAsync(async () => await CountAsync(bob) >= Messages, "all texts came");
        Assert.Equal(expected.Order(StringComparer.Ordinal),
            (await TextsAsync(bob, "in"))!.Order(StringComparer.Ordinal));
        Assert.Equal(Kills, _services.Sum(s => s.Kills));
    }

    [Fact]
    public async Task Whichever_of_two_servers_is_killed_every_message_between_them_comes_once()
    {
        string[] domains = ["a.example", "b.example"], keys = new string[2];
        int[] clients = [_port, LocalServer.FreePort()], peers = [LocalServer.FreePort(), LocalServer.FreePort()];
        string program = Path.Combine(AppContext.BaseDirectory, "qpc-server.dll");
        for (int i = 0; i < 2; i++)
            keys[i] = await RunAsync(program, "fingerprint", "--federation", "--domain", domains[i], "--data-dir",
                Path.Combine(_directory, domains[i]));
        Service[] servers = [.. Enumerable.Range(0, 2).Select(i => Begin(
            program, "run", "--listen", $"wss://127.0.0.1:{clients[i]}", "--registration", "open", "--data-dir",
            Path.Combine(_directory, domains[i]), "--federation", "peers", "--domain", domains[i],
            "--federation-listen", $"wss://127.0.0.1:{peers[i]}", "--peer",
            $"{domains[1 - i]}=wss://127.0.0.1:{peers[1 - i]},{keys[1 - i]}"))];
        Service alice = BeginNode("alice"), bob = BeginNode("bob");
        foreach ((Service node, string name, int port) in new[]
        {
            (alice, "alice", clients[0]), (bob, "bob", clients[1]),
        })
        {
            await DoneAsync(node, Commands.AccountRegister, () => new()
            {
                Server = $"127.0.0.1:{port}",
                User = name,
                Password = [.. "correct horse battery staple"u8],
            });
        }

        Task sending = Task.WhenAll(
            SayAllAsync(alice, "bob@b.example", "of alice"), SayAllAsync(bob, "alice@a.example", "of bob"));
        Random random = new(5);
        for (int kill = 1; kill <= FederatedKills; kill++)
        {
            while (await CountAsync(bob) + await CountAsync(alice) < kill * 2 * Messages / (FederatedKills + 1)
                && !sending.IsCompleted)
                await Task.Delay(50);
            servers[random.Next(2)].Kill();
        }

        await sending.WaitAsync(TimeSpan.FromMinutes(5));
        foreach ((Service node, string text) in new[] { (bob, "of alice"), (alice, "of bob") })
        {
            await Scene.UntilAsync(async () => await CountAsync(node) >= Messages, "all texts came",
                TimeSpan.FromMinutes(5));
            Assert.Equal(
                Enumerable.Range(0, Messages).Select(i => $"{text} {i}").Order(StringComparer.Ordinal),
                (await TextsAsync(node, "in"))!.Order(StringComparer.Ordinal));
        }

        Assert.Equal(FederatedKills, servers.Sum(s => s.Kills));
    }

    private static async Task SayAllAsync(Service node, string to, string text)
    {
        for (int i = 0; i < Messages; i++)
        {
            for (bool isFirst = true; !await TakenAsync(node, to, $"{text} {i}", isFirst); isFirst = false)
                await Task.Delay(50);
        }
    }

    private static async Task<string> RunAsync(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", command)
        {
            RedirectStandardOutput = true,
        })!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return said.Trim();
    }

    private Service BeginServer() => Begin(
        Path.Combine(AppContext.BaseDirectory, "qpc-server.dll"), "run", "--listen", $"wss://127.0.0.1:{_port}",
        "--registration", "open", "--data-dir", Path.Combine(_directory, "server"));

    /// <summary>True when a text is among those of the sender: then it is on its disk.</summary>
    private static async Task<bool> TakenAsync(Service node, string to, string text, bool isFirst)
    {
        if (!isFirst)
        {
            if (await TextsAsync(node, "out") is not { } before)
                return false;
            if (before.Contains(text))
                return true;
        }

        return await AskAsync(node, Commands.Send, new() { To = to, Text = text }) is { Code: null };
    }

    private static async Task<int> CountAsync(Service node) => (await TextsAsync(node, "in"))?.Count ?? 0;

    private static async Task<List<string>?> TextsAsync(Service node, string direction)
    {
        List<string> texts = [];
        string? from = null;
        do
        {
            if (await AskAsync(node, Commands.Messages, new() { Limit = 10_000, From = from })
                is not { Code: null } page)
                return null;
            texts.AddRange(page.Done.Where(m => m.Direction == direction).Select(m => m.Text));
            from = page.More;
        }
        while (from is not null);
        return texts;
    }

    private static async Task DoneAsync<TRequest, TResult>(
        Service node, CommandSpec<TRequest, TResult> command, Func<TRequest> request)
        where TRequest : class, new() => await Scene.UntilAsync(
            async () => await AskAsync(node, command, request()) is { Code: null }, command.Name);

    /// <summary>A reply; null where the node is not there, or was killed meanwhile.</summary>
    private static async Task<Reply<TResult>?> AskAsync<TRequest, TResult>(
        Service node, CommandSpec<TRequest, TResult> command, TRequest request)
        where TRequest : class, new()
    {
        using ControlClient? client = ControlClient.TryConnect(node.Socket!);
        if (client is null)
            return null;
        try
        {
            await client.SendAsync(command.ToLine(request), CancellationToken.None);
            return await client.ReadLineAsync(CancellationToken.None).AsTask().WaitAsync(
                TimeSpan.FromSeconds(30)) is { } reply
                ? command.ReadReply(reply) : null;
        }
        catch (Exception e) when (e is IOException or TimeoutException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    private Service BeginNode(string name)
    {
        string data = Path.Combine(_directory, name);
        Service service = Begin(Node, "run", "--data-dir", data, "--name", name, "--discovery", "off");
        service.Socket = Path.Combine(data, "control.sock");
        return service;
    }

    private Service Begin(params string[] command)
    {
        var service = new Service(command);
        _services.Add(service);
        return service;
    }

    /// <summary>A program that is started again whenever it was killed, as a service manager does.</summary>
    private sealed class Service : IDisposable
    {
        private readonly string[] _command;
        private Process _process;
        private bool _isEnded;

        internal Service(string[] command)
        {
            _command = command;
            _process = Start();
        }

        internal string? Socket { get; set; }

        internal int Kills { get; private set; }

        internal void Kill()
        {
            Dispose();
            Kills++;
            _isEnded = false;
            _process = Start();
        }

        /// <summary>It is killed, and not started again.</summary>
        internal void End()
        {
            _process.Kill();
            _process.WaitForExit();
            _isEnded = true;
        }

        public void Dispose()
        {
            if (!_isEnded)
                End();
            _process.Dispose();
        }

        // Nobody reads what it logs: a pipe that is full would hold it up.
        private Process Start()
        {
            Process process = Process.Start(new ProcessStartInfo("dotnet", _command)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return process;
        }
    }
}
