using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

/// <summary>A whole node without sockets of its own: real router, real store, real crypto.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly string _directory;
    private readonly bool _isOwn;
    private readonly MeshStore _store;
    private readonly ControlServer _server;
    private readonly ControlClient _client;
    private readonly SaidLines _said = new();
    private readonly ConsoleLog _logs;

    /// <summary>Starts a node.</summary>
    /// <param name="name">What it announces.</param>
    /// <param name="options">How its store is opened.</param>
    /// <param name="receipts">Who gets receipts.</param>
    /// <param name="storeTime">What its store measures running time by; null for the machine's clock.</param>
    /// <param name="lives">Whose data directory and identity it has; they stay when it ends. Null for its own.</param>
    /// <param name="time">Its clock; null for the machine's.</param>
    /// <param name="configure">Sets what else is to be set; null for nothing.</param>
    internal TestNode(
        string name, StoreOptions? options = null, ReceiptPolicy receipts = ReceiptPolicy.All,
        (string Directory, LocalIdentity Identity)? lives = null, TimeProvider? storeTime = null,
        TimeProvider? time = null,
        Action<NodeConfiguration>? configure = null)
    {
        TimeProvider clock = time ?? TimeProvider.System;
        _isOwn = lives is null;
        _directory = lives?.Directory ?? Directory.CreateTempSubdirectory("qpc-node-").FullName;
        Identity = lives?.Identity ?? LocalIdentity.Generate();
        Span<byte> key = stackalloc byte[32];
        Identity.DeriveKey("qpc-mesh/1 storage key"u8, key);
        _store = MeshStore.Open(_directory, key, options ?? new StoreOptions(), storeTime ?? clock);
        var configuration = new NodeConfiguration
        {
            Name = name,
            DataDirectory = _directory,
            Durability = options?.Durability ?? Durability.Normal,
            Receipts = receipts,
            // Most tests are about something else than which keys a text has at which moment.
            DirectMessages = DirectSecurity.Sealed,
        };
        configure?.Invoke(configuration);
        _logs = new ConsoleLog(_said, journal: false, clock);
        Node = new MeshNode(configuration, Identity, _store, clock, _logs, _ => { })
        {
            SpreadsKeyPackage = configuration.DirectMessages != DirectSecurity.Sealed,
        };
        Links = new NodeLinks(configuration, Identity, PartOptions.CapabilitiesOf(configuration), Node.LinkEvents,
            clock, NullLoggerFactory.Instance);
        Node.Start(Links);
        _server = ControlServer.Bind(ControlPath, _logs.CreateLogger("control"));
        _server.Start(new NodeControl(Node), Node.Events);
        _client = Connect();
    }

    internal LocalIdentity Identity { get; }

    /// <summary>Serves the clients of this node.</summary>
    internal ControlServer Control => _server;

    /// <summary>The path of the control socket.</summary>
    internal string ControlPath => Path.Combine(_directory, "c.sock");

    /// <summary>Its data directory.</summary>
    internal string DataDirectory => _directory;

    internal string Address => Identity.Address.ToString();

    internal MeshNode Node { get; }

    internal NodeLinks Links { get; }

    internal MeshStore Store => _store;

    /// <summary>What it has logged so far.</summary>
    internal string[] Log
    {
        get
        {
            Assert.True(_logs.Flush(TimeSpan.FromSeconds(30)));
            return _said.Lines;
        }
    }

    /// <summary>Plugs a cable in; returns the first node's end.</summary>
    /// <param name="a">One node.</param>
    /// <param name="b">The other.</param>
    /// <param name="pushRoutes">False: as on a radio, routes are asked for.</param>
    /// <param name="bitsPerSecond">How fast it says that it is; 0 where that is no matter.</param>
    /// <param name="passes">Sees each frame of the cable as a node would, and says whether it arrives.</param>
    internal static Task<MemoryLink> JoinAsync(
        TestNode a, TestNode b, bool pushRoutes = true, Func<byte[], bool>? passes = null, int bitsPerSecond = 0) =>
        MemoryLink.ConnectAsync(
            a.Identity, a.Node.LinkEvents, b.Identity, b.Node.LinkEvents, pushRoutes, passes, bitsPerSecond);

    /// <summary>Asks over the control socket; returns the whole reply.</summary>
    internal async Task<JsonNode> AskAsync(ControlRequest request)
    {
        await _client.SendAsync(request, CancellationToken.None);
        return await ReadAsync(_client);
    }

    /// <summary>Asks what must be granted; returns the result.</summary>
    internal async Task<TResult> AskAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, TRequest? request = null)
        where TRequest : class, new()
    {
        await _client.SendAsync(command.ToLine(request ?? new TRequest()), CancellationToken.None);
        return command.ReadReply(await ReadLineAsync(_client)).Done;
    }

    /// <summary>Asks several things at once; the replies come as they are ready.</summary>
    internal async Task<JsonNode[]> AskAllAsync(ControlRequest[] requests)
    {
        foreach (ControlRequest request in requests)
            await _client.SendAsync(request, CancellationToken.None);
        var replies = new JsonNode[requests.Length];
        for (int i = 0; i < replies.Length; i++)
            replies[i] = await ReadAsync(_client);
        return replies;
    }

    /// <summary>Another client of the control socket.</summary>
    internal ControlClient Connect() => ControlClient.TryConnect(ControlPath)!;

    internal static async Task<JsonNode> ReadAsync(ControlClient client) =>
        JsonNode.Parse((await ReadLineAsync(client)).Span)!;

    /// <summary>Waits until another node can be reached.</summary>
    internal async Task HasRouteAsync(TestNode to)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!(await AskAsync(new ControlRequest { Command = "routes" }))["result"]!.AsArray()
                   .Any(r => (string)r!["destination"]! == to.Address && r["nextHop"] is not null))
            limit.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Sends what must be taken.</summary>
    internal Task<SendInfo> SentAsync(TestNode to, string text, string? wait = null) =>
        AskAsync(Commands.Send, new Api.SendRequest { To = to.Address, Text = text, Wait = wait });

    internal Task<JsonNode> SendAsync(TestNode to, string text, string? wait = null) =>
        AskAsync(new ControlRequest { Command = "send", To = to.Address, Text = text, Wait = wait });

    internal async Task<JsonArray> MessagesAsync() =>
        (await AskAsync(new ControlRequest { Command = "messages" }))["result"]!.AsArray();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        await Node.DisposeAsync();
        _store.Dispose();
        _logs.Dispose();
        if (!_isOwn)
            return;
        Identity.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadLineAsync(ControlClient client) =>
        (await client.ReadLineAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(20)))!.Value;

    private sealed class SaidLines : ILogSink
    {
        private readonly Lock _guard = new();
        private readonly System.Text.StringBuilder _text = new();

        internal string[] Lines
        {
            get
            {
                lock (_guard)
                    return _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            }
        }

        public bool Write(ReadOnlySpan<byte> lines)
        {
            lock (_guard)
                _text.Append(System.Text.Encoding.UTF8.GetString(lines));
            return true;
        }
    }
}
