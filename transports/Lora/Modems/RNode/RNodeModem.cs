using System.Buffers;
using System.Buffers.Binary;
using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Lora.Modems.RNode;

// Boot --2 s--> Detect --firmware 1.52 or later--> Configure --radio on--> Confirm --read back right--> Running
//   ^             | no answer                        | refused               | wrong
//   |             v                                  v                       v
//   |            Lost <----------------------------------------------------- mute, error, stalled queue
//   +-- the device says that it rebooted

/// <summary>
/// Driver for modems with RNode firmware.
/// Frames of at most 254 bytes, so that none is ever split: the firmware may put halves of two packets together.
/// </summary>
public sealed partial class RNodeModem : ModemMachine
{
    /// <summary>An ESP32 reboots when its port is opened.</summary>
    private static readonly TimeSpan BootTime = TimeSpan.FromSeconds(2);

    /// <summary>Arbitrary: five times what a healthy device needs over a serial line.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    /// <summary>The radio answers twice to being switched on, 0.6 s apart, and is deaf between.</summary>
    private static readonly TimeSpan RadioStartTime = TimeSpan.FromSeconds(2.5);

    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(5);

    /// <summary>Arbitrary: what no retry will mend, but a person may.</summary>
    private static readonly TimeSpan RetryLater = TimeSpan.FromSeconds(60);

    private const int DetectAttempts = 3;
    private const int OldestMajor = 1, OldestMinor = 52;
    private const int FrequencyToleranceHz = 100;

    private readonly LoraOptions _options;
    private readonly LoraModulation _modulation;
    private readonly KissReader _reader = new(RNodeAirtime.SplitFrame + 1, TimeSpan.FromMilliseconds(100));
    private Phase _phase;
    private int _attempt;
    private bool _detected;
    private (byte Major, byte Minor)? _firmware;
    private int _radioOnReports;
    private Readback _readback;

    /// <summary>Makes a driver for a radio.</summary>
    public RNodeModem(LoraOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _modulation = RNodeAirtime.Modulation(options.SpreadingFactor, options.BandwidthHz, options.CodingRate);
    }

    private enum Phase
    {
        Boot,
        Detect,
        Configure,
        Confirm,
        Running,
    }

    private record struct Readback(
        uint? Frequency, uint? Bandwidth, byte? Power, byte? SpreadingFactor, byte? CodingRate, byte? RadioState)
    {
        internal readonly bool IsComplete =>
            Frequency is not null && Bandwidth is not null && Power is not null && SpreadingFactor is not null
            && CodingRate is not null && RadioState is not null;
    }

    /// <inheritdoc/>
    public override string Kind => "rnode";

    /// <inheritdoc/>
    public override int Baud => _options.Baud ?? 115_200;

    /// <inheritdoc/>
    public override int MaxFrame => RNodeAirtime.SingleFrame;

    /// <inheritdoc/>
    public override bool HasCarrierSense => true;

    /// <inheritdoc/>
    public override TimeSpan Airtime(int frameLength) => RNodeAirtime.Of(_modulation, frameLength);

    /// <summary>The request by which <c>modem=auto</c> recognises the firmware, and which starts a session.</summary>
    internal static ReadOnlySpan<byte> DetectSequence =>
        [0xC0, 0x08, 0x73, 0xC0, 0x50, 0x00, 0xC0, 0x48, 0x00, 0xC0, 0x49, 0x00, 0xC0];

    /// <inheritdoc/>
    public override void Shutdown(TimeSpan now)
    {
        if (State is not (ModemState.Online or ModemState.Starting))
            return;
        Command(RNodeCommand.RadioState, [0]);
        Command(RNodeCommand.Leave, [RNodeCommand.Query]);
    }

    private protected override void OnOpened(TimeSpan now)
    {
        _phase = Phase.Boot;
        NextTick = now + BootTime;
        _reader.Reset();
    }

    private protected override void OnClosed() => FailQueue("the modem went away");

    private protected override void OnInput(ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        if (_phase == Phase.Boot)
        {
            Counters.GarbageBytes += bytes.Length;
            return;
        }
        foreach (byte b in bytes)
        {
            long before = _reader.Garbage;
            bool whole = _reader.TryRead(b, now, out byte command, out ReadOnlySpan<byte> argument);
            Counters.GarbageBytes += _reader.Garbage - before;
            if (whole)
                OnFrame(command, argument, now);
            if (State is not (ModemState.Starting or ModemState.Online))
                return;
        }
    }

    private protected override void OnTick(TimeSpan now)
    {
        switch (_phase)
        {
            case Phase.Boot:
                _attempt = 0;
                AskWhoItIs(now);
                break;
            case Phase.Detect when _attempt < DetectAttempts:
                AskWhoItIs(now);
                break;
            case Phase.Detect:
                Lose("no RNode firmware answers", RetrySoon);
                break;
            case Phase.Configure when _radioOnReports > 0:
                AskForSettings(now);
                break;
            case Phase.Configure:
                Lose("the radio does not start", RetrySoon);
                break;
            case Phase.Confirm:
                Lose("the modem does not confirm its settings", RetrySoon);
                break;
            default:
                Run(now);
                break;
        }
    }

    private void OnFrame(byte command, ReadOnlySpan<byte> argument, TimeSpan now)
    {
        if (command == RNodeCommand.Reset && argument.SequenceEqual([RNodeCommand.ResetMagic]))
        {
            OnReset(now);
            return;
        }
        switch (_phase)
        {
            case Phase.Detect:
                OnIdentity(command, argument, now);
                break;
            case Phase.Configure or Phase.Confirm:
                OnSetting(command, argument, now);
                break;
            case Phase.Running:
                OnTraffic(command, argument, now);
                break;
        }
    }

    private void OnReset(TimeSpan now)
    {
        if (State == ModemState.Online)
        {
            Counters.Resets++;
            FailQueue("the modem rebooted");
            Enter(ModemState.Starting, "the modem rebooted");
        }
        _attempt = 0;
        AskWhoItIs(now);
    }

    private void AskWhoItIs(TimeSpan now)
    {
        _phase = Phase.Detect;
        _attempt++;
        _detected = false;
        _firmware = null;
        Write(DetectSequence);
        NextTick = now + AnswerTime;
    }

    private void OnIdentity(byte command, ReadOnlySpan<byte> argument, TimeSpan now)
    {
        if (command == RNodeCommand.Detect && argument.SequenceEqual([RNodeCommand.DetectReply]))
            _detected = true;
        else if (command == RNodeCommand.FirmwareVersion && argument.Length == 2)
            _firmware = (argument[0], argument[1]);
        if (!_detected || _firmware is not { } firmware)
            return;
        if (firmware.CompareTo((OldestMajor, OldestMinor)) < 0)
        {
            Lose($"RNode firmware {firmware.Major}.{firmware.Minor} is too old: " +
                $"{OldestMajor}.{OldestMinor} or later is needed", RetryLater);
            return;
        }
        Configure(now);
    }

    private void Configure(TimeSpan now)
    {
        _phase = Phase.Configure;
        _radioOnReports = 0;
        StartWatching(now);
        NextTick = now + RadioStartTime;
        CommandWord(RNodeCommand.Frequency, (uint)_options.FrequencyHz);
        CommandWord(RNodeCommand.Bandwidth, (uint)_options.BandwidthHz);
        Command(RNodeCommand.TxPower, [(byte)_options.PowerDbm]);
        Command(RNodeCommand.SpreadingFactor, [(byte)_options.SpreadingFactor]);
        Command(RNodeCommand.CodingRate, [(byte)_options.CodingRate]);
        // A host before us may have left limits and promiscuous mode in a device that does not reboot on opening.
        Command(RNodeCommand.ShortAirtimeLimit, [0, 0]);
        Command(RNodeCommand.LongAirtimeLimit, [0, 0]);
        Command(RNodeCommand.Promiscuous, [0]);
        Command(RNodeCommand.RadioState, [1]);
    }

    private void AskForSettings(TimeSpan now)
    {
        // Asked again once the radio runs: only then is the bandwidth rounded as the radio rounds it.
        _phase = Phase.Confirm;
        _readback = default;
        NextTick = now + AnswerTime;
        CommandWord(RNodeCommand.Frequency, 0);
        CommandWord(RNodeCommand.Bandwidth, 0);
        Command(RNodeCommand.TxPower, [RNodeCommand.Query]);
        Command(RNodeCommand.SpreadingFactor, [RNodeCommand.Query]);
        Command(RNodeCommand.CodingRate, [RNodeCommand.Query]);
        Command(RNodeCommand.RadioState, [RNodeCommand.Query]);
    }

    private void OnSetting(byte command, ReadOnlySpan<byte> argument, TimeSpan now)
    {
        switch (command)
        {
            case RNodeCommand.Frequency when argument.Length == 4:
                _readback.Frequency = BinaryPrimitives.ReadUInt32BigEndian(argument);
                break;
            case RNodeCommand.Bandwidth when argument.Length == 4:
                _readback.Bandwidth = BinaryPrimitives.ReadUInt32BigEndian(argument);
                break;
            case RNodeCommand.TxPower when argument.Length == 1:
                _readback.Power = argument[0];
                break;
            case RNodeCommand.SpreadingFactor when argument.Length == 1:
                _readback.SpreadingFactor = argument[0];
                break;
            case RNodeCommand.CodingRate when argument.Length == 1:
                _readback.CodingRate = argument[0];
                break;
            case RNodeCommand.RadioState when argument.Length == 1:
                _readback.RadioState = argument[0];
                break;
            case RNodeCommand.StatChannel when argument.Length == 11:
                OnStatistics(argument, now);
                break;
            case RNodeCommand.Error when argument.Length == 1:
                OnError(argument[0]);
                return;
        }
        if (_phase == Phase.Configure && command == RNodeCommand.RadioState)
            OnRadioState(now);
        else if (_phase == Phase.Confirm && _readback.IsComplete)
            Judge(now);
    }

    private void OnRadioState(TimeSpan now)
    {
        if (_readback.RadioState != 1)
            Lose("the modem refuses to switch its radio on", RetrySoon);
        else if (++_radioOnReports == 2)
            AskForSettings(now);
    }

    private void Judge(TimeSpan now)
    {
        string? wrong =
            Math.Abs(_readback.Frequency!.Value - _options.FrequencyHz) > FrequencyToleranceHz
                ? $"frequency {_readback.Frequency} Hz instead of {_options.FrequencyHz} Hz"
            : _readback.Bandwidth != _options.BandwidthHz
                ? $"bandwidth {_readback.Bandwidth} Hz instead of {_options.BandwidthHz} Hz"
            : _readback.Power != _options.PowerDbm
                ? $"power {_readback.Power} dBm instead of {_options.PowerDbm} dBm"
            : _readback.SpreadingFactor != _options.SpreadingFactor
                ? $"spreading factor {_readback.SpreadingFactor} instead of {_options.SpreadingFactor}"
            : _readback.CodingRate != _options.CodingRate
                ? $"coding rate {_readback.CodingRate} instead of {_options.CodingRate}"
            : _readback.RadioState != 1 ? "the radio off" : null;
        if (wrong is not null)
        {
            Command(RNodeCommand.RadioState, [0]);
            Lose($"the modem reports {wrong}", RetryLater);
            return;
        }
        _phase = Phase.Running;
        StartRunning(now);
        Enter(ModemState.Online, $"RNode firmware {_firmware!.Value.Major}.{_firmware.Value.Minor}");
    }

    private void Command(byte command, ReadOnlySpan<byte> argument)
    {
        ArrayBufferWriter<byte> frame = new(8 + (2 * argument.Length));
        Kiss.Write(frame, command, argument);
        Write(frame.WrittenSpan);
    }

    private void CommandWord(byte command, uint value)
    {
        Span<byte> argument = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(argument, value);
        Command(command, argument);
    }
}
