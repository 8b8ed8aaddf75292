using System.Net.Security;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// The encrypted byte stream below a link, and how it is shut: the part that TCP and QUIC do differently.
/// </summary>
internal abstract class LinkConnection : IAsyncDisposable
{
    /// <summary>The plaintext in both directions.</summary>
    internal abstract Stream Stream { get; }

    /// <summary>The remote end point.</summary>
    internal abstract string Remote { get; }

    /// <summary>What TLS agreed on (ALPN); default if on nothing.</summary>
    internal abstract SslApplicationProtocol Protocol { get; }

    /// <summary><see cref="ILink.Repeats"/>.</summary>
    internal virtual uint? Repeats => null;

    /// <summary>Told why the link over it ended.</summary>
    internal virtual void Ended(LinkEnd reason)
    {
    }

    /// <summary>Tells the peer that nothing follows, once all writes are done.</summary>
    internal abstract ValueTask CompleteWritesAsync();

    /// <summary>Ends the connection at once; reads and writes that are under way fail.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>
    /// Tells the peer why no link comes of it, and waits until it has hung up or the time is over: closing with unread
    /// bytes would reset the connection, and the reset may overtake the reason.
    /// </summary>
    internal async ValueTask RefuseAsync(
        LinkEndCode code, TimeSpan patience, TimeProvider time, CancellationToken cancellation = default)
    {
        using CancellationTokenSource limit = new(patience, time);
        using CancellationTokenSource timeout =
            CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await Stream.WriteAsync(HelloExchange.Bye(code), timeout.Token);
            await Stream.FlushAsync(timeout.Token);
            await CompleteWritesAsync().AsTask().WaitAsync(timeout.Token);
            await DiscardAsync(timeout.Token);
        }
        catch (Exception e) when (IsLinkFault(e))
        {
            // The peer is gone already; there is nobody left to tell.
        }

        await DisposeAsync();
    }

    /// <summary>Reads until the peer hangs up.</summary>
    internal async Task DiscardAsync(CancellationToken cancellation)
    {
        byte[] sink = new byte[1024];
        while (await Stream.ReadAsync(sink, cancellation) > 0)
        {
        }
    }

    /// <summary>True for what a peer or the network can cause; everything else is a fault of ours.</summary>
    internal static bool IsLinkFault(Exception e) => e
        is IOException
        or ObjectDisposedException
        or OperationCanceledException
        or System.Net.Sockets.SocketException
        or System.Net.Quic.QuicException
        or System.Security.Authentication.AuthenticationException;
}
