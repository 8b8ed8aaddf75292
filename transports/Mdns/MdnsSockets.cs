using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>The sockets of all links, one for each family. Those who call hold the lock that they share.</summary>
internal sealed class MdnsSockets(MdnsSockets.Receiver receiver, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly Dictionary<(int Link, AddressFamily Family), MdnsSocket> _sockets = [];
    private readonly Dictionary<int, string> _problems = [];
    private readonly HashSet<int> _unsent = [];

    /// <summary>Takes what came on a link.</summary>
    internal delegate void Receiver(int link, IPEndPoint source, ReadOnlySpan<byte> message);

    /// <summary>False if something could not be opened or sent.</summary>
    internal bool IsWhole => _problems.Count == 0 && _unsent.Count == 0;

    /// <summary>Why a link does not work; null if it does.</summary>
    internal string? ProblemOf(int link) => _problems.GetValueOrDefault(link);

    /// <summary>Opens what is missing and closes what is not needed any more.</summary>
    /// <param name="links">The links as they are now.</param>
    /// <param name="gate">The lock; it is not held while a socket ends.</param>
    internal async Task SetLinksAsync(IReadOnlyList<MdnsLink> links, Lock gate)
    {
        List<MdnsSocket> closed = [];
        lock (gate)
        {
            foreach (((int Link, AddressFamily Family) key, MdnsSocket socket) in _sockets.ToArray())
            {
                if (socket.IsOpen && links.Any(l => l.Index == key.Link && l.Has(key.Family)))
                    continue;
                _sockets.Remove(key);
                closed.Add(socket);
            }

            foreach (int gone in _problems.Keys.Concat(_unsent).Where(i => !links.Any(l => l.Index == i)).ToArray())
            {
                _problems.Remove(gone);
                _unsent.Remove(gone);
            }

            foreach (MdnsLink link in links)
                Open(link);
        }

        foreach (MdnsSocket socket in closed)
            await socket.DisposeAsync();
    }

    /// <summary>Sends to everybody on a link, over both families.</summary>
    internal void Send(MdnsLink link, ReadOnlySpan<byte> message)
    {
        foreach (AddressFamily family in Families)
        {
            if (_sockets.TryGetValue((link.Index, family), out MdnsSocket? socket) && !socket.TrySend(message))
                _unsent.Add(link.Index);
        }
    }

    /// <summary>The links where something could not be sent since the last call.</summary>
    internal int[] TakeUnsent()
    {
        int[] unsent = [.. _unsent];
        _unsent.Clear();
        return unsent;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (MdnsSocket socket in _sockets.Values)
            await socket.DisposeAsync();
        _sockets.Clear();
    }

    private static readonly AddressFamily[] Families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    private void Open(MdnsLink link)
    {
        string? problem = null;
        foreach (AddressFamily family in Families)
        {
            if (!link.Has(family) || _sockets.ContainsKey((link.Index, family)))
                continue;
            try
            {
                MdnsSocket socket = MdnsSocket.Open(family, link.Index, time);
                _sockets.Add((link.Index, family), socket);
                socket.Start((source, message) => receiver(link.Index, source, message));
                Log.DiscoveryOn(logger, link.Name, family == AddressFamily.InterNetwork ? "IPv4" : "IPv6");
            }
            catch (SocketException e)
            {
                problem = e.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"another program has port {MdnsEngine.Port} for itself (avahi-daemon: disallow-other-stacks)"
                    : FaultText.Of(e);
            }
        }

        if (problem is null)
            _problems.Remove(link.Index);
        else if (_problems.TryAdd(link.Index, problem))
            Log.DiscoveryAway(logger, link.Name, problem);
    }
}
