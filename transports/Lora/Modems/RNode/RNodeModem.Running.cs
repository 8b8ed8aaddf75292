namespace QuicProChat.Mesh.Transports.Lora.Modems.RNode;

// The running modem: what it holds, what it is asked, what it says. What has left it: RNodeModem.Departures.cs.
public sealed partial class RNodeModem
{
    /// <summary>
    /// Bytes on our account: far below the device's 6144, beyond which it loses and glues frames in silence.
    /// </summary>
    private const int MaxHeldBytes = 4096;

    /// <summary>One window of the adaptation layer goes out in one run, for one contention.</summary>
    private const int MaxHeldFrames = 16;

    private static readonly TimeSpan MuteAfter = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Arbitrary: 4 bytes each; the sooner before a report a question was asked, the more the report proves.
    /// </summary>
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(0.25);

    /// <summary>Arbitrary: no ordinary traffic holds a channel this long.</summary>
    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(120);

    private readonly Queue<Held> _held = new();
    private int _heldBytes;
    private TimeSpan _heldAirtime;
    private bool _queueFull;
    private bool _detecting;
    private TimeSpan _lastHeard;
    private TimeSpan _nextPoll;
    private int? _rssi;
    private double? _snr;

    /// <summary>A frame that the device holds.</summary>
    /// <param name="Bytes">Its length.</param>
    /// <param name="Airtime">Its time on air.</param>
    /// <param name="Earliest">When it leaves the antenna at the earliest, by our clock.</param>
    /// <param name="Question">Number of the question that follows it: with the answer the frame is in the device's
    /// queue.</param>
    private readonly record struct Held(int Bytes, TimeSpan Airtime, TimeSpan Earliest, long Question);

    /// <summary>
    /// Longest contention before a run in which the device talks little: DIFS of 2 and a window of 15 slots.
    /// </summary>
    private TimeSpan Contention
    {
        get
        {
            double slot = Math.Clamp(12 * _modulation.Symbol.TotalMilliseconds, 24, 100);
            return TimeSpan.FromMilliseconds(17 * slot);
        }
    }

    /// <summary>
    /// It says nothing while it transmits, and all that it holds may go out in one run that began when it was last
    /// heard.
    /// </summary>
    private TimeSpan SilentSince => _lastHeard + _heldAirtime;

    private protected override bool HasRoomFor(int length, TimeSpan now) =>
        !_queueFull && _held.Count < MaxHeldFrames && _heldBytes + length <= MaxHeldBytes
        && (_statistics is not null || now >= _statisticsBy);

    private protected override void Send(ReadOnlySpan<byte> frame, TimeSpan now)
    {
        TimeSpan airtime = Airtime(frame.Length);
        BusyUntil = (BusyUntil > now ? BusyUntil : now) + airtime;
        Command(RNodeCommand.Data, frame);
        Ask(now);
        _held.Enqueue(new Held(frame.Length, airtime, BusyUntil, _asked));
        _heldBytes += frame.Length;
        _heldAirtime += airtime;
        Schedule(now);
    }

    private void StartRunning(TimeSpan now)
    {
        _held.Clear();
        _heldBytes = 0;
        _heldAirtime = TimeSpan.Zero;
        _queueFull = false;
        _detecting = false;
        _rssi = null;
        _snr = null;
        _lastHeard = now;
        _nextPoll = now;
        BusyUntil = now;
        Schedule(now);
    }

    private void FailQueue(string reason)
    {
        while (_held.TryDequeue(out _))
            Report(sent: false, reason);
        _heldBytes = 0;
        _heldAirtime = TimeSpan.Zero;
    }

    private void OnTraffic(byte command, ReadOnlySpan<byte> argument, TimeSpan now)
    {
        _lastHeard = now;
        _detecting = false;
        switch (command)
        {
            case RNodeCommand.StatRssi when argument.Length == 1:
                _rssi = argument[0] - 157;
                break;
            case RNodeCommand.StatSnr when argument.Length == 1:
                _snr = (sbyte)argument[0] / 4.0;
                break;
            case RNodeCommand.Data when argument.Length > 0:
                Counters.FramesReceived++;
                Do(new FrameReceived(argument.ToArray(), _rssi, _snr));
                _rssi = null;
                _snr = null;
                break;
            case RNodeCommand.StatChannel when argument.Length == 11:
                OnStatistics(argument, now);
                break;
            case RNodeCommand.Ready when argument.Length == 1:
                OnReady(hasRoom: argument[0] == 1, now);
                break;
            case RNodeCommand.RadioState when argument.Length == 1 && argument[0] != 1:
                Lose("the modem switched its radio off", RetrySoon);
                return;
            case RNodeCommand.Error when argument.Length == 1:
                OnError(argument[0]);
                return;
        }
        Schedule(now);
    }

    private void OnError(byte code)
    {
        Counters.ModemErrors++;
        switch (code)
        {
            case RNodeCommand.ErrorRadio:
                Lose("the modem's radio failed to start", RetrySoon);
                break;
            case RNodeCommand.ErrorTransmit:
                Lose("the modem failed to transmit", RetrySoon);
                break;
            case RNodeCommand.ErrorEeprom:
                Lose("the modem's memory is locked", RetryLater);
                break;
            case RNodeCommand.ErrorQueueFull:
                _queueFull = true;
                break;
        }
    }

    private void Run(TimeSpan now)
    {
        if (_held.TryPeek(out Held oldest) && now - oldest.Earliest > StalledAfter + (10 * oldest.Airtime))
        {
            // What it still holds would be sent some day, glued to something; only a reboot empties its queue.
            Command(RNodeCommand.Reset, [RNodeCommand.ResetMagic]);
            Lose("the modem holds frames back: an airtime limit, or a channel that is never free", RetrySoon);
            return;
        }
        if (now - SilentSince >= MuteAfter * (_detecting ? 1.5 : 1))
        {
            if (_detecting)
            {
                Lose("the modem has gone mute", RetrySoon);
                return;
            }
            _detecting = true;
            Command(RNodeCommand.Detect, [RNodeCommand.DetectRequest]);
        }
        if ((_held.Count > 0 || _queueFull) && now >= BusyUntil && now >= _nextPoll)
        {
            _nextPoll = now + PollEvery;
            Ask(now);
        }
        Schedule(now);
    }

    private void Schedule(TimeSpan now)
    {
        NextTick = SilentSince + (MuteAfter * (_detecting ? 1.5 : 1));
        if (_statistics is null && _statisticsBy > now && _statisticsBy < NextTick)
            NextTick = _statisticsBy;
        if (_held.Count == 0 && !_queueFull)
            return;
        TimeSpan poll = BusyUntil > _nextPoll ? BusyUntil : _nextPoll;
        poll = poll > now ? poll : now + TimeSpan.FromMilliseconds(1);
        NextTick = poll < NextTick ? poll : NextTick;
    }
}
