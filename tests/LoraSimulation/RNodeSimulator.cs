namespace QuicProChat.Mesh.LoraSimulation;

/// <summary>What is wrong with a simulated RNode.</summary>
public sealed record RNodeFaults
{
    /// <summary>Firmware version.</summary>
    public (byte Major, byte Minor) Firmware { get; init; } = (1, 0x56);

    /// <summary>Added to the frequency when it is read back.</summary>
    public int FrequencyError { get; init; }

    /// <summary>Reads back synthesiser steps of 61.035 Hz, as an SX127x does.</summary>
    public bool SynthesiserSteps { get; init; } = true;

    /// <summary>Whether it reboots when its port is opened.</summary>
    public bool ResetsOnOpen { get; init; } = true;

    /// <summary>Text that it prints while it boots.</summary>
    public string BootNoise { get; init; } = "ets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON_RESET)\r\n";

    /// <summary>Whether it sends channel statistics.</summary>
    public bool Statistics { get; init; } = true;

    /// <summary>Whether it forgets what it counted when its radio is switched on (ESP32), or not (nRF52).</summary>
    public bool ClearsStatistics { get; init; } = true;

    /// <summary>What its clock says when it starts: the phase of what it counts.</summary>
    public TimeSpan ClockAtBoot { get; init; }

    /// <summary>What becomes of a packet in its queue, by its number from 0.</summary>
    public Func<int, PacketFate> FateOf { get; init; } = _ => PacketFate.Sent;

    /// <summary>Share of 15 s after which it stops sending, whatever the host set. 1: never.</summary>
    public double AirtimeLock { get; init; } = 1;

    /// <summary>Whether there is firmware at all.</summary>
    public bool Dead { get; init; }
}

/// <summary>What becomes of a packet.</summary>
public enum PacketFate
{
    /// <summary>It is sent.</summary>
    Sent,

    /// <summary>It vanishes.</summary>
    Lost,

    /// <summary>Its end is lost; what is left of it is glued in front of the next.</summary>
    Cut,
}

/// <summary>RNode firmware 1.86 with its traps, as far as a host can notice them.</summary>
public sealed partial class RNodeSimulator : SimulatedModem
{
    private const int UartBuffer = 6144;
    private static readonly TimeSpan BootTime = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Blink = TimeSpan.FromSeconds(0.6);

    private readonly Random _random;
    private readonly Queue<byte> _uart = new();
    private readonly List<byte> _argument = [];
    private TimeSpan _bootedAt;
    private TimeSpan _deafUntil;
    private bool _secondRadioReport;
    private bool _booting;
    private bool _inFrame;
    private bool _escape;
    private int _command = -1;
    private uint _frequency;
    private uint _bandwidth;
    private byte _power = 0xFF;
    private byte _sf;
    private byte _cr = 5;
    private bool _radioOn;

    /// <summary>Makes a modem.</summary>
    public RNodeSimulator(Random random, RNodeFaults? faults = null)
    {
        _random = random;
        Faults = faults ?? new RNodeFaults();
    }

    /// <summary>What is wrong with it.</summary>
    public RNodeFaults Faults { get; set; }

    /// <summary>Bytes lost because the serial buffer was full while it transmitted.</summary>
    public int LostUartBytes { get; private set; }

    /// <summary>Whether the radio is on.</summary>
    public bool RadioOn => _radioOn;

    /// <inheritdoc/>
    public override void PortOpened(TimeSpan now)
    {
        if (Faults.ResetsOnOpen)
            Reboot(now);
    }

    /// <summary>Forgets everything and starts again.</summary>
    public void Reboot(TimeSpan now)
    {
        _booting = true;
        _bootedAt = now + BootTime;
        _uart.Clear();
        _argument.Clear();
        ClearQueue();
        _inFrame = false;
        _escape = false;
        _command = -1;
        (_frequency, _bandwidth, _power, _sf, _cr, _radioOn) = (0, 0, 0xFF, 0, 5, false);
        _statisticsAt = TimeSpan.MaxValue;
        Array.Clear(_bins);
        _secondRadioReport = false;
        _deafUntil = TimeSpan.Zero;
        Say(System.Text.Encoding.ASCII.GetBytes(Faults.BootNoise));
        Schedule();
    }

    /// <inheritdoc/>
    public override void HostWrote(ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        Tick(now);
        foreach (byte b in bytes)
        {
            if (_booting || Faults.Dead)
                continue;
            if (_uart.Count == UartBuffer)
                LostUartBytes++;
            else
                _uart.Enqueue(b);
        }
        ReadUart(now);
        Schedule();
    }

    /// <inheritdoc/>
    public override void Tick(TimeSpan now)
    {
        if (_booting && now >= _bootedAt)
        {
            _booting = false;
            SayFrame(0x55, 0xF8);
        }
        if (_secondRadioReport && now >= _deafUntil)
        {
            _secondRadioReport = false;
            SayFrame(0x06, 1);
        }
        if (now >= SendingUntil)
            EndFrame();
        ReadUart(now);
        RunQueue(now);
        ReportSamples(now);
        Schedule();
    }

    /// <summary>An error report.</summary>
    public void ReportError(byte code) => SayFrame(0x90, code);

    private bool IsDeaf(TimeSpan now) => now < _deafUntil || now < SendingUntil || _run.Count > 0;

    private void ReadUart(TimeSpan now)
    {
        while (!IsDeaf(now) && _uart.TryDequeue(out byte b))
            Parse(b, now);
    }

    // The firmware's parser: acts when the last argument byte arrives, not at the closing delimiter.
    private void Parse(byte b, TimeSpan now)
    {
        if (b == 0xC0)
        {
            bool data = _inFrame && _command == 0x00;
            if (data)
                Enqueue(now);
            // The delimiter that ends a data frame does not begin another.
            _inFrame = !data;
            _command = -1;
            _argument.Clear();
            return;
        }
        if (!_inFrame)
            return;
        if (_command < 0)
        {
            _command = b;
            return;
        }
        bool escaped = _command is 0x00 or 0x01 or 0x02 or 0x0B or 0x0C;
        if (escaped && b == 0xDB)
        {
            _escape = true;
            return;
        }
        if (escaped && _escape)
        {
            _escape = false;
            b = b == 0xDC ? (byte)0xC0 : b == 0xDD ? (byte)0xDB : b;
        }
        if (_command == 0x00)
            QueueByte(b);
        else
            Argument(b, now);
    }

    private void Argument(byte b, TimeSpan now)
    {
        _argument.Add(b);
        int needed = _command is 0x01 or 0x02 ? 4 : _command is 0x0B or 0x0C ? 2 : 1;
        if (_argument.Count < needed)
            return;
        byte[] a = [.. _argument];
        _argument.Clear();
        Act(a, now);
    }

    private void Act(byte[] a, TimeSpan now)
    {
        switch (_command)
        {
            case 0x01:
                uint frequency = Word(a);
                _frequency = frequency == 0 ? _frequency : frequency;
                SayFrame(0x01, Bytes(ReadBackFrequency()));
                break;
            case 0x02:
                uint bandwidth = Word(a);
                _bandwidth = bandwidth == 0 ? _bandwidth : bandwidth;
                SayFrame(0x02, Bytes(_bandwidth));
                break;
            case 0x03:
                _power = a[0] == 0xFF ? _power : Math.Min(a[0], (byte)22);
                SayFrame(0x03, _power);
                break;
            case 0x04:
                _sf = a[0] == 0xFF ? _sf : Math.Clamp(a[0], (byte)5, (byte)12);
                SayFrame(0x04, _sf);
                break;
            case 0x05:
                _cr = a[0] == 0xFF ? _cr : Math.Clamp(a[0], (byte)5, (byte)8);
                SayFrame(0x05, _cr);
                break;
            case 0x06:
                RadioState(a[0], now);
                break;
            case 0x08 when a[0] == 0x73:
                SayFrame(0x08, 0x46);
                break;
            case 0x0A:
                _radioOn = false;
                break;
            case 0x0B or 0x0C or 0x0E:
                SayFrame((byte)_command, a);
                break;
            case 0x0F:
                SayFrame(0x0F, QueueHasRoom ? (byte)1 : (byte)0);
                break;
            case 0x48:
                SayFrame(0x48, 0x80);
                break;
            case 0x49:
                SayFrame(0x49, 0x81);
                break;
            case 0x50:
                SayFrame(0x50, Faults.Firmware.Major, Faults.Firmware.Minor);
                break;
            case 0x55 when a[0] == 0xF8:
                Reboot(now);
                break;
        }
    }

    private void RadioState(byte wanted, TimeSpan now)
    {
        if (wanted == 0xFF)
        {
            SayFrame(0x06, _radioOn ? (byte)1 : (byte)0);
            return;
        }
        if (wanted == 1 && (_frequency == 0 || _bandwidth == 0 || _power == 0xFF || _sf == 0))
        {
            SayFrame(0x06, 0);
            return;
        }
        _radioOn = wanted == 1;
        SayFrame(0x06, wanted);
        if (!_radioOn)
            return;
        uint[] rounded = [7_800, 10_400, 15_600, 20_800, 31_250, 41_700, 62_500, 125_000, 250_000, 500_000];
        _bandwidth = rounded.FirstOrDefault(b => b >= _bandwidth, 500_000u);
        _deafUntil = now + Blink;
        _secondRadioReport = true;
        StartStatistics(now + Blink);
    }

    private uint ReadBackFrequency()
    {
        double hertz = Faults.SynthesiserSteps
            ? Math.Floor(_frequency / (32e6 / (1 << 19))) * (32e6 / (1 << 19))
            : _frequency;
        return (uint)(hertz + Faults.FrequencyError);
    }

    private void SayFrame(byte command, params byte[] argument)
    {
        if (Faults.Dead)
            return;
        List<byte> frame = [0xC0, command];
        foreach (byte b in argument)
        {
            if (b == 0xC0)
                frame.AddRange([0xDB, 0xDC]);
            else if (b == 0xDB)
                frame.AddRange([0xDB, 0xDD]);
            else
                frame.Add(b);
        }
        frame.Add(0xC0);
        Say([.. frame]);
    }

    private static uint Word(byte[] a) => ((uint)a[0] << 24) | ((uint)a[1] << 16) | ((uint)a[2] << 8) | a[3];

    private static byte[] Bytes(uint v) => [(byte)(v >> 24), (byte)(v >> 16), (byte)(v >> 8), (byte)v];
}
