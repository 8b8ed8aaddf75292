using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Limits;

/// <summary>Rates of a server; each is arbitrary, and a setting of tests.</summary>
internal sealed record RateSettings
{
    /// <summary>Connections of one source.</summary>
    public Rate Connections { get; init; } = new(60, 2);

    /// <summary>Steps of registration and login of one source.</summary>
    public Rate Opaque { get; init; } = new(40, 1);

    /// <summary>Logins to one name, from wherever.</summary>
    public Rate LoginsPerName { get; init; } = new(20, 0.2);

    /// <summary>Calls of one account, or of one source without a session.</summary>
    public Rate Calls { get; init; } = new(2000, 500);

    /// <summary>Questions for names and keys of one account.</summary>
    public Rate Lookups { get; init; } = new(60, 1);

    /// <summary>KeyPackages that one account takes of another.</summary>
    public Rate KeyPackagesOfOne { get; init; } = new(5, 1.0 / 60);

    /// <summary>KeyPackages that one account takes in all.</summary>
    public Rate KeyPackages { get; init; } = new(100, 0.5);

    /// <summary>Reports of one account.</summary>
    public Rate Reports { get; init; } = new(5, 1.0 / 600);

    /// <summary>Direct channels that one account makes.</summary>
    public Rate Channels { get; init; } = new(30, 0.1);
}

/// <summary>All rates of a server, in bounded memory.</summary>
internal sealed class RateLimits(RateSettings settings, TimeProvider time)
{
    // Arbitrary; a key takes some 60 bytes.
    private const int MaxKeys = 65_536;

    private readonly TokenBuckets<Source> _connections = new(settings.Connections, MaxKeys, time);
    private readonly TokenBuckets<Source> _opaque = new(settings.Opaque, MaxKeys, time);
    private readonly TokenBuckets<string> _names = new(settings.LoginsPerName, MaxKeys, time);
    private readonly TokenBuckets<Source> _strangers = new(settings.Calls, MaxKeys, time);
    private readonly TokenBuckets<IdentityKey> _calls = new(settings.Calls, MaxKeys, time);
    private readonly TokenBuckets<IdentityKey> _lookups = new(settings.Lookups, MaxKeys, time);
    private readonly TokenBuckets<(IdentityKey, IdentityKey)> _packagesOfOne =
        new(settings.KeyPackagesOfOne, MaxKeys, time);
    private readonly TokenBuckets<IdentityKey> _packages = new(settings.KeyPackages, MaxKeys, time);
    private readonly TokenBuckets<IdentityKey> _reports = new(settings.Reports, MaxKeys, time);
    private readonly TokenBuckets<int> _storeFaults = new(new Rate(20, 1), 2, time);
    private readonly TokenBuckets<IdentityKey> _channels = new(settings.Channels, MaxKeys, time);

    /// <summary>
    /// Tells whether a call that the store failed is told once more: without a store each call of each client fails.
    /// </summary>
    internal bool MayTellOfStore() => _storeFaults.TryTake(0, out _);

    /// <summary>Tells whether a source may connect once more.</summary>
    internal bool MayConnect(Source source) => _connections.TryTake(source, out _);

    /// <summary>A step of registration or login.</summary>
    /// <exception cref="CallException">Too often.</exception>
    internal void TakeOpaque(Source source) => Take(_opaque, source);

    /// <summary>A login to a name, known or not.</summary>
    internal void TakeLogin(string username) => Take(_names, username);

    /// <summary>Any call without a session.</summary>
    internal void TakeCall(Source source) => Take(_strangers, source);

    /// <summary>Any call with a session.</summary>
    internal void TakeCall(IdentityKey account) => Take(_calls, account);

    /// <summary>A question for a name or a key.</summary>
    internal void TakeLookup(IdentityKey account) => Take(_lookups, account);

    /// <summary>A report.</summary>
    internal void TakeReport(IdentityKey account) => Take(_reports, account);

    /// <summary>A new direct channel.</summary>
    internal void TakeChannel(IdentityKey account) => Take(_channels, account);

    /// <summary>A KeyPackage of somebody.</summary>
    internal void TakeKeyPackage(IdentityKey account, IdentityKey owner)
    {
        // Devices of one account take each other's for each of their conversations.
        if (account != owner)
            Take(_packagesOfOne, (account, owner));
        Take(_packages, account);
    }

    private static void Take<TKey>(TokenBuckets<TKey> buckets, TKey key)
        where TKey : notnull
    {
        if (!buckets.TryTake(key, out TimeSpan wait))
            throw new CallException(RpcStatus.RateLimited, "Too often; try again later.") { RetryAfter = wait };
    }
}
