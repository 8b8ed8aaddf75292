using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// Listens on the control socket: a Unix stream socket of mode 0660. It appears under its name only when it has that
/// mode, and takes the place of a socket file that a crashed daemon left.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>Clients at a time; arbitrary.</summary>
    private const int MostSessions = 64;

    /// <summary>sizeof(sun_path) less its final zero, unix(7), less the suffix of the name under which it is made.</summary>
    private const int MostPathBytes = 107 - 4;

    private readonly Socket _listener;
    private readonly string _path;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _ends = new();
    private readonly HashSet<Task> _sessions = [];
    private readonly Lock _guard = new();
    private Task _accepting = Task.CompletedTask;

    private ControlServer(Socket listener, string path, ILogger log)
    {
        _listener = listener;
        _path = path;
        _log = log;
    }

    /// <summary>Takes the path; clients wait until <see cref="Start"/>.</summary>
    /// <exception cref="IOException">Another daemon listens there, or it cannot be made; the message says which.</exception>
    internal static ControlServer Bind(string path, ILogger log)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > MostPathBytes)
            throw new IOException($"the control socket's path may have {MostPathBytes} bytes: {path}");
        if (File.Exists(path) && ControlClient.Answers(path))
            throw new IOException($"another daemon listens on {path}");

        string fresh = path + ".new";
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(fresh);
            socket.Bind(new UnixDomainSocketEndPoint(fresh));
            File.SetUnixFileMode(fresh, SocketMode);
            socket.Listen(MostSessions);
            File.Move(fresh, path, overwrite: true);
            return new ControlServer(socket, path, log);
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException or IOException)
        {
            socket.Dispose();
            throw new IOException($"the control socket {path} cannot be made: {e.Message}", e);
        }
    }

    /// <summary>Begins to serve clients.</summary>
    internal void Start(IControlTarget target, EventHub events) => _accepting = AcceptAsync(target, events);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        Task[] sessions;
        lock (_guard)
            sessions = [.. _sessions];
        await Task.WhenAll(sessions).ConfigureAwait(false);
        File.Delete(_path);
        _ends.Dispose();
    }

    private async Task AcceptAsync(IControlTarget target, EventHub events)
    {
        while (!_ends.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync(_ends.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of descriptors, most likely: those of others will come free.
                _log.ControlAcceptFailed(e.SocketErrorCode);
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None).ConfigureAwait(false);
                continue;
            }

            lock (_guard)
            {
                if (_sessions.Count >= MostSessions)
                {
                    client.Dispose();
                    continue;
                }

                Task session = new ControlSession(client, target, events).RunAsync(_ends.Token);
                _sessions.Add(session);
                _ = session.ContinueWith(Remove, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    private void Remove(Task session)
    {
        if (session.Exception is { } failure)
            _log.ControlSessionFailed(failure);
        lock (_guard)
            _sessions.Remove(session);
    }
}
