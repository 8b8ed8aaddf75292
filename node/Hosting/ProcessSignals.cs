using System.Runtime.InteropServices;
using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// The signals of the daemon, from its first moment to its last. What comes before the node is up is kept for it: a
/// reload follows the start, an order to stop ends it. The time that the end may take begins with the order, and does
/// not depend on anything that might hang.
/// </summary>
internal sealed class ProcessSignals : IDisposable
{
    /// <summary>From the order to stop to the end of the process, at most.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(4.5);

    // Those that end a process that does not care for them, and mean nothing here. The numbers are those of Linux on
    // all processors that .NET runs on (signal(7)).
    private static readonly (string Name, int Number)[] _meaningless =
        [("SIGUSR1", 10), ("SIGUSR2", 12), ("SIGALRM", 14), ("SIGVTALRM", 26), ("SIGXFSZ", 25)];

    private static readonly Lock _arming = new();

    // Never given back: the last moments of a process that ends belong to it too. node/Native/early.c takes the first.
    private static readonly List<PosixSignalRegistration> _registered = [];

    private static volatile ProcessSignals? _armed;

    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _guard = new();
    private readonly ManualResetEventSlim _over = new();
    private Action? _reload;
    private Action<string>? _ignored;
    private bool _reloadWaits;

    private ProcessSignals()
    {
    }

    /// <summary>Completes with the order to stop.</summary>
    internal Task StopRequested => _stop.Task;

    /// <summary>Says that something hangs; must not wait.</summary>
    internal Action? LastWords { get; set; }

    /// <summary>Begins to listen, if nobody has done so; the first thing that a daemon does.</summary>
    internal static ProcessSignals Arm()
    {
        lock (_arming)
        {
            _armed ??= new ProcessSignals();
            if (_registered.Count > 0)
                return _armed;
            foreach (PosixSignal signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT })
                Register(signal, static armed => armed.RequestStop());
            Register(PosixSignal.SIGHUP, static armed => armed.Reload());
            foreach ((string name, int number) in _meaningless)
                Register((PosixSignal)number, armed => armed.Ignore(name));
            return _armed;
        }
    }

    /// <summary>This process is no daemon after all: signals do what they usually do.</summary>
    internal static void Disarm()
    {
        lock (_arming)
        {
            foreach (PosixSignalRegistration registration in _registered)
                registration.Dispose();
            _registered.Clear();
            _armed = null;
        }
    }

    /// <summary>Orders the daemon to stop, like SIGTERM.</summary>
    internal void RequestStop()
    {
        if (!_stop.TrySetResult())
            return;
        // A thread of its own: those of the pool may be what hangs.
        new Thread(EndInTime, 64 << 10) { IsBackground = true, Name = "stop" }.Start();
    }

    /// <summary>Says what to do at a SIGHUP; at once if one came before.</summary>
    internal void OnReload(Action reload, Action<string> ignored)
    {
        lock (_guard)
        {
            _reload = reload;
            _ignored = ignored;
            if (!_reloadWaits)
                return;
            _reloadWaits = false;
        }

        reload();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _over.Set();
        _armed = null;
    }

    private void EndInTime()
    {
        if (_over.Wait(StopWithin))
            return;
        // Whatever hangs: what was acknowledged is on disk.
        LastWords?.Invoke();
        Libc.ExitNow(ExitCode.Failed);
    }

    private void Reload()
    {
        Action? reload;
        lock (_guard)
        {
            reload = _reload;
            _reloadWaits |= reload is null;
        }

        reload?.Invoke();
    }

    private void Ignore(string name)
    {
        Action<string>? ignored;
        lock (_guard)
            ignored = _ignored;
        ignored?.Invoke(name);
    }

    /// <summary>Sees to a signal; one that comes after the end of the daemon comes to nothing.</summary>
    private static void Register(PosixSignal signal, Action<ProcessSignals> action)
    {
        try
        {
            _registered.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                if (_armed is { } armed)
                    action(armed);
            }));
        }
        catch (Exception e) when (e is IOException or ArgumentException or PlatformNotSupportedException)
        {
            // A system without this signal cannot send it either.
        }
    }
}
