using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Handlers;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Session;

/// <summary>
/// Plays a script on three nodes. A line of it is
/// <code>
///  # anything              a remark
///  join alice bob          plugs a cable in and waits for the routes
///  alice LINE              sends LINE to the control socket of alice, and reads the answer
///  alice ? TEXT            reads events of alice until one has TEXT in it
/// </code>
/// Addresses, ids and secrets are others in each run: they are called $alice, $id1, $group1, $invitation1, in the order
/// in which they appear, in both directions. Times are "T".
/// </summary>
internal sealed class SessionStage : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly string[] Shown =
        ["message", "state", "group", "standing", "deleted", "changed", "setting", "read"];

    private readonly Dictionary<string, Actor> _actors = [];
    private readonly SessionNames _names = new();

    internal SessionStage()
    {
        foreach (string name in (string[])["alice", "bob", "carol"])
        {
            var node = new TestNode(name);
            _names.Add("$" + name, node.Address);
            _actors.Add(name, new Actor(node));
        }

        // Whoever adds a command need not change the record for it.
        _names.Add("$commands", NodeCommands.Table.Names);
        _names.Add("$longname", new string('n', 21));
        _names.Add("$longtext", new string('x', 4097));
    }

    /// <summary>Plays one line; returns what is to be recorded behind it.</summary>
    internal async Task<IReadOnlyList<string>> PlayAsync(string line)
    {
        if (line.Length == 0 || line[0] == '#')
            return [];
        string[] words = line.Split(' ', 3);
        if (words[0] == "join")
        {
            (TestNode a, TestNode b) = (_actors[words[1]].Node, _actors[words[2]].Node);
            await TestNode.JoinAsync(a, b);
            await a.HasRouteAsync(b);
            await b.HasRouteAsync(a);
            return [];
        }

        Actor actor = _actors[words[0]];
        if (words[1] == "?")
            return await FollowAsync(actor, words[2]);
        JsonNode reply = await actor.AskAsync(_names.Actual(line[(words[0].Length + 1)..])).WaitAsync(Patience);
        return ["< " + _names.Recorded(reply)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Actor actor in _actors.Values)
            await actor.DisposeAsync();
    }

    private async Task<IReadOnlyList<string>> FollowAsync(Actor actor, string text)
    {
        var events = new List<string>();
        string shown;
        do
        {
            JsonNode happened = await actor.NextEventAsync();
            // Whether a hop is told before the receipt is chance, and so is what the way there looked like.
            if (!Shown.Contains((string)happened["event"]!) || (string?)happened["message"]?["state"] is "forwarded"
                or "queued")
            {
                shown = "";
                continue;
            }

            events.Add(shown = "! " + _names.Recorded(happened));
        }
        while (!shown.Contains(text, StringComparison.Ordinal));

        return events;
    }

    /// <summary>A node, whoever talks to it, and whoever listens.</summary>
    private sealed class Actor : IAsyncDisposable
    {
        private readonly ControlClient _events;
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly StreamReader _replies;

        internal Actor(TestNode node)
        {
            Node = node;
            _events = node.Connect();
            _events.SendAsync(Commands.WatchEvents.ToLine(NoArguments.Instance), CancellationToken.None)
                .GetAwaiter().GetResult();
            _ = TestNode.ReadAsync(_events).GetAwaiter().GetResult();
            _socket.Connect(new UnixDomainSocketEndPoint(node.ControlPath));
            _replies = new StreamReader(new NetworkStream(_socket));
        }

        internal TestNode Node { get; }

        internal async Task<JsonNode> AskAsync(string line)
        {
            await _socket.SendAsync(Encoding.UTF8.GetBytes(line + "\n"));
            return JsonNode.Parse((await _replies.ReadLineAsync())!)!;
        }

        internal async Task<JsonNode> NextEventAsync()
        {
            ReadOnlyMemory<byte>? line = await _events.ReadLineAsync(CancellationToken.None).AsTask()
                .WaitAsync(Patience);
            return JsonNode.Parse(line!.Value.Span)!;
        }

        public async ValueTask DisposeAsync()
        {
            _events.Dispose();
            _replies.Dispose();
            _socket.Dispose();
            await Node.DisposeAsync();
        }
    }
}
