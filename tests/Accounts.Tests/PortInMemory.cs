using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>A server in memory that keeps everything it ever gave: inboxes, names, channels, KeyPackages.</summary>
internal sealed class PortInMemory : IServerPort
{
    private readonly Lock _guard = new();
    private readonly Dictionary<string, TestNode> _users = [];
    private readonly Dictionary<string, byte[]> _persons = [];
    private readonly Dictionary<string, string> _channels = [];
    private readonly Dictionary<string, List<ReadOnlyMemory<byte>>> _inboxes = [];
    private readonly Dictionary<string, ulong> _commits = [];

    /// <summary>What was stored is not given.</summary>
    internal bool HoldsBack { get; set; }

    /// <summary>All that was ever stored.</summary>
    internal List<ReadOnlyMemory<byte>> Stored { get; } = [];

    /// <summary>KeyPackages that it gives beside those that were left.</summary>
    internal List<byte[]> Forged { get; } = [];

    /// <summary>What is stored lies in <see cref="Stored"/> and in no inbox.</summary>
    internal bool Swallows { get; set; }

    /// <summary>Joins, with a certificate as another device of somebody who joined before.</summary>
    internal async Task JoinAsync(
        string server, string user, TestNode node, DeviceCertificate? certificate = null)
    {
        _users[user] = node;
        _persons[user] = (certificate?.Identity ?? node.Identity.PublicKey).ToArray();
        node.Node.Servers.Attach(new Of(this, node, _persons[user]));
        await node.Node.Servers.AddAccountAsync(server, user, certificate);
        await node.Node.Servers.SetOpenAsync(server, isOpen: true);
    }

    /// <summary>All that is in the inboxes of a user, from the first on.</summary>
    internal IReadOnlyList<(ReadOnlyMemory<byte> Channel, ServerBatch Batch)> Read(string user)
    {
        string key = Convert.ToHexString(_persons[user]);
        lock (_guard)
        {
            return [.. _inboxes.Where(i => i.Key.StartsWith(key, StringComparison.Ordinal)).Select(i => (
                (ReadOnlyMemory<byte>)Convert.FromHexString(i.Key[key.Length..]),
                new ServerBatch([.. i.Value.Select((m, at) => new ServerEnvelope((ulong)at + 1, m))], 1)))];
        }
    }

    public Task<StoredAnswer> StoreAsync(string server, IReadOnlyList<ServerMessage> messages, CommitPlace? place)
    {
        lock (_guard)
        {
            if (place is not null)
            {
                string group = Convert.ToHexString(place.Group.Span);
                if (_commits.TryGetValue(group, out ulong next) && next != place.Number)
                    return Task.FromResult(new StoredAnswer(ServerStatus.Stale, next));
                _commits[group] = place.Number + 1;
            }

            foreach (ServerMessage message in messages)
            {
                if (Swallows)
                {
                    Stored.Add(message.Payload.ToArray());
                    continue;
                }

                string inbox = Convert.ToHexString(message.Recipient.Span) + Convert.ToHexString(message.Channel.Span);
                if (!_inboxes.TryGetValue(inbox, out List<ReadOnlyMemory<byte>>? there))
                    _inboxes[inbox] = there = [];
                there.Add(message.Payload.ToArray());
                Stored.Add(message.Payload.ToArray());
            }
        }

        if (!HoldsBack)
            _ = Task.Run(() => GiveAsync(server));
        return Task.FromResult(new StoredAnswer(ServerStatus.Done, 0));
    }

    public Task<StoredAnswer> TryStoreAsync(string server, IReadOnlyList<ServerMessage> messages) =>
        StoreAsync(server, messages, null);

    public Task<ServerAnswer<byte[]>> FindUserAsync(string server, string user, string domain) => Task.FromResult(
        _persons.TryGetValue(user, out byte[]? person)
            ? new ServerAnswer<byte[]>(ServerStatus.Done, person)
            : new ServerAnswer<byte[]>(ServerStatus.NotFound, null));

    public Task<ServerAnswer<string>> FindNameAsync(
        string server, ReadOnlyMemory<byte> key, string domain) => Task.FromResult(
        new ServerAnswer<string>(ServerStatus.Done, _persons.First(u => key.Span.SequenceEqual(u.Value)).Key));

    public Task<ServerAnswer<OpenedChannel>> OpenChannelAsync(string server, ReadOnlyMemory<byte> key) =>
        throw new InvalidOperationException("A node's own port knows who asks.");

    public Task<ServerAnswer<IReadOnlyList<byte[]>>> TakeKeyPackagesAsync(
        string server, ReadOnlyMemory<byte> key, string domain, IReadOnlyList<byte[]>? devices) =>
        throw new InvalidOperationException("A node's own port knows who asks.");

    public void Read(string server, ReadOnlyMemory<byte> channel) => _ = Task.Run(() => GiveAsync(server));

    public void Refill(string server)
    {
    }

    public byte[] HeadOf(string server) => [];

    public void Compare(string server, ReadOnlyMemory<byte> head) =>
        throw new InvalidOperationException("Nobody told a head.");

    private async Task GiveAsync(string server)
    {
        foreach ((string user, TestNode node) in _users)
        {
            foreach ((ReadOnlyMemory<byte> channel, ServerBatch batch) in Read(user))
                await node.Node.Servers.ReceiveAsync(server, channel, batch);
        }
    }

    /// <summary>The same, as one node sees it.</summary>
    private sealed class Of(PortInMemory port, TestNode node, byte[] person) : IServerPort
    {
        public Task<StoredAnswer> StoreAsync(string server, IReadOnlyList<ServerMessage> messages,
            CommitPlace? place) =>
            port.StoreAsync(server, messages, place);

        public Task<StoredAnswer> TryStoreAsync(string server, IReadOnlyList<ServerMessage> messages) =>
            port.TryStoreAsync(server, messages);

        public Task<ServerAnswer<byte[]>> FindUserAsync(string server, string user, string domain) =>
            port.FindUserAsync(server, user, domain);

        public Task<ServerAnswer<string>> FindNameAsync(
            string server, ReadOnlyMemory<byte> key, string domain) =>
            port.FindNameAsync(server, key, domain);

        public Task<ServerAnswer<OpenedChannel>> OpenChannelAsync(string server, ReadOnlyMemory<byte> key)
        {
            string own = Convert.ToHexString(person), peer = Convert.ToHexString(key.Span);
            string pair = string.CompareOrdinal(own, peer) < 0 ? own + peer : peer + own;
            lock (port._guard)
            {
                bool wasNew = port._channels.TryAdd(pair, Convert.ToHexString(Guid.CreateVersion7().ToByteArray()));
                return Task.FromResult(new ServerAnswer<OpenedChannel>(
                    ServerStatus.Done, new OpenedChannel(Convert.FromHexString(port._channels[pair]), wasNew)));
            }
        }

        public async Task<ServerAnswer<IReadOnlyList<byte[]>>> TakeKeyPackagesAsync(
            string server, ReadOnlyMemory<byte> key, string domain, IReadOnlyList<byte[]>? devices)
        {
            List<byte[]> packages = [.. port.Forged];
            foreach ((string user, TestNode other) in port._users)
            {
                if (other != node && key.Span.SequenceEqual(port._persons[user])
                    && devices?.Any(d => other.Node.Identity.PublicKey.Span.SequenceEqual(d)) != false)
                    packages.Add(await other.Node.Servers.MakeKeyPackageAsync(server, isLastResort: false));
            }

            return packages.Count > 0
                ? new ServerAnswer<IReadOnlyList<byte[]>>(ServerStatus.Done, packages)
                : new ServerAnswer<IReadOnlyList<byte[]>>(ServerStatus.NotFound, null);
        }

        public void Read(string server, ReadOnlyMemory<byte> channel) => port.Read(server, channel);

        public byte[] HeadOf(string server) => port.HeadOf(server);

        public void Compare(string server, ReadOnlyMemory<byte> head) => port.Compare(server, head);

        public void Refill(string server) => port.Refill(server);
    }
}
