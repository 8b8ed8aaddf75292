using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Transports.Lora.Serial;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>
/// The pump: one thread that owns a port and a driver, feeds the driver and does what it wants done. It opens the port,
/// notices hang-up and re-enumeration, and opens it again, for as long as it lives.
/// </summary>
public sealed class LoraRadio : IAsyncDisposable
{
    /// <summary>Arbitrary: a daemon on a router has many sleeping threads; this one calls little.</summary>
    private const int StackSize = 256 << 10;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(8);

    /// <summary>How often a link such as /dev/serial/by-id/... is looked at again.</summary>
    private static readonly TimeSpan NameCheckEvery = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromMilliseconds(200);

    private readonly ILoraModem _modem;
    private readonly Func<int, ISerialLine> _open;
    private readonly IRadioClient _client;
    private readonly IModePins? _pins;
    private readonly TimeProvider _time;
    private readonly Queue<ModemAction> _toPort = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private readonly byte[] _buffer = new byte[1024];
    private volatile ISerialLine? _line;
    private volatile bool _stopping;
    private ReadOnlyMemory<byte> _unwritten;
    private TimeSpan _openAt;
    private TimeSpan _retry = FirstRetry;
    private TimeSpan _nameCheckAt;
    private TimeSpan _clientAt;
    private string? _closeReason;

    /// <summary>Makes a pump; <see cref="Start"/> starts it.</summary>
    /// <param name="modem">The driver.</param>
    /// <param name="open">Opens the port at a speed; throws <see cref="IOException"/> when it cannot.</param>
    /// <param name="client">Who uses the radio.</param>
    /// <param name="pins">Mode pins, where the driver needs them.</param>
    /// <param name="time">Its timestamps must count since boot, as <see cref="TimeProvider.System"/>'s do.</param>
    public LoraRadio(
        ILoraModem modem, Func<int, ISerialLine> open, IRadioClient client, IModePins? pins, TimeProvider time)
    {
        _modem = modem;
        _open = open;
        _client = client;
        _pins = pins;
        _time = time;
        _thread = new Thread(Loop, StackSize) { IsBackground = true, Name = "lora" };
    }

    /// <summary>Ends when the pump has stopped; fails if it died of a fault of its own or of its client.</summary>
    public Task Ended => _ended.Task;

    private TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>Starts the thread.</summary>
    public void Start()
    {
        _openAt = Now;
        _thread.Start();
    }

    /// <summary>Has <see cref="IRadioClient.Run"/> called soon. Any thread.</summary>
    public void Wake()
    {
        // More than one call before the loop looks is one call. After the end nobody looks, and nothing has to be
        // freed.
        if (_wake.CurrentCount == 0)
            _wake.Release();
        _line?.Wake();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        Wake();
        if (_thread.IsAlive)
            await _ended.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Loop()
    {
        try
        {
            while (!_stopping)
            {
                if (_line is null)
                    WaitToOpen();
                else
                    WaitForLine(_line);
            }
            SayGoodbye();
            _ended.SetResult();
        }
        catch (Exception e)
        {
            _ended.SetException(e);
        }
        finally
        {
            _line?.Dispose();
        }
    }

    private void WaitToOpen()
    {
        TimeSpan now = Now;
        if (now >= _openAt)
        {
            TryOpen(now);
        }
        else
        {
            TimeSpan until = _openAt < _clientAt ? _openAt : _clientAt;
            TimeSpan wait = until - now;
            _wake.Wait(wait > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds))
                : TimeSpan.Zero);
        }
        AfterEvent();
    }

    private void TryOpen(TimeSpan now)
    {
        try
        {
            _line = _open(_modem.Baud);
        }
        catch (IOException e)
        {
            string reason = FaultText.Of(e);
            if (_closeReason != reason)
                _client.Happened(new StateChanged(ModemState.Closed, reason), now);
            _closeReason = reason;
            _openAt = now + _retry;
            _retry = _retry * 2 < LongestRetry ? _retry * 2 : LongestRetry;
            return;
        }
        _closeReason = null;
        _retry = FirstRetry;
        _nameCheckAt = now + NameCheckEvery;
        _modem.PortOpened(now);
    }

    private void WaitForLine(ISerialLine line)
    {
        TimeSpan now = Now;
        TimeSpan until = Min(Min(_modem.NextTick, _clientAt), _nameCheckAt);
        bool pending = _toPort.Count > 0 || !_unwritten.IsEmpty;
        LineEvent what = line.Wait(_buffer, pending, Max(until - now, TimeSpan.Zero), out int count);
        now = Now;
        if (what == LineEvent.Data)
        {
            _modem.Input(_buffer.AsSpan(0, count), now);
        }
        else if (what == LineEvent.HungUp)
        {
            Close("the device hung up", TimeSpan.Zero, now);
        }
        else if (now >= _nameCheckAt)
        {
            _nameCheckAt = now + NameCheckEvery;
            if (!line.NameStillMeansThis())
                Close("the name now means another device, or none", TimeSpan.Zero, now);
        }
        AfterEvent();
    }

    private void AfterEvent()
    {
        TimeSpan now = Now;
        if (now >= _modem.NextTick)
            _modem.Tick(now);
        TakeActions(now);
        _clientAt = _client.Run(_modem, now);
        TakeActions(now);
        WriteOut(now);
    }

    // That a port is closed is said here, with the reason; a driver knows none.
    private void TakeActions(TimeSpan now)
    {
        while (_modem.TryTake(out ModemAction? action))
        {
            if (action is WritePort or SetPortSpeed or SetModePins)
                _toPort.Enqueue(action);
            else if (action is ReopenPort reopen)
                Close(reopen.Reason, reopen.RetryAfter, now);
            else if (action is not StateChanged { State: ModemState.Closed })
                _client.Happened(action, now);
        }
    }

    private void WriteOut(TimeSpan now)
    {
        while (_line is { } line)
        {
            if (!_unwritten.IsEmpty)
            {
                int written = line.Write(_unwritten.Span);
                if (written < 0)
                {
                    Close("the device hung up", TimeSpan.Zero, now);
                    TakeActions(now);
                    return;
                }
                _unwritten = _unwritten[written..];
                if (!_unwritten.IsEmpty)
                    return;
            }
            if (!_toPort.TryDequeue(out ModemAction? action))
                return;
            try
            {
                if (action is WritePort write)
                    _unwritten = write.Bytes;
                else if (action is SetPortSpeed speed)
                    line.SetBaud(speed.Baud);
                else if (action is SetModePins pins)
                    _pins?.Set(pins.M0, pins.M1);
            }
            catch (IOException e)
            {
                Close(FaultText.Of(e), LongestRetry, now);
                TakeActions(now);
                return;
            }
        }
    }

    private void Close(string reason, TimeSpan retryAfter, TimeSpan now)
    {
        if (_line is not { } line)
            return;
        // What a driver wanted written last (a reset, radio off) still goes out, if the device takes it.
        while (_toPort.TryDequeue(out ModemAction? action))
        {
            if (action is WritePort write && _unwritten.IsEmpty && line.Write(write.Bytes.Span) < 0)
                break;
        }
        _toPort.Clear();
        _unwritten = default;
        _line = null;
        line.Dispose();
        _closeReason = reason;
        _openAt = now + Max(retryAfter, FirstRetry);
        _modem.PortClosed(now);
        _client.Happened(new StateChanged(ModemState.Closed, reason), now);
    }

    private void SayGoodbye()
    {
        if (_line is not { } line)
            return;
        TimeSpan until = Now + GoodbyeTime;
        _modem.Shutdown(Now);
        TakeActions(Now);
        WriteOut(Now);
        while ((_toPort.Count > 0 || !_unwritten.IsEmpty) && _line is not null && Now < until)
        {
            if (line.Wait(_buffer, wantWrite: true, until - Now, out _) == LineEvent.HungUp)
                return;
            WriteOut(Now);
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
