using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>A TCP socket that listens, and whoever comes to it: for what this node serves over HTTP.</summary>
internal sealed class AcceptLoop : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _listener;
    private readonly CancellationToken _ends;
    private readonly Task _accepting;

    /// <summary>Binds and begins to accept.</summary>
    /// <param name="setting">What says where: named where it cannot be.</param>
    /// <param name="endPoint">Where.</param>
    /// <param name="backlog">Clients that may wait.</param>
    /// <param name="serve">Takes a client over, and does not wait for it.</param>
    /// <param name="faults">Where faults are noted.</param>
    /// <param name="seam">As what.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ends">Ends it.</param>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    internal AcceptLoop(
        string setting, IPEndPoint endPoint, int backlog, Action<Socket> serve, Faults faults, FaultSeam seam,
        TimeProvider time, CancellationToken ends)
    {
        _ends = ends;
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(endPoint);
            _listener.Listen(backlog);
        }
        catch (SocketException e)
        {
            _listener.Dispose();
            throw new IOException($"{setting} {endPoint}: {FaultText.Of(e)}", e);
        }

        Bound = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync(serve, faults, seam, time);
    }

    /// <summary>Where it listens.</summary>
    internal IPEndPoint Bound { get; }

    /// <summary>Closes the socket, and waits for the loop; its token has been cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
    }

    private async Task AcceptAsync(Action<Socket> serve, Faults faults, FaultSeam seam, TimeProvider time)
    {
        while (!_ends.IsCancellationRequested)
        {
            try
            {
                serve(await _listener.AcceptAsync(_ends).ConfigureAwait(false));
            }
            catch (Exception e) when (_ends.IsCancellationRequested
                && e is (OperationCanceledException or ObjectDisposedException or SocketException))
            {
                return;
            }
            catch (Exception e)
            {
                // Out of descriptors, most likely. Whatever it is, the next client may do better.
                if (e is not SocketException)
                    faults.Note(seam, e);
                await Task.Delay(Pause, time, _ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
