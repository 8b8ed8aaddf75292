using System.Net;
using System.Net.Sockets;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Metrics;

/// <summary>
/// Answers <c>GET /metrics</c> over HTTP/1.1, one request a connection. Reads a request of bounded size in bounded
/// time and from few clients at once; whatever else comes gets a status and is closed.
/// </summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private const int MostRequestBytes = 8 << 10;
    private const int MostClients = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Socket _listener;
    private readonly Func<CancellationToken, Task<string>> _metrics;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ends = new();
    private readonly SemaphoreSlim _clients = new(MostClients);
    private readonly Task _accepting;

    /// <summary>Binds and begins to serve.</summary>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    internal MetricsServer(IPEndPoint endPoint, Func<CancellationToken, Task<string>> metrics, TimeProvider time)
    {
        _metrics = metrics;
        _time = time;
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(endPoint);
            _listener.Listen(MostClients);
        }
        catch (SocketException e)
        {
            _listener.Dispose();
            throw new IOException($"metricsListen {endPoint}: {FaultText.Of(e)}", e);
        }

        Bound = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    internal IPEndPoint Bound { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        // All permits back: nobody is being served.
        for (int i = 0; i < MostClients; i++)
            await _clients.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _ends.Dispose();
        _clients.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ends.IsCancellationRequested)
        {
            try
            {
                Socket client = await _listener.AcceptAsync(_ends.Token).ConfigureAwait(false);
                if (_clients.Wait(0, CancellationToken.None))
                    _ = ServeAsync(client);
                else
                    client.Dispose();
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), _time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_ends.Token);
            limit.CancelAfter(Patience);
            (string status, string body) = await AnswerAsync(client, limit.Token).ConfigureAwait(false);
            byte[] payload = Encoding.UTF8.GetBytes(body);
            string head = $"HTTP/1.1 {status}\r\nContent-Type: {MetricsText.ContentType}\r\nContent-Length: {payload.Length}\r\nConnection: close\r\n\r\n";
            byte[] answer = [.. Encoding.ASCII.GetBytes(head), .. payload];
            for (ReadOnlyMemory<byte> rest = answer; !rest.IsEmpty;)
                rest = rest[await client.SendAsync(rest, limit.Token).ConfigureAwait(false)..];
            client.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went away or was too slow.
        }
        finally
        {
            client.Dispose();
            _clients.Release();
        }
    }

    private async Task<(string Status, string Body)> AnswerAsync(Socket client, CancellationToken cancellation)
    {
        byte[] request = new byte[MostRequestBytes];
        int length = 0;
        while (request.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            if (length == request.Length)
                return ("431 Request Header Fields Too Large", "");
            int read = await client.ReceiveAsync(request.AsMemory(length), cancellation).ConfigureAwait(false);
            if (read == 0)
                throw new OperationCanceledException("The request is not whole.");
            length += read;
        }

        ReadOnlySpan<byte> line = request.AsSpan(0, request.AsSpan(0, length).IndexOf("\r\n"u8));
        if (!line.StartsWith("GET "u8))
            return ("405 Method Not Allowed", "");
        if (!line["GET ".Length..].StartsWith("/metrics "u8))
            return ("404 Not Found", "");
        return ("200 OK", await _metrics(cancellation).ConfigureAwait(false));
    }
}
