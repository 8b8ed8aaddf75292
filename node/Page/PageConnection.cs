using System.Net.Sockets;
using System.Net.WebSockets;

namespace QuicProChat.Mesh.Node.Page;

/// <summary>
/// One connection of a browser: answers its requests one by one, until one of them makes a WebSocket of it. Each
/// request has its time and its size.
/// </summary>
internal sealed class PageConnection(Socket socket, TimeProvider time)
{
    /// <summary>From the first byte of a head to its last, and from the answer's first to its last.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection is kept between requests.</summary>
    private static readonly TimeSpan RestPatience = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How often a page that is silent is asked whether it is there, and how long it may take to say so.
    /// </summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(30);

    private readonly byte[] _bytes = new byte[HttpHead.MaxBytes];
    private long _waitsSince = time.GetTimestamp();
    private int _length;

    /// <summary>How long the browser has not sent a whole request.</summary>
    internal TimeSpan Waits => time.GetElapsedTime(Volatile.Read(ref _waitsSince));

    /// <summary>Ends whatever is under way.</summary>
    internal void Cut() => socket.Dispose();

    /// <summary>
    /// Answers requests until one asks for a WebSocket, which is returned; null when the connection has ended.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was too slow, or the node stops.</exception>
    /// <exception cref="SocketException">The browser went away.</exception>
    internal async Task<WebSocket?> ServeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Volatile.Write(ref _waitsSince, time.GetTimestamp());
            int end = await ReadHeadAsync(cancellation).ConfigureAwait(false);
            if (end == 0)
                return null;
            PageAnswer answer = end < 0 ? PageAnswer.Of(431) : PageRules.Answer(_bytes.AsSpan(0, end));
            using (CancellationTokenSource limit = Limit(Patience, cancellation))
                await SendAsync(answer.ToBytes(), limit.Token).ConfigureAwait(false);
            if (answer.IsUpgrade)
                return _length > end ? null : Upgrade();
            if (!answer.KeepsAlive)
            {
                socket.Shutdown(SocketShutdown.Both);
                return null;
            }

            _bytes.AsSpan(end, _length - end).CopyTo(_bytes);
            _length -= end;
        }
    }

    /// <summary>Reads a head; its length, 0 where nothing more comes, less than 0 if it is too long.</summary>
    private async ValueTask<int> ReadHeadAsync(CancellationToken cancellation)
    {
        CancellationTokenSource? limit = null;
        try
        {
            while (true)
            {
                int at = _bytes.AsSpan(0, _length).IndexOf(HttpHead.End);
                if (at >= 0)
                    return at + HttpHead.End.Length;
                if (_length == _bytes.Length)
                    return -1;
                if (limit is null || _length == 0)
                {
                    limit?.Dispose();
                    limit = Limit(_length == 0 ? RestPatience : Patience, cancellation);
                }

                bool isFirst = _length == 0;
                int read = await socket.ReceiveAsync(_bytes.AsMemory(_length), limit.Token).ConfigureAwait(false);
                if (read == 0)
                    return 0;
                _length += read;
                if (isFirst)
                {
                    limit.Dispose();
                    limit = Limit(Patience, cancellation);
                }
            }
        }
        finally
        {
            limit?.Dispose();
        }
    }

    private WebSocket Upgrade() => WebSocket.CreateFromStream(
        new NetworkStream(socket, ownsSocket: false),
        new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = Heartbeat, KeepAliveTimeout = Heartbeat });

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        for (ReadOnlyMemory<byte> rest = bytes; !rest.IsEmpty;)
            rest = rest[await socket.SendAsync(rest, cancellation).ConfigureAwait(false)..];
    }

    private static CancellationTokenSource Limit(TimeSpan patience, CancellationToken cancellation)
    {
        CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        return limit;
    }
}
