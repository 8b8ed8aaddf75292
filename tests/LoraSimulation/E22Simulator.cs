namespace QuicProChat.Mesh.LoraSimulation;

/// <summary>
/// An EBYTE E22 with software mode switching: registers, transparent mode, sub-packets of 240 bytes ended by a pause,
/// a signal strength byte after each received one.
/// </summary>
public sealed class E22Simulator : SimulatedModem
{
    private const int SubPacket = 240;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(4);
    private static readonly (int Sf, int Bandwidth)[] Rates =
        [(12, 125_000), (11, 250_000), (11, 500_000), (10, 500_000), (9, 500_000), (8, 500_000), (7, 500_000),
            (5, 500_000)];

    private readonly byte[] _registers = [0, 0, 0, 0x62, 0x04, 0x12, 0x03, 0, 0];
    private readonly List<byte> _pending = [];
    private readonly Queue<byte[]> _toSend = new();
    private TimeSpan _lastByte;
    private int _mode;

    /// <summary>Whether it knows the software command for its mode.</summary>
    public bool SwitchesBySoftware { get; set; } = true;

    /// <summary>A register that keeps its value whatever is written; -1: none.</summary>
    public int StuckRegister { get; set; } = -1;

    /// <summary>How often registers were written.</summary>
    public int RegisterWrites { get; private set; }

    /// <summary>Its registers.</summary>
    public IReadOnlyList<byte> Registers => _registers;

    /// <inheritdoc/>
    public override void PortOpened(TimeSpan now)
    {
        // Opening the port does not reset it.
    }

    /// <summary>The mode pins.</summary>
    public void SetPins(bool m0, bool m1) => _mode = (m0 ? 1 : 0) | (m1 ? 2 : 0);

    /// <inheritdoc/>
    public override void HostWrote(ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        if (SwitchesBySoftware && bytes is [0xC0, 0xC1, 0xC2, 0xC3, 0x02, var mode])
        {
            _mode = mode;
            Say([0xC1, 0xC2, 0xC3, 0x02, mode]);
        }
        else if (_mode == 2)
        {
            Configure(bytes);
        }
        else
        {
            foreach (byte b in bytes)
            {
                _pending.Add(b);
                if (_pending.Count == SubPacket)
                    EndSubPacket();
            }
            _lastByte = now;
        }
        Schedule();
    }

    /// <inheritdoc/>
    public override void Tick(TimeSpan now)
    {
        if (_pending.Count > 0 && now >= _lastByte + Pause)
            EndSubPacket();
        if (now >= SendingUntil && _toSend.Count > 0 && Air?.IsBusy(Station, now) != true)
        {
            byte[] frame = _toSend.Dequeue();
            (int sf, int bandwidth) = Rates[_registers[3] & 7];
            Transmit(frame, now, Airtime(sf, bandwidth, 5, 8, lowDataRate: sf == 12, frame.Length));
        }
        Schedule();
        if (_toSend.Count > 0 && NextTick <= now)
            NextTick = now + TimeSpan.FromMilliseconds(10);
    }

    /// <inheritdoc/>
    public override void Receive(byte[] frame, int rssi, double snr, TimeSpan now)
    {
        if (frame.Length < 3 || frame[0] != _registers[2] || _mode != 0)
            return;
        Say(frame.AsSpan(3));
        if ((_registers[6] & 0x80) != 0)
            Say([(byte)(256 + rssi)]);
    }

    private void EndSubPacket()
    {
        // The module's own header; the vendor does not tell more.
        _toSend.Enqueue([_registers[2], _registers[0], _registers[1], .. _pending]);
        _pending.Clear();
    }

    private void Configure(ReadOnlySpan<byte> c)
    {
        bool read = c.Length == 3 && c[0] == 0xC1;
        bool write = c.Length > 3 && c[0] is 0xC0 or 0xC2 && c.Length == 3 + c[2];
        if ((!read && !write) || c[1] + c[2] > _registers.Length)
        {
            Say([0xFF, 0xFF, 0xFF]);
            return;
        }
        if (write)
        {
            RegisterWrites++;
            for (int i = 0; i < c[2]; i++)
            {
                if (c[1] + i != StuckRegister)
                    _registers[c[1] + i] = c[3 + i];
            }
        }
        Say([0xC1, c[1], c[2], .. _registers.AsSpan(c[1], c[2])]);
    }

    private void Schedule()
    {
        NextTick = _pending.Count > 0 ? _lastByte + Pause : TimeSpan.MaxValue;
        if (_toSend.Count > 0 && SendingUntil < NextTick)
            NextTick = SendingUntil;
    }
}
