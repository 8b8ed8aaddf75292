namespace QuicProChat.Mesh.LoraSimulation;

// Queue, carrier sense, transmission and reception of the simulated RNode.
public sealed partial class RNodeSimulator
{
    private const int QueueBytes = 6144, QueuePackets = 200;

    private readonly List<byte> _buffer = [];
    private readonly Queue<int> _packets = new();
    private readonly Queue<byte[]> _run = new();
    private int _open;
    private int _accepted;
    private int? _onAir;
    private bool _cut;
    private TimeSpan _contendedAt = TimeSpan.MaxValue;
    private TimeSpan _slotsLeft;
    private byte _sequence;
    private byte[]? _firstHalf;
    private byte _firstHalfHeader;

    /// <summary>Packets in its queue.</summary>
    public int QueuedPackets => _packets.Count;

    /// <summary>Bytes that vanished because the queue was full.</summary>
    public int LostQueueBytes { get; private set; }

    private bool QueueHasRoom => _buffer.Count < QueueBytes && _packets.Count < QueuePackets;

    /// <summary>At higher rates one packet goes out for a contention.</summary>
    private bool SendsOneByOne => _sf * 4.0 / _cr * _bandwidth / (1 << _sf) > 14_000;

    private bool LowDataRate => (int)(1000.0 * (1 << _sf) / _bandwidth) > 16;

    private TimeSpan Slot =>
        TimeSpan.FromMilliseconds(Math.Clamp(12_000.0 * (1 << _sf) / _bandwidth, 24, 100));

    private int Preamble => Math.Max(18, (int)Math.Ceiling(24.0 / (1000.0 * (1 << _sf) / _bandwidth)));

    /// <inheritdoc/>
    public override void Receive(byte[] frame, int rssi, double snr, TimeSpan now)
    {
        if (!_radioOn || frame.Length == 0)
            return;
        byte header = frame[0];
        byte[] packet = frame[1..];
        if ((header & 1) == 0)
        {
            Deliver(packet, rssi, snr);
        }
        else if (_firstHalf is null || header != _firstHalfHeader)
        {
            // One slot, no timeout, no sender: what waited here is forgotten.
            _firstHalf = packet;
            _firstHalfHeader = header;
        }
        else
        {
            Deliver([.. _firstHalf, .. packet], rssi, snr);
            _firstHalf = null;
        }
    }

    private void Deliver(byte[] packet, int rssi, double snr)
    {
        SayFrame(0x23, (byte)(rssi + 157));
        SayFrame(0x24, (byte)(sbyte)(snr * 4));
        SayFrame(0x00, packet);
    }

    private void ClearQueue()
    {
        _buffer.Clear();
        _packets.Clear();
        _run.Clear();
        _onAir = null;
        _open = 0;
        _cut = false;
        _contendedAt = TimeSpan.MaxValue;
    }

    private void QueueByte(byte b)
    {
        if (_buffer.Count >= QueueBytes || _packets.Count >= QueuePackets)
        {
            _cut = true;
            LostQueueBytes++;
            return;
        }
        _buffer.Add(b);
        _open++;
    }

    private void Enqueue(TimeSpan now)
    {
        if (_cut)
        {
            // The start stays where it is and is glued to the packet after it.
            _cut = false;
            return;
        }
        if (_open == 0)
            return;
        PacketFate fate = Faults.FateOf(_accepted++);
        if (fate == PacketFate.Cut)
            return;
        if (fate == PacketFate.Lost)
            _buffer.RemoveRange(_buffer.Count - _open, _open);
        else
            _packets.Enqueue(_open);
        _open = 0;
        Contend(now);
    }

    private void Contend(TimeSpan now)
    {
        if (_contendedAt != TimeSpan.MaxValue || _packets.Count == 0 || !_radioOn)
            return;
        _slotsLeft = Slot * _random.Next(15);
        _contendedAt = now + (2 * Slot) + _slotsLeft;
    }

    private void RunQueue(TimeSpan now)
    {
        if (now < SendingUntil || _booting)
            return;
        if (_run.TryDequeue(out byte[]? next))
        {
            Send(next, now);
            return;
        }
        Contend(now);
        if (now < _contendedAt)
            return;
        if (Air?.IsBusy(Station, now) == true)
        {
            _contendedAt = now + (2 * Slot) + _slotsLeft;
            return;
        }
        _contendedAt = TimeSpan.MaxValue;
        if (Faults.AirtimeLock < 1 && Visible(now) >= Faults.AirtimeLock * 2 * BinMilliseconds)
        {
            Contend(now);
            return;
        }
        while (_packets.TryDequeue(out int length))
        {
            foreach (byte[] frame in Frames([.. _buffer[..length]]))
                _run.Enqueue(frame);
            _buffer.RemoveRange(0, length);
            if (SendsOneByOne)
                break;
        }
        if (_run.TryDequeue(out byte[]? first))
            Send(first, now);
    }

    private List<byte[]> Frames(byte[] packet)
    {
        if (packet.Length > 508)
            return [];
        bool split = packet.Length > 254;
        byte header = (byte)((_sequence++ & 0x0F) << 4 | (split ? 1 : 0));
        List<byte[]> frames = [];
        for (int at = 0; at < packet.Length; at += 254)
            frames.Add([header, .. packet[at..Math.Min(packet.Length, at + 254)]]);
        if (packet.Length == 508)
            frames.Add([header]);
        return frames;
    }

    private void Send(byte[] frame, TimeSpan now)
    {
        TimeSpan airtime = Airtime(_sf, (int)_bandwidth, _cr, Preamble, LowDataRate, frame.Length);
        Transmit(frame, now, airtime);
        _onAir = frame.Length;
        // Its samples stand still meanwhile.
        if (_statisticsAt != TimeSpan.MaxValue)
            _statisticsAt += airtime;
    }

    // Before the port is read again: the firmware does nothing else between the end of a run and its report.
    private void EndFrame()
    {
        if (_onAir is not { } bytes)
            return;
        _onAir = null;
        CountAirtime(bytes, SendingUntil);
        if (_run.Count == 0 && Faults.Statistics)
            SayStatistics(SendingUntil);
    }

    private void Schedule()
    {
        TimeSpan next = _booting ? _bootedAt : TimeSpan.MaxValue;
        if (_secondRadioReport)
            next = Min(next, _deafUntil);
        if (_run.Count > 0 || _onAir is not null)
            next = Min(next, SendingUntil);
        else if (!_booting)
            next = Min(next, Max(_contendedAt, SendingUntil));
        if (_uart.Count > 0)
            next = Min(next, Max(_deafUntil, SendingUntil));
        NextTick = Min(next, Max(_statisticsAt, SendingUntil));
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
