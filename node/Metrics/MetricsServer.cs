using System.Net;
using System.Net.Sockets;
using System.Text;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Metrics;

/// <summary>
/// Answers <c>GET /metrics</c> over HTTP/1.1, one request a connection. Reads a request of bounded size in bounded
/// time and from few clients at once; whatever else comes gets a status and is closed. Where all places are taken, the
/// client that has kept its request back for longest gives way: who asks at once is always heard.
/// </summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private const int MaxRequestBytes = 8 << 10;
    private const int MaxClients = 16;

    /// <summary>From the first byte of a request to the last of its answer, at most.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Func<CancellationToken, Task<string>> _metrics;
    private readonly Faults _faults;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ends = new();
    private readonly Lock _guard = new();

    /// <summary>Who is being served, the oldest first.</summary>
    private readonly List<Client> _clients = [];
    private readonly AcceptLoop _accepting;

    /// <summary>Binds and begins to serve.</summary>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    internal MetricsServer(
        IPEndPoint endPoint, Func<CancellationToken, Task<string>> metrics, Faults faults, TimeProvider time)
    {
        _metrics = metrics;
        _faults = faults;
        _time = time;
        _accepting = new AcceptLoop(
            "metricsListen", endPoint, MaxClients, Serve, faults, FaultSeam.Metrics, time, _ends.Token);
    }

    /// <summary>Where it listens.</summary>
    internal IPEndPoint Bound => _accepting.Bound;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync().ConfigureAwait(false);
        await _accepting.DisposeAsync().ConfigureAwait(false);
        Task[] serving;
        lock (_guard)
            serving = [.. _clients.Select(static c => c.Serving)];
        await Task.WhenAll(serving).ConfigureAwait(false);
        _ends.Dispose();
    }

    private void Serve(Socket socket)
    {
        var client = new Client(socket);
        lock (_guard)
        {
            if (_clients.Count >= MaxClients)
            {
                if (_clients.Find(static c => c.IsReading) is not { } slowest)
                {
                    socket.Dispose();
                    return;
                }

                // Its read ends with it.
                slowest.Socket.Dispose();
                _clients.Remove(slowest);
            }

            _clients.Add(client);
            client.Serving = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Client client)
    {
        await Task.Yield();
        using CancellationTokenSource patience = new(Patience, _time);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _ends.Token);
        try
        {
            (string status, string body) = await AnswerAsync(client, limit.Token).ConfigureAwait(false);
            byte[] payload = Encoding.UTF8.GetBytes(body);
            string head = $"HTTP/1.1 {status}\r\nContent-Type: {MetricsText.ContentType}\r\nContent-Length: "
                + $"{payload.Length}\r\nConnection: close\r\n\r\n";
            byte[] answer = [.. Encoding.ASCII.GetBytes(head), .. payload];
            for (ReadOnlyMemory<byte> rest = answer; !rest.IsEmpty;)
                rest = rest[await client.Socket.SendAsync(rest, limit.Token).ConfigureAwait(false)..];
            client.Socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went away, was too slow, or made room for another.
        }
        catch (Exception e)
        {
            // Nobody awaits this.
            _faults.Note(FaultSeam.Metrics, e);
        }
        finally
        {
            client.Socket.Dispose();
            lock (_guard)
                _clients.Remove(client);
        }
    }

    private async Task<(string Status, string Body)> AnswerAsync(Client client, CancellationToken cancellation)
    {
        byte[] request = new byte[MaxRequestBytes];
        int length = 0;
        while (request.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            if (length == request.Length)
                return ("431 Request Header Fields Too Large", "");
            int read = await client.Socket.ReceiveAsync(request.AsMemory(length), cancellation).ConfigureAwait(false);
            if (read == 0)
                throw new OperationCanceledException("The request is not whole.");
            length += read;
        }

        client.IsReading = false;
        if (!request.AsSpan(0, length).StartsWith("GET "u8))
            return ("405 Method Not Allowed", "");
        if (!request.AsSpan("GET ".Length).StartsWith("/metrics "u8))
            return ("404 Not Found", "");
        try
        {
            return ("200 OK", await _metrics(cancellation).ConfigureAwait(false));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _faults.Note(FaultSeam.Metrics, e);
            return ("500 Internal Server Error", "");
        }
    }

    /// <summary>One client.</summary>
    private sealed class Client(Socket socket)
    {
        private volatile bool _hasAsked;

        internal Socket Socket { get; } = socket;

        internal Task Serving { get; set; } = Task.CompletedTask;

        /// <summary>Its request is not whole.</summary>
        internal bool IsReading
        {
            get => !_hasAsked;
            set => _hasAsked = !value;
        }
    }
}
