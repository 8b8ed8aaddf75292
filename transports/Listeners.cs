using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>A place to listen that nobody can reach for now.</summary>
/// <param name="Uri">The place, as it was asked for.</param>
/// <param name="Reason">Why it is not listened on.</param>
public sealed record WaitingListener(LinkUri Uri, string Reason);

/// <summary>
/// Where this node listens. An address that is not there yet is waited for, and a listener whose interface went is
/// bound anew when it is back: addresses come and go with cables, leases and tunnels.
/// </summary>
internal sealed class Listeners(
    ILinkAcceptor acceptor, bool followKernel, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    // The kernel tells of changes; these find what it did not tell.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(30);

    private readonly object _lock = new();
    private readonly List<Kept> _kept = [];

    /// <summary>Where we listen.</summary>
    internal IReadOnlyList<LinkUri> Bound
    {
        get
        {
            lock (_lock)
                return [.. _kept.Where(k => k.Listener is not null).Select(k => k.Listener!.Bound)];
        }
    }

    /// <summary>Where we would listen.</summary>
    internal IReadOnlyList<WaitingListener> Waiting
    {
        get
        {
            lock (_lock)
                return [.. _kept.Where(k => k.Listener is null).Select(k => new WaitingListener(k.Asked, k.Reason))];
        }
    }

    /// <summary>Listens on a URI from now on; null if it waits for its address.</summary>
    /// <exception cref="IOException">The URI is wrong, or the address cannot be bound for another reason than that it
    /// is away.</exception>
    internal async ValueTask<LinkUri?> ListenAsync(ITransport transport, LinkUri uri, CancellationToken cancellation)
    {
        Kept kept = new(uri, transport);
        try
        {
            kept.Listener = await transport.ListenAsync(uri, acceptor, cancellation);
        }
        catch (AddressAwayException e)
        {
            kept.Reason = e.Message;
        }

        lock (_lock)
            _kept.Add(kept);
        if (kept.Listener is { } listener)
            Log.Listening(logger, listener.Bound);
        else
            Log.ListeningWaits(logger, uri, kept.Reason);
        if (kept.Follows)
            kept.Loop = FollowAsync(kept);
        return kept.Listener?.Bound;
    }

    /// <summary>Stops to listen on a URI, named as it was asked for; false if nobody does.</summary>
    internal async ValueTask<bool> StopAsync(LinkUri uri)
    {
        Kept? kept;
        lock (_lock)
        {
            kept = _kept.Find(k => k.Asked == uri);
            if (kept is null)
                return false;
            _kept.Remove(kept);
        }

        await kept.DisposeAsync();
        Log.ListeningNoMore(logger, kept.Listener?.Bound ?? uri);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        Kept[] all;
        lock (_lock)
        {
            all = [.. _kept];
            _kept.Clear();
        }

        foreach (Kept kept in all)
            await kept.DisposeAsync();
    }

    private async Task FollowAsync(Kept kept)
    {
        using NetworkWatch network = new(followKernel, time);
        CancellationToken stop = kept.Stop.Token;
        try
        {
            while (true)
            {
                await network.ChangedAsync(kept.Listener is null ? RetryAfter : LookAfter, stop);
                await LookContainedAsync(kept, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody wants to listen here any more.
        }
    }

    /// <summary>A fault of this program costs one look: the next may do better.</summary>
    private async Task LookContainedAsync(Kept kept, CancellationToken stop)
    {
        try
        {
            await LookAsync(kept, stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            Log.LoopFailed(logger, e, "listen", kept.Asked);
        }
    }

    private async Task LookAsync(Kept kept, CancellationToken stop)
    {
        if (kept.Listener is { } listener)
        {
            if (listener.IsCurrent)
                return;
            // First away, then anew: the new one may want the same port.
            lock (_lock)
            {
                kept.Listener = null;
                kept.Reason = "its address, or the interface of it, is gone";
            }

            Log.ListeningWaits(logger, kept.Asked, kept.Reason);
            await listener.DisposeAsync();
        }

        try
        {
            IListener fresh = await kept.Transport.ListenAsync(kept.Asked, acceptor, stop);
            lock (_lock)
                kept.Listener = fresh;
            Log.Listening(logger, fresh.Bound);
        }
        catch (IOException e)
        {
            lock (_lock)
                kept.Reason = e.Message;
        }
    }

    /// <summary>One place to listen.</summary>
    private sealed class Kept(LinkUri asked, ITransport transport) : IAsyncDisposable
    {
        internal LinkUri Asked { get; } = asked;

        internal ITransport Transport { get; } = transport;

        /// <summary>It is about one address, which can go; radios and "every address" cannot.</summary>
        internal bool Follows { get; } =
            asked.Scheme is Tcp.TcpTransport.SchemeName or Quic.QuicTransport.SchemeName
            && IpEndpoint.TryParse(asked, out IpEndpoint? endpoint, out _) && !endpoint.IsAny;

        internal IListener? Listener { get; set; }

        /// <summary>Why there is no listener.</summary>
        internal string Reason { get; set; } = "";

        internal CancellationTokenSource Stop { get; } = new();

        internal Task Loop { get; set; } = Task.CompletedTask;

        public async ValueTask DisposeAsync()
        {
            await Stop.CancelAsync();
            await Loop;
            if (Listener is not null)
                await Listener.DisposeAsync();
            Stop.Dispose();
        }
    }
}
