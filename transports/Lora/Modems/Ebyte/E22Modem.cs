namespace QuicProChat.Mesh.Transports.Lora.Modems.Ebyte;

// Configuration mode (9600 8N1) -> read registers -> write and read back what differs -> transparent mode -> Running

/// <summary>
/// Driver for EBYTE E22 UART modules and the Waveshare HAT that carries one. In transparent mode the module tells
/// nothing but received bytes and a signal strength each, so the driver frames, and paces itself by airtime alone.
/// </summary>
public sealed class E22Modem : ModemMachine
{
    /// <summary>Configuration mode knows only this speed.</summary>
    private const int ConfigurationBaud = 9600;

    private const int Attempts = 3;

    /// <summary>The manual asks for a moment after the pins change; arbitrary beyond its 2 ms.</summary>
    private static readonly TimeSpan ModeTime = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan AnswerTime = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryLater = TimeSpan.FromSeconds(60);

    private readonly LoraOptions _options;
    private readonly E22AirRate _rate;
    private readonly E22Reader _reader = new();
    private readonly byte[] _answer = new byte[3 + E22Registers.Count];
    private int _answered;
    private Phase _phase;
    private int _attempt;
    private bool _written;
    private bool _sending;

    /// <summary>Makes a driver for a radio.</summary>
    public E22Modem(LoraOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _rate = E22AirRate.Find(options.AirRate)
            ?? throw new ArgumentException($"{options.AirRate} is not an air rate of this module.", nameof(options));
    }

    private enum Phase
    {
        EnterConfiguration,
        ReadRegisters,
        WriteRegisters,
        LeaveConfiguration,
        Running,
    }

    /// <inheritdoc/>
    public override string Kind => "e22";

    /// <inheritdoc/>
    public override int Baud => _options.ModeSwitch == ModeSwitch.None ? RunningBaud : ConfigurationBaud;

    /// <inheritdoc/>
    public override int MaxFrame => E22Frame.MaxData;

    /// <inheritdoc/>
    public override bool HasCarrierSense => true;

    private int RunningBaud => _options.Baud ?? ConfigurationBaud;

    private static ReadOnlySpan<byte> SwitchCommand => [0xC0, 0xC1, 0xC2, 0xC3, 0x02];

    /// <inheritdoc/>
    public override TimeSpan Airtime(int frameLength) => _rate.Airtime(frameLength + E22Frame.Overhead);

    private protected override void OnOpened(TimeSpan now)
    {
        _reader.Reset();
        _sending = false;
        _attempt = 0;
        _written = false;
        if (_options.ModeSwitch == ModeSwitch.None)
        {
            GoOnline(now);
            return;
        }
        _phase = Phase.EnterConfiguration;
        SwitchMode(m0: false, m1: true, mode: 2);
        NextTick = now + ModeTime;
    }

    private protected override void OnClosed()
    {
        if (_sending)
            Report(sent: false, "the modem went away");
        _sending = false;
    }

    private protected override bool HasRoomFor(int length, TimeSpan now) => !_sending;

    private protected override void Send(ReadOnlySpan<byte> frame, TimeSpan now)
    {
        // One write: a pause inside would end the sub-packet.
        byte[] bytes = E22Frame.Write(frame);
        TimeSpan serial = TimeSpan.FromSeconds(bytes.Length * 10.0 / RunningBaud);
        BusyUntil = now + serial + Airtime(frame.Length);
        _sending = true;
        Write(bytes);
        Schedule();
    }

    private protected override void OnInput(ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        if (_phase != Phase.Running)
        {
            foreach (byte b in bytes)
                OnConfigurationByte(b, now);
            return;
        }
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_reader.Add(bytes, now)..];
            TakeFrames(now);
        }
        Schedule();
    }

    private protected override void OnTick(TimeSpan now)
    {
        switch (_phase)
        {
            case Phase.EnterConfiguration:
                AskRegisters(now);
                break;
            case Phase.ReadRegisters or Phase.WriteRegisters when _attempt < Attempts:
                AskRegisters(now);
                break;
            case Phase.ReadRegisters or Phase.WriteRegisters:
                Lose("the module does not answer in configuration mode", RetrySoon);
                break;
            case Phase.LeaveConfiguration:
                GoOnline(now);
                break;
            default:
                TakeFrames(now);
                if (_sending && now >= BusyUntil)
                {
                    _sending = false;
                    Report(sent: true);
                }
                Schedule();
                break;
        }
    }

    private void TakeFrames(TimeSpan now)
    {
        long before = _reader.Garbage;
        while (_reader.TryTake(withRssi: true, now, out byte[] data, out int? rssi))
        {
            Counters.FramesReceived++;
            Do(new FrameReceived(data, rssi, null));
        }
        Counters.GarbageBytes += _reader.Garbage - before;
    }

    private void AskRegisters(TimeSpan now)
    {
        _phase = Phase.ReadRegisters;
        _attempt++;
        _answered = 0;
        NextTick = now + AnswerTime;
        Write([E22Registers.Read, 0, E22Registers.Count]);
    }

    // Answers begin C1 00 07; what comes before (the answer to the mode switch, noise) is skipped.
    private void OnConfigurationByte(byte b, TimeSpan now)
    {
        if (_phase is not (Phase.ReadRegisters or Phase.WriteRegisters))
            return;
        byte expected = _answered switch { 0 => E22Registers.Read, 1 => 0, 2 => E22Registers.Count, _ => b };
        if (b != expected)
        {
            Counters.GarbageBytes += _answered + 1;
            _answered = b == E22Registers.Read ? 1 : 0;
            _answer[0] = b;
            return;
        }
        _answer[_answered++] = b;
        if (_answered == _answer.Length)
            OnRegisters(_answer.AsSpan(3), now);
    }

    private void OnRegisters(ReadOnlySpan<byte> present, TimeSpan now)
    {
        _answered = 0;
        byte[] wanted = E22Registers.Wanted(_options, RunningBaud, present);
        if (_phase == Phase.WriteRegisters)
        {
            // The echo of the write; believed only once it reads back.
            _attempt = 0;
            AskRegisters(now);
            return;
        }
        int wrong = present.CommonPrefixLength(wanted);
        if (wrong == wanted.Length)
        {
            _phase = Phase.LeaveConfiguration;
            SwitchMode(m0: false, m1: false, mode: 0);
            NextTick = now + ModeTime;
            return;
        }
        if (_written)
        {
            Lose($"the module reports {present[wrong]:X2}h in register {wrong:X2}h instead of {wanted[wrong]:X2}h",
                RetryLater);
            return;
        }
        _written = true;
        _phase = Phase.WriteRegisters;
        NextTick = now + AnswerTime;
        Write([E22Registers.Write, 0, E22Registers.Count, .. wanted]);
    }

    private void SwitchMode(bool m0, bool m1, byte mode)
    {
        if (_options.ModeSwitch == ModeSwitch.Software)
            Write([.. SwitchCommand, mode]);
        else
            Do(new SetModePins(m0, m1));
    }

    private void GoOnline(TimeSpan now)
    {
        if (RunningBaud != Baud)
            Do(new SetPortSpeed(RunningBaud));
        _phase = Phase.Running;
        _reader.Reset();
        BusyUntil = now;
        Schedule();
        Enter(ModemState.Online, _options.ModeSwitch == ModeSwitch.None ? "taken as configured" : "configured");
    }

    private void Schedule() =>
        NextTick = _sending && BusyUntil < _reader.Deadline ? BusyUntil : _reader.Deadline;
}
