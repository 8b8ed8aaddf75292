using System.Collections.Concurrent;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Who is connected: bounded in all and for each source, and found by account when one ends.</summary>
/// <param name="maxClients">In all.</param>
/// <param name="maxPerSource">From one source.</param>
internal sealed class ClientRegistry(int maxClients, int maxPerSource)
{
    private readonly ConcurrentDictionary<ClientSession, byte> _clients = new();
    private readonly Dictionary<Source, int> _sources = [];
    private readonly Lock _lock = new();
    private int _count;

    /// <summary>Connections that stand.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Takes a place for a connection; false where there is none.</summary>
    internal bool TryAdd(ClientSession client)
    {
        lock (_lock)
        {
            int ofSource = _sources.GetValueOrDefault(client.Source);
            if (_count >= maxClients || ofSource >= maxPerSource)
                return false;
            _sources[client.Source] = ofSource + 1;
            _count++;
        }

        _clients[client] = 0;
        return true;
    }

    /// <summary>Gives a place back.</summary>
    internal void Remove(ClientSession client)
    {
        if (!_clients.TryRemove(client, out _))
            return;
        lock (_lock)
        {
            int left = _sources[client.Source] - 1;
            if (left == 0)
                _sources.Remove(client.Source);
            else
                _sources[client.Source] = left;
            _count--;
        }
    }

    /// <summary>The connections of an account.</summary>
    internal IEnumerable<ClientSession> Of(IdentityKey account) =>
        _clients.Keys.Where(c => c.Account?.Identity == account);

    /// <summary>The sessions of all connections, each once.</summary>
    internal IEnumerable<StoredSession> Accounts =>
        _clients.Keys.Select(c => c.Account).OfType<StoredSession>().Distinct();

    /// <summary>Sends an event to everybody.</summary>
    internal void NotifyAll(Rpc.V1.Event happened)
    {
        foreach (ClientSession client in _clients.Keys)
            client.Notify(happened);
    }

    /// <summary>Closes all connections.</summary>
    internal void CloseAll(string reason)
    {
        foreach (ClientSession client in _clients.Keys)
            client.Close(reason);
    }
}
