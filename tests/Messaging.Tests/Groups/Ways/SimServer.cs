using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups.Ways;

/// <summary>
/// A server in simulated time. Its answers may be lost after it did what was asked, so that it is asked again; what was
/// read may be read again.
/// </summary>
/// <param name="world">Its world.</param>
internal sealed class SimServer(PairWorld world)
{
    internal const string Name = "server.example";

    private readonly Dictionary<string, PairNode> _users = [];
    private readonly Dictionary<(string Key, EnvelopeId Id), byte[]> _stored = [];
    private readonly Dictionary<PairNode, List<byte[]>> _inboxes = [];
    private readonly Dictionary<PairNode, int> _read = [];
    private readonly HashSet<string> _names = [];

    /// <summary>Nobody reaches it.</summary>
    internal bool IsAway { get; set; }

    /// <summary>The share of answers that are lost.</summary>
    internal double Loss { get; set; }

    /// <summary>Whose inboxes have no room.</summary>
    internal HashSet<PairNode> Full { get; } = [];

    /// <summary>How often the same was stored again.</summary>
    internal int Repeated { get; private set; }

    internal void Register(string user, PairNode node)
    {
        _users[user] = node;
        _inboxes[node] = [];
        _read[node] = 0;
        node.Groups.Attach(Of(node)!);
    }

    /// <summary>As a node sees it; null if it has no account.</summary>
    internal IInboxes? Of(PairNode node) => _inboxes.ContainsKey(node) ? new View(this) : null;

    /// <summary>All that was ever put into somebody's inbox.</summary>
    internal IReadOnlyList<byte[]> InboxOf(PairNode node) => _inboxes[node];

    /// <summary>Puts something into an inbox that no node would.</summary>
    internal void Put(PairNode to, byte[] payload)
    {
        _inboxes[to].Add(payload);
        Give(to);
    }

    /// <summary>All of an inbox is given once more.</summary>
    internal void GiveAgain(PairNode to) => _read[to] = 0;

    /// <summary>It can be reached again, or a node runs again.</summary>
    internal void IsBack()
    {
        foreach (PairNode node in _users.Values.Where(static n => n.IsUp))
        {
            node.Opened(Name);
            Give(node);
        }
    }

    private void Give(PairNode to)
    {
        if (!_names.Add(to.Address.ToString()))
            return;
        world.After(world.Delay(), () =>
        {
            _names.Remove(to.Address.ToString());
            if (IsAway || !to.IsUp || _read[to] >= _inboxes[to].Count)
                return;
            ReadOnlyMemory<byte>[] payloads =
                [.. _inboxes[to].Skip(_read[to]).Take(64).Select(static p => (ReadOnlyMemory<byte>)p)];
            if (to.Reads(Name, payloads) && world.Random.NextDouble() >= Loss)
                _read[to] += payloads.Length;
            else
                world.After(TimeSpan.FromMilliseconds(500), () => Give(to));
            if (_read[to] < _inboxes[to].Count)
                Give(to);
        });
    }

    private StoredAnswer Store(IReadOnlyList<ServerMessage> messages)
    {
        if (IsAway)
            return new StoredAnswer(ServerStatus.Gone, 0);
        if (messages.Any(m => NodeOf(m.Recipient) is null))
            return new StoredAnswer(ServerStatus.NotFound, 0);
        if (messages.Any(m => Full.Contains(NodeOf(m.Recipient)!)))
            return new StoredAnswer(ServerStatus.Gone, 0);
        foreach (ServerMessage message in messages)
        {
            PairNode to = NodeOf(message.Recipient)!;
            byte[] payload = message.Payload.ToArray();
            if (!_stored.TryAdd((Convert.ToHexString(message.Recipient.Span), message.Id), payload))
            {
                Assert.Equal(payload, _stored[(Convert.ToHexString(message.Recipient.Span), message.Id)]);
                Repeated++;
                continue;
            }

            _inboxes[to].Add(payload);
            Give(to);
        }

        return new StoredAnswer(world.Random.NextDouble() < Loss ? ServerStatus.Gone : ServerStatus.Done, 0);
    }

    private PairNode? NodeOf(ReadOnlyMemory<byte> key) =>
        _users.Values.FirstOrDefault(n => n.Identity.PublicKey.Span.SequenceEqual(key.Span));

    private sealed class View(SimServer server) : IInboxes
    {
        public bool HasAccount(string name) => name == Name;

        public Task<StoredAnswer> StoreAsync(string name, IReadOnlyList<ServerMessage> messages) =>
            Task.FromResult(server.Store(messages));

        public Task<byte[]> FindUserAsync(string name, string user) =>
            server._users.TryGetValue(user, out PairNode? node) ? Task.FromResult(node.Identity.PublicKey.ToArray())
            : throw new MessagingException(Refusal.Refused, $"nobody on {name} is called {user}");
    }
}
