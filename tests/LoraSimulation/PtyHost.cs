using System.Diagnostics;

namespace QuicProChat.Mesh.LoraSimulation;

/// <summary>
/// Runs simulated modems on pseudo terminals in real time: one thread, so that simulators and air need no locks.
/// What tests want done to a modem they have done on that thread through <see cref="Do"/>.
/// </summary>
public sealed class PtyHost : IDisposable
{
    private readonly List<(SimulatedModem Modem, string? Link)> _modems = [];
    private readonly Dictionary<SimulatedModem, Pty> _ptys = [];
    private readonly Queue<(Action<TimeSpan> Action, ManualResetEventSlim Done)> _todo = new();
    private readonly Thread _thread;
    private volatile bool _stopping;

    /// <summary>Makes a host; <see cref="Start"/> starts it.</summary>
    /// <param name="air">The air that joins the modems, or null.</param>
    public PtyHost(SimulatedAir? air = null)
    {
        Air = air;
        _thread = new Thread(Loop) { IsBackground = true, Name = "lora-air" };
    }

    /// <summary>The air.</summary>
    public SimulatedAir? Air { get; }

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>Adds a modem before the start and plugs it in.</summary>
    /// <returns>The device that a client opens.</returns>
    public string Add(SimulatedModem modem, string? link = null)
    {
        _modems.Add((modem, link));
        Pty pty = new(link);
        _ptys[modem] = pty;
        return link ?? pty.Device;
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Does something on the thread that owns the modems, and waits until it is done.</summary>
    public void Do(Action<TimeSpan> action)
    {
        using ManualResetEventSlim done = new();
        lock (_todo)
            _todo.Enqueue((action, done));
        done.Wait();
    }

    /// <summary>Pulls a modem's cable.</summary>
    public void Unplug(SimulatedModem modem) => Do(_ => _ptys[modem].Unplug());

    /// <summary>Plugs a modem in again, as a new device under its old link.</summary>
    public void Plug(SimulatedModem modem) => Do(_ =>
    {
        _ptys[modem].Dispose();
        _ptys[modem] = new Pty(_modems.First(m => m.Modem == modem).Link);
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        if (_thread.IsAlive)
            _thread.Join();
        foreach (Pty pty in _ptys.Values)
            pty.Dispose();
    }

    private void Loop()
    {
        while (!_stopping)
        {
            RunQueue();
            foreach ((SimulatedModem modem, _) in _modems)
                Serve(modem, _ptys[modem]);
            if (Air is not null && Now >= Air.NextTick)
                Air.Tick(Now);
            // Woken by the first modem's client at once; by the others' and by time after a millisecond.
            _ptys[_modems[0].Modem].WaitReadable(TimeSpan.FromMilliseconds(1));
        }
    }

    private static void Serve(SimulatedModem modem, Pty pty)
    {
        bool wasOpen = pty.IsOpen;
        byte[] bytes = pty.Read();
        if (pty.IsOpen && !wasOpen)
            modem.PortOpened(Now);
        if (bytes.Length > 0)
            modem.HostWrote(bytes, Now);
        if (Now >= modem.NextTick)
            modem.Tick(Now);
        byte[] output = modem.TakeOutput();
        if (pty.IsOpen)
            pty.Write(output);
    }

    private void RunQueue()
    {
        while (true)
        {
            (Action<TimeSpan> Action, ManualResetEventSlim Done) next;
            lock (_todo)
            {
                if (!_todo.TryDequeue(out next))
                    return;
            }
            next.Action(Now);
            next.Done.Set();
        }
    }
}
