namespace QuicProChat.Mesh.LoraSimulation;

/// <summary>
/// A modem that is not there, without I/O: bytes from the host and frames from the air in, the same out.
/// </summary>
public abstract class SimulatedModem
{
    private readonly List<byte> _toHost = [];

    /// <summary>The air, and this modem's number on it; null for a modem alone in the world.</summary>
    public SimulatedAir? Air { get; set; }

    /// <summary>Number on the air.</summary>
    public int Station { get; set; }

    /// <summary>When <see cref="Tick"/> is due.</summary>
    public TimeSpan NextTick { get; protected set; } = TimeSpan.MaxValue;

    /// <summary>Every LoRa frame that it transmitted.</summary>
    public List<byte[]> Transmitted { get; } = [];

    /// <summary>When each transmission ended and how long it was.</summary>
    public List<(TimeSpan End, TimeSpan Airtime)> Transmissions { get; } = [];

    /// <summary>Total time that it transmitted.</summary>
    public TimeSpan TotalAirtime { get; private set; }

    /// <summary>Answers nothing any more.</summary>
    public bool Mute { get; set; }

    /// <summary>Until when it transmits.</summary>
    public TimeSpan SendingUntil { get; private set; } = TimeSpan.MinValue;

    /// <summary>The host opened the port.</summary>
    public abstract void PortOpened(TimeSpan now);

    /// <summary>The host wrote.</summary>
    public abstract void HostWrote(ReadOnlySpan<byte> bytes, TimeSpan now);

    /// <summary>Time has passed.</summary>
    public abstract void Tick(TimeSpan now);

    /// <summary>A frame came off the air whole.</summary>
    public abstract void Receive(byte[] frame, int rssi, double snr, TimeSpan now);

    /// <summary>Whether the modem wrote something to the host.</summary>
    public bool HasOutput => _toHost.Count > 0;

    /// <summary>Takes what the modem wrote to the host.</summary>
    public byte[] TakeOutput()
    {
        byte[] bytes = [.. _toHost];
        _toHost.Clear();
        return bytes;
    }

    /// <summary>Writes bytes to the host that no protocol foresees.</summary>
    public void Blurt(ReadOnlySpan<byte> bytes) => _toHost.AddRange(bytes);

    /// <summary>Writes to the host.</summary>
    protected void Say(ReadOnlySpan<byte> bytes)
    {
        if (!Mute)
            _toHost.AddRange(bytes);
    }

    /// <summary>Puts a frame on the air.</summary>
    protected void Transmit(byte[] frame, TimeSpan start, TimeSpan airtime)
    {
        Transmitted.Add(frame);
        Transmissions.Add((start + airtime, airtime));
        TotalAirtime += airtime;
        SendingUntil = start + airtime;
        Air?.Begin(Station, frame, start, airtime);
    }

    /// <summary>The Semtech formula in floating point, written down apart from the code under test.</summary>
    protected static TimeSpan Airtime(
        int sf, int bandwidth, int codingRate, double preamble, bool lowDataRate, int bytes)
    {
        double symbol = Math.Pow(2, sf) / bandwidth;
        double bits = (8.0 * bytes) - (4 * sf) + (sf < 7 ? 36 : 44);
        double blocks = Math.Ceiling(bits / (4 * (sf - (lowDataRate ? 2 : 0))));
        double symbols = preamble + (sf < 7 ? 6.25 : 4.25) + 8 + (Math.Max(0, blocks) * codingRate);
        return TimeSpan.FromSeconds(symbols * symbol);
    }
}
