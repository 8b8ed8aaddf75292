using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// Listens on the control socket and gives every client a session. Idle clients lock nobody out: where all places are
/// taken, the one that has been idle for longest gives way, and where none is, a newcomer is heard as a guest, who may
/// ask and must not stay. A socket file that vanished is made anew.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    /// <summary>What a client is told for which there is no place.</summary>
    internal const string Crowded =
        "as many clients as there may be are busy with this daemon: end some of them, or try again";

    /// <summary>Clients at a time; arbitrary.</summary>
    internal const int MaxSessions = 64;

    /// <summary>Guests at a time beside them; arbitrary.</summary>
    internal const int MaxGuests = 8;

    private const string Displaced = "this connection was idle, and another client needed its place";

    /// <summary>
    /// A client that asked nothing for so long may be displaced: longer than one takes to write its first request.
    /// </summary>
    private static readonly TimeSpan IdleEnough = TimeSpan.FromMilliseconds(250);

    /// <summary>A client that takes nothing of what waits for it is as good as idle after so long.</summary>
    private static readonly TimeSpan StalledEnough = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often the socket file is looked for: by a thread of its own, which wakes nobody else. A timer would wake
    /// four threads of the pool each time.
    /// </summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private const int LookStackBytes = 256 << 10;

    /// <summary>
    /// How long a client waits for a place before it is told that there is none: guests come and go quickly.
    /// </summary>
    private static readonly TimeSpan PlacePatience = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(10);

    /// <summary>How long the answers to those who wait may take when the daemon stops.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly uint? _group;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly OnceInAWhile _acceptFailures;
    private readonly OnceInAWhile _vanished;
    private readonly CancellationTokenSource _ends = new();
    private readonly Dictionary<ControlSession, Task> _sessions = [];
    private readonly HashSet<ControlSession> _places = [];
    private readonly Lock _guard = new();
    private readonly SpareDescriptor _spare = new();
    private SocketFile _file;
    private ControlShared? _shared;
    private readonly ManualResetEvent _looksNoMore = new(false);
    private Thread? _looking;
    private Task _accepting = Task.CompletedTask;

    private ControlServer(SocketFile file, uint? group, ILogger log, TimeProvider time)
    {
        _file = file;
        _group = group;
        _log = log;
        _time = time;
        _acceptFailures = new OnceInAWhile(time);
        _vanished = new OnceInAWhile(time);
    }

    /// <summary>Takes the path; clients wait until <see cref="Start"/>.</summary>
    /// <param name="path">The socket's name.</param>
    /// <param name="log">Where to say what goes wrong.</param>
    /// <param name="group">The group that may use it; null for that of the process.</param>
    /// <param name="time">Measures how long clients are idle.</param>
    /// <exception cref="IOException">Another daemon listens there, or it cannot be made; the message says
    /// which.</exception>
    internal static ControlServer Bind(string path, ILogger log, uint? group = null, TimeProvider? time = null) =>
        new(SocketFile.Bind(path, group), group, log, time ?? TimeProvider.System);

    /// <summary>Begins to serve clients.</summary>
    /// <param name="target">Who answers them.</param>
    /// <param name="events">What those hear that listen.</param>
    /// <param name="memory">Bytes that all of them may hold together, beyond what each has to itself.</param>
    internal void Start(IControlTarget target, EventHub events, long memory = ControlShared.UsualBytes)
    {
        _shared = new ControlShared(target, events, _log, _time, memory) { CutMostStalled = CutMostStalled };
        _accepting = AcceptAsync();
        _looking = new Thread(LookNowAndThen, LookStackBytes) { IsBackground = true, Name = "control" };
        _looking.Start();
    }

    private void LookNowAndThen()
    {
        while (!_looksNoMore.WaitOne(Look))
        {
            try
            {
                LookForFile();
            }
            catch (Exception e)
            {
                // Nobody catches what a thread throws: it would end the process.
                _shared!.Failed("the look for the control socket", e);
            }
        }
    }

    /// <summary>Makes the socket file anew if it has vanished; called now and then, and by a reload.</summary>
    internal void LookForFile()
    {
        lock (_guard)
        {
            if (_ends.IsCancellationRequested || _file.IsThere || _file.IsTaken)
                return;
            try
            {
                // First the old one: the runtime deletes the file of a socket that it closes. Whoever accepts waits for
                // the new one.
                _file.Dispose();
                _file = SocketFile.Bind(_file.Path, _group);
                _log.ControlSocketRemade(_file.Path);
            }
            catch (IOException e)
            {
                if (_vanished.IsDue(out _))
                    _log.ControlSocketGone(_file.Path, FaultText.Of(e));
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_ends.IsCancellationRequested)
            return;
        await AnswerWaitingAsync().ConfigureAwait(false);
        await _ends.CancelAsync().ConfigureAwait(false);
        _looksNoMore.Set();
        _looking?.Join();
        _looksNoMore.Dispose();
        lock (_guard)
            _file.Dispose();
        await _accepting.ConfigureAwait(false);
        Task[] sessions;
        lock (_guard)
            sessions = [.. _sessions.Values];
        await Task.WhenAll(sessions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _spare.Dispose();
        _ends.Dispose();
    }

    private async Task AnswerWaitingAsync()
    {
        if (_shared is null)
            return;
        try
        {
            await _shared.Target.AnswerWaitingAsync().AsTask().WaitAsync(AnswerPatience, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is ChannelClosedException or TimeoutException)
        {
            // What they asked has ended already, or hangs: the end of the sessions tells them.
        }
        catch (Exception e)
        {
            _shared.Failed("the end", e);
        }
    }

    private async Task AcceptAsync()
    {
        while (!_ends.IsCancellationRequested)
        {
            Socket listener;
            lock (_guard)
                listener = _file.Listener;
            Socket client;
            try
            {
                client = await listener.AcceptAsync(_ends.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                await AcceptFailedAsync(listener, e).ConfigureAwait(false);
                continue;
            }

            try
            {
                for (long since = _time.GetTimestamp(); !Serve(client, _time.GetElapsedTime(since) >= PlacePatience);)
                    await Task.Delay(LookAgain, _time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // One client must not cost the others.
                _shared!.Failed("a new client", e);
                client.Dispose();
            }

            _spare.Restore();
        }
    }

    private async Task AcceptFailedAsync(Socket listener, Exception failure)
    {
        lock (_guard)
        {
            if (_file.Listener != listener)
                return;
        }

        if (_ends.IsCancellationRequested)
            return;
        bool hasFailed = failure is SocketException;
        if (hasFailed && _acceptFailures.IsDue(out long silent))
            _log.ControlAcceptFailed(FaultText.Of(failure), silent);
        // Out of descriptors, most likely: one was kept for this moment. Where it is spent, whoever idles gives way.
        if (hasFailed && _spare.Release())
            return;
        if (hasFailed)
        {
            lock (_guard)
                _ = Displace();
        }

        await Task.Delay(AcceptPause, _time, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Finds a place for a client; false if there is none.</summary>
    /// <param name="client">The client.</param>
    /// <param name="isLast">Tell it that there is none, instead of returning false.</param>
    private bool Serve(Socket client, bool isLast)
    {
        lock (_guard)
        {
            bool hasPlace = _places.Count(static s => !s.IsGuest) < MaxSessions || Displace();
            bool isGuest = !hasPlace && _places.Count(static s => s.IsGuest) < MaxGuests;
            if (!hasPlace && !isGuest && !isLast)
                return false;
            var session = new ControlSession(
                new SocketConnection(client), _shared!, isGuest, command => OwnerCommands.WhyNot(command, client));
            if (hasPlace || isGuest)
                _places.Add(session);
            else
                session.Dismiss(Crowded);
            _ = Run(session);
            return true;
        }
    }

    /// <summary>Gives a place to a client that came another way; null where there is none.</summary>
    /// <param name="client">The client. Its connection is closed when its session ends.</param>
    /// <param name="whyNot">Says why it may not ask for a command; null where it may.</param>
    internal Service? TryServe(IClientConnection client, Func<CommandSpec, string?> whyNot)
    {
        lock (_guard)
        {
            if (_ends.IsCancellationRequested || (_places.Count(static s => !s.IsGuest) >= MaxSessions && !Displace()))
                return null;
            var session = new ControlSession(client, _shared!, isGuest: false, whyNot);
            _places.Add(session);
            return new Service(session, Run(session));
        }
    }

    /// <summary>A session that is served.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Ended">Completes when it has ended and its connection is closed.</param>
    internal sealed record Service(ControlSession Session, Task Ended);

    private Task Run(ControlSession session)
    {
        Task running = session.RunAsync(_ends.Token);
        _sessions.Add(session, running);
        return running.ContinueWith(ended => Remove(session, ended), CancellationToken.None,
            TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Ends the session that has been idle for longest; false if none was idle long enough.</summary>
    private bool Displace()
    {
        ControlSession? idlest = null;
        TimeSpan longest = IdleEnough;
        foreach (ControlSession session in _places)
        {
            TimeSpan idle = session.Stalled >= StalledEnough ? session.Stalled : session.Idle ?? TimeSpan.Zero;
            if (!session.IsGuest && idle >= longest)
                (idlest, longest) = (session, idle);
        }

        if (idlest is null)
            return false;
        _places.Remove(idlest);
        idlest.Dismiss(Displaced);
        return true;
    }

    private void CutMostStalled(TimeSpan atLeast)
    {
        lock (_guard)
        {
            ControlSession? most = null;
            foreach (ControlSession session in _places)
            {
                if (session.Stalled >= (most?.Stalled ?? atLeast))
                    most = session;
            }

            if (most is null)
                return;
            _places.Remove(most);
            most.Dismiss(Displaced);
        }
    }

    private void Remove(ControlSession session, Task ended)
    {
        if (ended.Exception is { } failure)
            _shared!.Failed("a session", failure);
        lock (_guard)
        {
            _places.Remove(session);
            _sessions.Remove(session);
        }
    }
}
