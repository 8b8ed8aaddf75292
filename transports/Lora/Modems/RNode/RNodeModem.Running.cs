using System.Buffers.Binary;

namespace QuicProChat.Mesh.Transports.Lora.Modems.RNode;

// The running modem. There is no "sent" event. What comes nearest is the channel statistics frame after each run,
// which carries the device's own airtime of the last 15 s: a frame counts as sent once enough time has passed for it
// and those statistics cover it. Until then it stays on our account of what the device holds.
public sealed partial class RNodeModem
{
    /// <summary>Bytes on our account: far below the device's 6144, beyond which it loses and glues frames in silence.</summary>
    private const int MaxHeldBytes = 4096;

    /// <summary>One window of the adaptation layer goes out in one run, for one contention.</summary>
    private const int MaxHeldFrames = 16;

    /// <summary>The device's airtime figures: hundredths of a percent of 15 s.</summary>
    private static readonly TimeSpan ShortTermUnit = TimeSpan.FromSeconds(15) / 10_000;

    /// <summary>The same of one hour.</summary>
    private static readonly TimeSpan LongTermUnit = TimeSpan.FromHours(1) / 10_000;

    /// <summary>What the hour's figure may lie below our own sum: its resolution twice, and three parts in a hundred.</summary>
    private static readonly TimeSpan LongTermSlack = 2 * LongTermUnit;
    private const double LongTermShare = 0.97;
    private const int Minutes = 59;

    /// <summary>Whatever way the device slides its 15 s, the last 7 s are inside.</summary>
    private static readonly TimeSpan SurelyCovered = TimeSpan.FromSeconds(7);

    /// <summary>Arbitrary: how far the device's measure of its airtime may lie below our calculation.</summary>
    private const double MeasuredShare = 0.8;

    private static readonly TimeSpan MuteAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(1);

    /// <summary>Arbitrary: no ordinary traffic holds a channel this long.</summary>
    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(120);

    private readonly Queue<Held> _held = new();
    private readonly Queue<(TimeSpan At, TimeSpan Airtime)> _confirmed = new();
    private readonly Queue<(long Minute, TimeSpan Airtime)> _confirmedByMinute = new();
    private int _heldBytes;
    private bool _queueFull;
    private bool _hasStatistics;
    private bool _asked;
    private TimeSpan _lastHeard;
    private TimeSpan _nextPoll;
    private int? _rssi;
    private double? _snr;

    /// <summary>A frame that the device holds, and the earliest time at which it can have left the antenna.</summary>
    private readonly record struct Held(int Bytes, TimeSpan Airtime, TimeSpan Earliest);

    /// <summary>Longest contention before a run in which the device talks little: DIFS of 2 and a window of 15 slots.</summary>
    private TimeSpan Contention
    {
        get
        {
            double slot = Math.Clamp(12 * _modulation.Symbol.TotalMilliseconds, 24, 100);
            return TimeSpan.FromMilliseconds(17 * slot);
        }
    }

    private protected override bool HasRoomFor(int length, TimeSpan now) =>
        !_queueFull && _held.Count < MaxHeldFrames && _heldBytes + length <= MaxHeldBytes;

    private protected override void Send(ReadOnlySpan<byte> frame, TimeSpan now)
    {
        TimeSpan airtime = Airtime(frame.Length);
        BusyUntil = (BusyUntil > now ? BusyUntil : now) + airtime;
        _held.Enqueue(new Held(frame.Length, airtime, BusyUntil));
        _heldBytes += frame.Length;
        Command(RNodeCommand.Data, frame);
        // READY only comes when it is asked for.
        Command(RNodeCommand.Ready, [0]);
        Schedule(now);
    }

    private void StartRunning(TimeSpan now)
    {
        _held.Clear();
        _confirmed.Clear();
        _confirmedByMinute.Clear();
        _heldBytes = 0;
        _queueFull = false;
        _hasStatistics = false;
        _asked = false;
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
    }

    private void OnTraffic(byte command, ReadOnlySpan<byte> argument, TimeSpan now)
    {
        _lastHeard = now;
        _asked = false;
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

    private void OnStatistics(ReadOnlySpan<byte> argument, TimeSpan now)
    {
        _hasStatistics = true;
        Do(new NoiseReported(argument[9] - 157));
        TimeSpan measured = BinaryPrimitives.ReadUInt16BigEndian(argument) * ShortTermUnit;
        TimeSpan measuredHour = BinaryPrimitives.ReadUInt16BigEndian(argument[2..]) * LongTermUnit;
        while (_confirmed.TryPeek(out (TimeSpan At, TimeSpan Airtime) old) && now - old.At > SurelyCovered)
            _confirmed.Dequeue();
        long minute = (long)now.TotalMinutes;
        while (_confirmedByMinute.TryPeek(out (long Minute, TimeSpan Airtime) old) && minute - old.Minute > Minutes)
            _confirmedByMinute.Dequeue();
        TimeSpan claimed = _confirmed.Aggregate(TimeSpan.Zero, (sum, c) => sum + c.Airtime);
        TimeSpan claimedHour = _confirmedByMinute.Aggregate(TimeSpan.Zero, (sum, c) => sum + c.Airtime);
        while (_held.TryPeek(out Held held) && held.Earliest <= now)
        {
            claimed += held.Airtime;
            claimedHour += held.Airtime;
            TimeSpan expected = claimed < SurelyCovered ? claimed : SurelyCovered;
            // On a channel that has just been blocked the 15 s still show what went before; the hour does not grow.
            bool hourCovers = measuredHour == TimeSpan.Zero
                || measuredHour >= (claimedHour * LongTermShare) - LongTermSlack;
            if (measured < expected * MeasuredShare || !hourCovers)
                break;
            _confirmed.Enqueue((now, held.Airtime));
            _confirmedByMinute.Enqueue((minute, held.Airtime));
            Release();
        }
        MergeMinutes();
    }

    /// <summary>Keeps one entry a minute.</summary>
    private void MergeMinutes()
    {
        if (_confirmedByMinute.Count <= Minutes + 1)
            return;
        (long Minute, TimeSpan Airtime)[] merged =
        [
            .. _confirmedByMinute.GroupBy(c => c.Minute)
                .Select(g => (g.Key, g.Aggregate(TimeSpan.Zero, (sum, c) => sum + c.Airtime))),
        ];
        _confirmedByMinute.Clear();
        foreach ((long Minute, TimeSpan Airtime) entry in merged)
            _confirmedByMinute.Enqueue(entry);
    }

    private void OnReady(bool hasRoom, TimeSpan now)
    {
        _queueFull = !hasRoom;
        // Firmware without statistics: it answered, so it does not transmit; and contention is over by now.
        while (!_hasStatistics && hasRoom && _held.TryPeek(out Held held) && held.Earliest + Contention <= now)
            Release();
    }

    private void Release()
    {
        _heldBytes -= _held.Dequeue().Bytes;
        Report(sent: true);
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
        TimeSpan silentSince = _lastHeard > BusyUntil ? _lastHeard : BusyUntil;
        if (now - silentSince >= MuteAfter * (_asked ? 1.5 : 1))
        {
            if (_asked)
            {
                Lose("the modem has gone mute", RetrySoon);
                return;
            }
            _asked = true;
            Command(RNodeCommand.Detect, [RNodeCommand.DetectRequest]);
        }
        if ((_held.Count > 0 || _queueFull) && now >= BusyUntil && now >= _nextPoll)
        {
            _nextPoll = now + PollEvery;
            Command(RNodeCommand.Ready, [0]);
        }
        Schedule(now);
    }

    private void Schedule(TimeSpan now)
    {
        TimeSpan silentSince = _lastHeard > BusyUntil ? _lastHeard : BusyUntil;
        NextTick = silentSince + (MuteAfter * (_asked ? 1.5 : 1));
        if (_held.Count == 0 && !_queueFull)
            return;
        TimeSpan poll = BusyUntil > _nextPoll ? BusyUntil : _nextPoll;
        poll = poll > now ? poll : now + TimeSpan.FromMilliseconds(1);
        NextTick = poll < NextTick ? poll : NextTick;
    }
}
