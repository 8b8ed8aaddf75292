using System.Net;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Identity.Opaque;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>A login between its two steps; good for one connection and a short time.</summary>
/// <param name="State">What OPAQUE keeps.</param>
/// <param name="Username">The name that was asked for.</param>
/// <param name="Account">Its account; null if there is none, which the client must not learn.</param>
/// <param name="Started">A timestamp of the clock.</param>
internal sealed record PendingLogin(
    OpaqueServerLogin State, string Username, StoredAccount? Account, long Started) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => State.Dispose();
}

/// <summary>
/// What a connection knows of its client, whatever it runs over. Safe for use by several threads at once.
/// </summary>
/// <param name="address">Where the client is.</param>
/// <param name="peer">The server that it is; null for a client of a user.</param>
internal sealed class ClientSession(IPAddress? address, Peer? peer = null) : IDisposable
{
    private PendingLogin? _login;
    private volatile Entered? _entered;
    private volatile byte[]? _nonce;
    private int _disposed;

    private sealed record Entered(StoredSession Account, bool LacksDevice);

    /// <summary>Where the client is, for limits.</summary>
    internal Source Source { get; } = Source.Of(address);

    /// <summary>Where the client is, for the audit log.</summary>
    internal string Address { get; } = address?.ToString() ?? "unknown";

    /// <summary>The server that the client is; null for a client of a user.</summary>
    internal Peer? Peer => peer;

    /// <summary>Whether the server knows whose the connection is.</summary>
    internal bool IsKnown => peer is not null || _entered is not null;

    /// <summary>The account of the connection; null before method 1.</summary>
    internal StoredSession? Account => _entered?.Account;

    /// <summary>
    /// The session names no device, and the account has some: only what the identity signs is done for it.
    /// </summary>
    internal bool LacksDevice => _entered is { LacksDevice: true };

    /// <summary>What calls over this connection are signed with; null before the client has asked for it.</summary>
    internal byte[]? Nonce => _nonce;

    /// <summary>Ends the connection, with a reason in words; it may be called more than once.</summary>
    internal Action<string> Close { get; set; } = _ => { };

    /// <summary>Set when the connection ends with the answer that is sent next.</summary>
    internal string? ClosingReason { get; private set; }

    /// <summary>Sends an event; it may be lost with the connection.</summary>
    internal Action<Rpc.V1.Event> Notify { get; set; } = _ => { };

    /// <summary>The nonce of the connection, which is drawn when it is asked for the first time.</summary>
    internal byte[] TakeNonce(RandomFill random)
    {
        if (_nonce is { } there)
            return there;
        byte[] fresh = new byte[CallProof.NonceSize];
        random(fresh);
        return Interlocked.CompareExchange(ref _nonce, fresh, null) ?? fresh;
    }

    /// <summary>Gives the connection its account, once.</summary>
    internal bool TryAuthenticate(StoredSession account, bool lacksDevice) =>
        Interlocked.CompareExchange(ref _entered, new Entered(account, lacksDevice), null) is null;

    /// <summary>Ends the connection when the answer of the call that runs has been sent.</summary>
    internal void CloseAfterAnswer(string reason) => ClosingReason = reason;

    /// <summary>Keeps a login until its second step; one that was begun before is given up.</summary>
    internal void BeginLogin(PendingLogin login)
    {
        Interlocked.Exchange(ref _login, login)?.Dispose();
        if (Volatile.Read(ref _disposed) != 0)
            Interlocked.Exchange(ref _login, null)?.Dispose();
    }

    /// <summary>The login that was begun; the caller disposes of it.</summary>
    internal PendingLogin? TakeLogin() => Interlocked.Exchange(ref _login, null);

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, 1);
        Interlocked.Exchange(ref _login, null)?.Dispose();
    }
}
