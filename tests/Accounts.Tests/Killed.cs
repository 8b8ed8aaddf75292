using System.Diagnostics;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>The real programs, two nodes and a server, killed at random while messages go.</summary>
public sealed class Killed : IDisposable
{
    private const int Messages = 300;
    private const int Kills = 4;

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
        foreach ((Service node, string name) in new[] { (alice, "alice"), (bob, "bob") })
        {
            await DoneAsync(node, Commands.AccountRegister, () => new()
            {
                Server = where,
                User = name,
                Password = [.. "correct horse battery staple"u8],
            });
        }

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
    public async Task Whichever_of_two_devices_is_killed_each_has_every_message_once()
    {
        const int Messages = 120;
        Service server = BeginServer();
        Service phone = BeginNode("phone"), laptop = BeginNode("laptop"), bob = BeginNode("bob");
        string where = $"127.0.0.1:{_port}";
        byte[] password = [.. "correct horse battery staple"u8];
        foreach ((Service node, string name) in new[] { (phone, "alice"), (bob, "bob") })
            await DoneAsync(node, Commands.AccountRegister, () => new()
            {
                Server = where,
                User = name,
                Password = password,
            });
        string card = await ValueAsync(laptop, Commands.ContactShow, new(), c => c.Uri);
        string certificate = await ValueAsync(phone, Commands.AccountDeviceAdd, new()
        {
            Server = where,
            User = "alice",
            Name = "laptop",
            Card = card,
        }, c => c.Certificate);
        await DoneAsync(laptop, Commands.AccountLogin,
            () => new() { Server = where, User = "alice", Password = password, Device = certificate });
        await DoneAsync(phone, Commands.Send, () => new() { To = $"bob@{where}", Text = "begins" });
        await Scene.UntilAsync(
            async () => await EpochAsync(laptop) is > 0 and { } epoch && epoch == await EpochAsync(phone)
                && epoch == await EpochAsync(bob), "the laptop is in the conversation");

        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                string text = $"text {i}";
                for (bool isFirst = true; !await TakenAsync(phone, $"bob@{where}", text, isFirst); isFirst = false)
                    await Task.Delay(50);
            }
        });
        for (int kill = 1; kill <= Kills; kill++)
        {
            while (await CountAsync(bob) < kill * Messages / (Kills + 1) && !sending.IsCompleted)
                await Task.Delay(50);
            (kill % 3 == 0 ? server : kill % 3 == 1 ? laptop : phone).Kill();
        }

        await sending.WaitAsync(TimeSpan.FromMinutes(3));
        string[] expected = [.. Enumerable.Range(0, Messages).Select(i => $"text {i}").Prepend("begins")];
        await Scene.UntilAsync(async () => await CountAsync(bob) >= expected.Length, "all texts came");
        Assert.Equal(expected.Order(StringComparer.Ordinal),
            (await TextsAsync(bob, "in"))!.Order(StringComparer.Ordinal));
        // The laptop came in after or before the first text.
        await Scene.UntilAsync(
            async () => await TextsAsync(laptop, "out") is { } own && own.Count(t => t != "begins") >= Messages,
            "the laptop has what the phone wrote");
        Assert.Equal(expected[1..].Order(StringComparer.Ordinal),
            (await TextsAsync(laptop, "out"))!.Where(t => t != "begins").Order(StringComparer.Ordinal));
        Assert.Equal(Kills, _services.Sum(s => s.Kills));
    }

    private static async Task<long> EpochAsync(Service node) =>
        await AskAsync(node, Commands.AccountConversations, new()) is { Code: null } there
            ? there.Done.Where(c => c.State == "ready").Select(c => c.Epoch).FirstOrDefault() : 0;

    private static async Task<string> ValueAsync<TRequest, TResult>(
        Service node, CommandSpec<TRequest, TResult> command, TRequest request, Func<TResult, string?> read)
        where TRequest : class, new()
    {
        string? value = null;
        await Scene.UntilAsync(async () =>
        {
            if (await AskAsync(node, command, request) is { Code: null } reply)
                value = read(reply.Done);
            return value is not null;
        }, command.Name);
        return value!;
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
            _process = Start();
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
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
