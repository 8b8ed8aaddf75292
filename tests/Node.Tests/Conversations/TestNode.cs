using System.Text.Json;
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
    /// <param name="bundles">False: both take each other for nodes that read no bundles.</param>
    internal static Task<MemoryLink> JoinAsync(
        TestNode a, TestNode b, bool pushRoutes = true, Func<byte[], bool>? passes = null, int bitsPerSecond = 0,
        bool bundles = true) =>
        MemoryLink.ConnectAsync(
            a.Identity, a.Node.LinkEvents, b.Identity, b.Node.LinkEvents, pushRoutes, passes, bitsPerSecond, bundles);

    /// <summary>Asks over the control socket what must be granted; returns the result.</summary>
    internal async Task<TResult> AskAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, TRequest? request = null)
        where TRequest : class, new() => (await ReplyAsync(command, request)).Done;

    /// <summary>Asks over the control socket; returns the reply, granted or not.</summary>
    internal async Task<Reply<TResult>> ReplyAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, TRequest? request = null)
        where TRequest : class, new()
    {
        await _client.SendAsync(command.ToLine(request ?? new TRequest()), CancellationToken.None);
        return command.ReadReply(await ReadLineAsync(_client));
    }

    /// <summary>Asks over the control socket what must be refused; returns why.</summary>
    internal async Task<(ErrorCode Code, string Error)> RefusalAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, TRequest? request = null)
        where TRequest : class, new()
    {
        Reply<TResult> reply = await ReplyAsync(command, request);
        Assert.NotNull(reply.Code);
        return (reply.Code.Value, reply.Error!);
    }

    /// <summary>
    /// Asks several things at once. The replies come as they are ready, each by the tag of its request, and each once.
    /// </summary>
    /// <returns>The replies in the order of the requests.</returns>
    internal async Task<Reply<TResult>[]> ReplyAllAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, params TRequest[] requests)
        where TRequest : class, new()
    {
        for (int i = 0; i < requests.Length; i++)
            await _client.SendAsync(command.ToLine(requests[i], i), CancellationToken.None);
        var replies = new Reply<TResult>[requests.Length];
        for (int i = 0; i < replies.Length; i++)
        {
            ReadOnlyMemory<byte> line = await ReadLineAsync(_client);
            using JsonDocument reply = JsonDocument.Parse(line);
            int tag = reply.RootElement.GetProperty("tag").GetInt32();
            Assert.Null(replies[tag]);
            replies[tag] = command.ReadReply(line);
        }

        return replies;
    }

    /// <summary>Sends a line as it is and returns the reply as it is: for tests that are about the JSON.</summary>
    internal async Task<JsonNode> RawAsync(ReadOnlyMemory<byte> line)
    {
        await _client.SendAsync(line, CancellationToken.None);
        return await ReadAsync(_client);
    }

    /// <summary>Another client of the control socket.</summary>
    internal ControlClient Connect() => ControlClient.TryConnect(ControlPath)!;

    /// <summary>The next line of a client, as it is.</summary>
    internal static async Task<JsonNode> ReadAsync(ControlClient client) =>
        JsonNode.Parse((await ReadLineAsync(client)).Span)!;

    /// <summary>The next line of a client; valid until the next is read.</summary>
    internal static async Task<ReadOnlyMemory<byte>> ReadLineAsync(ControlClient client) =>
        (await client.ReadLineAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(20)))!.Value;

    /// <summary>Waits until another node can be reached.</summary>
    internal async Task HasRouteAsync(TestNode to)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!(await AskAsync(Commands.Routes)).Any(r => r.Destination == to.Address && r.NextHop is not null))
            limit.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Sends what must be taken.</summary>
    internal Task<SendInfo> SendAsync(TestNode to, string text, string? wait = null) =>
        AskAsync(Commands.Send, new Api.SendRequest { To = to.Address, Text = text, Wait = wait });

    /// <summary>The newest messages, oldest first.</summary>
    internal Task<IReadOnlyList<MessageInfo>> MessagesAsync() => AskAsync(Commands.Messages);

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
