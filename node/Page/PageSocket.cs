using System.Net.Sockets;
using System.Net.WebSockets;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Page;

/// <summary>
/// The WebSocket of a page (RFC 6455) as the connection of a session: each message from the page is a line; what goes
/// to the page are messages of whole lines.
/// </summary>
internal sealed class PageSocket(Socket socket, WebSocket web) : IClientConnection
{
    /// <summary>Bytes of a fragment: a page that takes nothing is known by the second one. Arbitrary.</summary>
    private const int FragmentBytes = 64 << 10;

    /// <summary>How long the page may take to say goodbye.</summary>
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(1);

    private bool _owesLineEnd;
    private volatile bool _isClosed;

    /// <inheritdoc/>
    public bool HasUnread
    {
        get
        {
            try
            {
                return socket.Available > 0;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public bool HasHungUp => _isClosed || web.State is not WebSocketState.Open;

    /// <inheritdoc/>
    public async ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancellation)
    {
        if (_owesLineEnd)
        {
            _owesLineEnd = false;
            room.Span[0] = (byte)'\n';
            return 1;
        }

        while (true)
        {
            ValueWebSocketReceiveResult part = await TakeAsync(room, cancellation).ConfigureAwait(false);
            if (part.MessageType != WebSocketMessageType.Text)
            {
                _isClosed = true;
                return 0;
            }

            if (!part.EndOfMessage)
            {
                if (part.Count > 0)
                    return part.Count;
                continue;
            }

            _owesLineEnd = part.Count == room.Length;
            if (_owesLineEnd)
                return part.Count;
            room.Span[part.Count] = (byte)'\n';
            return part.Count + 1;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        int length = Math.Min(bytes.Length, FragmentBytes);
        try
        {
            await web.SendAsync(bytes[..length], WebSocketMessageType.Text, endOfMessage: length
                == bytes.Length, default).ConfigureAwait(false);
            return length;
        }
        catch (WebSocketException e)
        {
            throw Gone(e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask CloseAsync()
    {
        _isClosed = true;
        try
        {
            using var patience = new CancellationTokenSource(ClosePatience);
            if (web.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await web.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token)
                    .ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is gone already, or does not listen.
        }

        web.Dispose();
        socket.Dispose();
    }

    // Cancelling a receive would break the WebSocket, and the last words could not be said: the receive is left alone
    // instead.
    private async ValueTask<ValueWebSocketReceiveResult> TakeAsync(Memory<byte> room, CancellationToken cancellation)
    {
        try
        {
            ValueTask<ValueWebSocketReceiveResult> part = web.ReceiveAsync(room, CancellationToken.None);
            if (part.IsCompletedSuccessfully)
                return part.Result;
            Task<ValueWebSocketReceiveResult> coming = part.AsTask();
            // Left alone, it fails when the connection is closed, and that is nobody's fault.
            _ = coming.ContinueWith(
                static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default);
            return await coming.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (WebSocketException e)
        {
            throw Gone(e);
        }
    }

    private SocketException Gone(WebSocketException e)
    {
        _isClosed = true;
        return e.InnerException as SocketException ?? new SocketException((int)SocketError.ConnectionReset);
    }
}
