using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Federation;

/// <summary>
/// Bounds of what other servers ask for: of each, and of all together, because a domain costs little. Those that the
/// operator named and those that merely have a certificate are counted apart: strangers use up nothing that a named
/// server needs.
/// </summary>
internal sealed class PeerLimits(FederationOptions options, RateLimits users, TimeProvider time)
{
    // Arbitrary: connections of one server, which may be several processes, and of all of a kind.
    private const int MaxConnectionsOfOne = 16;
    private const int MaxConnections = 256;

    // Arbitrary; a key takes some 60 bytes.
    private const int MaxKeys = 8192;

    private readonly TokenBuckets<string> _calls = new(options.Rates.Calls, MaxKeys, time);
    private readonly TokenBuckets<int> _allCalls = new(options.Rates.AllCalls, 2, time);
    private readonly TokenBuckets<string> _lookups = new(options.Rates.Lookups, MaxKeys, time);
    private readonly TokenBuckets<int> _allLookups = new(options.Rates.AllLookups, 2, time);
    private readonly TokenBuckets<(IdentityKey Owner, bool ForNamed)> _packagesOfOne =
        new(options.Rates.KeyPackagesOfOne, MaxKeys, time);
    private readonly TokenBuckets<int> _told = new(new Rate(20, 0.1), 2, time);
    private readonly Lock _guard = new();
    private readonly Dictionary<string, int> _connections = new(StringComparer.Ordinal);
    private int _named;
    private int _strangers;

    /// <summary>Takes a place for a connection; false where there is none.</summary>
    internal bool TryConnect(Peer peer)
    {
        lock (_guard)
        {
            int ofOne = _connections.GetValueOrDefault(peer.Domains[0]);
            ref int all = ref CountOf(peer);
            if (ofOne >= MaxConnectionsOfOne || all >= MaxConnections)
                return false;
            _connections[peer.Domains[0]] = ofOne + 1;
            all++;
            return true;
        }
    }

    /// <summary>Gives a place back.</summary>
    internal void Disconnect(Peer peer)
    {
        lock (_guard)
        {
            CountOf(peer)--;
            if (--_connections[peer.Domains[0]] == 0)
                _connections.Remove(peer.Domains[0]);
        }
    }

    /// <summary>Tells whether a call that was refused is told once more.</summary>
    internal bool MayTell() => _told.TryTake(0, out _);

    /// <summary>Any call of a server.</summary>
    /// <exception cref="CallException">Too often.</exception>
    internal void TakeCall(string domain) => Take(_calls, domain, _allCalls);

    /// <summary>A question for a name or a key.</summary>
    /// <exception cref="CallException">Too often.</exception>
    internal void TakeLookup(string domain) => Take(_lookups, domain, _allLookups);

    /// <summary>A KeyPackage of somebody; a server counts as one user.</summary>
    /// <exception cref="CallException">Too often.</exception>
    internal void TakeKeyPackage(string domain, IdentityKey server, IdentityKey owner)
    {
        users.TakeKeyPackage(server, owner);
        Check(_packagesOfOne.TryTake((owner, IsNamed(domain)), out TimeSpan wait), wait);
    }

    private bool IsNamed(string domain) => options.Peers.ContainsKey(domain);

    private ref int CountOf(Peer peer) => ref IsNamed(peer.Domains[0]) ? ref _named : ref _strangers;

    private void Take(TokenBuckets<string> ofOne, string domain, TokenBuckets<int> all)
    {
        // What one server is refused is nothing that the others go without.
        Check(ofOne.TryTake(domain, out TimeSpan wait), wait);
        Check(all.TryTake(IsNamed(domain) ? 0 : 1, out wait), wait);
    }

    private static void Check(bool isTaken, TimeSpan wait)
    {
        if (!isTaken)
            throw new CallException(Rpc.RpcStatus.RateLimited, "Too often; try again later.") { RetryAfter = wait };
    }
}
