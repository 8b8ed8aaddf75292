using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Page;

/// <summary>
/// Serves the page on a loopback address: its files to any local browser, and a session of the control server to
/// whoever has a token. Connections, requests, times and sessions are bounded; where all places are taken, the
/// connection that has kept its request back for longest gives way.
/// <code>
/// accept -- PageConnection: GET file ... GET /socket -- login -- PageSocket -- ControlSession
/// </code>
/// </summary>
internal sealed class PageServer : IAsyncDisposable
{
    /// <summary>Connections without a session at a time; a browser opens six for a page. Arbitrary.</summary>
    internal const int MaxConnections = 32;

    /// <summary>Pages with a session at a time; arbitrary. The oldest gives way.</summary>
    internal const int MaxPages = 8;

    /// <summary>What all pages are told when they are closed.</summary>
    private const string Closed = "the page was closed by its owner";

    /// <summary>What a page is told whose place another took.</summary>
    private const string Displaced = "another page took the place of this one";

    /// <summary>Bytes of the first message.</summary>
    private const int MaxLogin = 128;

    /// <summary>Sent before the WebSocket is closed: the page asks for a new link (RFC 6455, section 7.4.2).</summary>
    private const WebSocketCloseStatus NoAccess = (WebSocketCloseStatus)4001;

    /// <summary>There is no place: the page tries again later.</summary>
    private const WebSocketCloseStatus NoPlace = (WebSocketCloseStatus)4002;

    private readonly PageAccess _access;
    private readonly ControlServer _control;
    private readonly Faults _faults;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ends = new();
    private readonly Lock _guard = new();
    private readonly Dictionary<PageConnection, Task> _connections = [];

    /// <summary>Those with a session, the oldest first.</summary>
    private readonly List<ControlServer.Service> _pages = [];
    private readonly AcceptLoop _accepting;

    /// <summary>How often all pages were closed.</summary>
    private int _closings;

    /// <summary>Binds and begins to serve.</summary>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    internal PageServer(IPEndPoint endPoint, PageAccess access, ControlServer control, Faults faults, TimeProvider time)
    {
        _access = access;
        _control = control;
        _faults = faults;
        _time = time;
        _accepting = new AcceptLoop(
            "webListen", endPoint, MaxConnections, Serve, faults, FaultSeam.Page, time, _ends.Token);
    }

    /// <summary>Where it listens.</summary>
    internal IPEndPoint Bound => _accepting.Bound;

    /// <summary>
    /// Makes a link that opens the page once. The token is in the fragment: no browser sends it to any server.
    /// </summary>
    internal string NewLink() => $"http://{Bound}/#{_access.NewLink()}";

    /// <summary>Ends every session and forgets every token.</summary>
    internal async ValueTask CloseAllAsync()
    {
        await _access.CloseAllAsync().ConfigureAwait(false);
        lock (_guard)
        {
            // Whoever logs in at this moment finds that it came too late.
            _closings++;
            foreach (ControlServer.Service page in _pages)
                page.Session.Dismiss(Closed);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync().ConfigureAwait(false);
        await _accepting.DisposeAsync().ConfigureAwait(false);
        Task[] serving;
        lock (_guard)
            serving = [.. _connections.Values];
        await Task.WhenAll(serving).ConfigureAwait(false);
        _ends.Dispose();
    }

    private void Serve(Socket socket)
    {
        socket.NoDelay = true;
        var connection = new PageConnection(socket, _time);
        lock (_guard)
        {
            if (_connections.Count >= MaxConnections)
                CutLongestWaiting();
            _connections.Add(connection, ServeAsync(connection, socket));
        }
    }

    // Its read ends with it.
    private void CutLongestWaiting()
    {
        PageConnection? longest = null;
        foreach (PageConnection connection in _connections.Keys)
        {
            if (longest is null || connection.Waits > longest.Waits)
                longest = connection;
        }

        longest?.Cut();
        if (longest is not null)
            _connections.Remove(longest);
    }

    private async Task ServeAsync(PageConnection connection, Socket socket)
    {
        await Task.Yield();
        bool isPage = false;
        try
        {
            if (await connection.ServeAsync(_ends.Token).ConfigureAwait(false) is { } web)
                isPage = await LogInAsync(socket, web).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or WebSocketException
            or OperationCanceledException or ObjectDisposedException)
        {
            // The browser went away, was too slow, or made room for another.
        }
        catch (Exception e)
        {
            // Nobody awaits this.
            _faults.Note(FaultSeam.Page, e);
        }
        finally
        {
            // The connection of a page belongs to its session from now on.
            if (!isPage)
                socket.Dispose();
            lock (_guard)
                _connections.Remove(connection);
        }
    }

    /// <summary>Reads the first message of a WebSocket; true if a session has begun.</summary>
    private async Task<bool> LogInAsync(Socket socket, WebSocket web)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_ends.Token);
        limit.CancelAfter(PageConnection.Patience);
        byte[] login = new byte[MaxLogin];
        int closings;
        lock (_guard)
            closings = _closings;
        ValueWebSocketReceiveResult first = await web.ReceiveAsync(login.AsMemory(), limit.Token).ConfigureAwait(false);
        string? token = first is { MessageType: WebSocketMessageType.Text, EndOfMessage: true }
            ? await _access.OpenAsync(login.AsMemory(0, first.Count)).ConfigureAwait(false)
            : null;
        if (token is null)
        {
            await web.CloseOutputAsync(
                NoAccess, "this link was used, is too old or is none: qpc-mesh web makes another", limit.Token)
                    .ConfigureAwait(false);
            return false;
        }

        // Tokens are base64url: nothing in them needs to be escaped.
        byte[] answer = Encoding.ASCII.GetBytes($"{{\"session\":\"{token}\"}}\n");
        await web.SendAsync(answer.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, limit.Token)
            .ConfigureAwait(false);
        bool? begun = Begin(new PageSocket(socket, web), closings);
        if (begun == true)
            return true;
        if (begun is null)
        {
            await web.CloseOutputAsync(NoAccess, Closed, limit.Token).ConfigureAwait(false);
            return false;
        }

        await web.CloseOutputAsync(NoPlace, ControlServer.Crowded, limit.Token).ConfigureAwait(false);
        return false;
    }

    /// <summary>False if there is no place, null if all pages were closed meanwhile.</summary>
    private bool? Begin(PageSocket client, int closings)
    {
        lock (_guard)
        {
            if (closings != _closings)
                return null;
            if (_control.TryServe(client, PageCommands.WhyNot) is not { } service)
                return false;
            if (_pages.Count >= MaxPages)
            {
                _pages[0].Session.Dismiss(Displaced);
                _pages.RemoveAt(0);
            }

            _pages.Add(service);
            _ = service.Ended.ContinueWith(_ => Remove(service), CancellationToken.None, TaskContinuationOptions.None,
                TaskScheduler.Default);
            return true;
        }
    }

    private void Remove(ControlServer.Service service)
    {
        lock (_guard)
            _pages.Remove(service);
    }
}
