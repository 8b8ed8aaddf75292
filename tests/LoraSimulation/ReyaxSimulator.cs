using System.Globalization;
using System.Text;

namespace QuicProChat.Mesh.LoraSimulation;

/// <summary>How a simulated REYAX modem behaves where sources disagree.</summary>
public sealed record ReyaxFaults
{
    /// <summary>Answer to AT+VER?.</summary>
    public string Version { get; init; } = "RYLR998_REYAX_V1.2.2";

    /// <summary>+OK at once instead of when the packet has left.</summary>
    public bool EarlyOk { get; init; }

    /// <summary>How much later than the packet a late +OK comes.</summary>
    public TimeSpan OkDelay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The next so many AT+SEND are refused with +ERR=17.</summary>
    public int BusyAnswers { get; set; }

    /// <summary>A CR LF in the data ends the command.</summary>
    public bool CutsAtLineEnd { get; init; } = true;

    /// <summary>Power that it reports whatever was set.</summary>
    public int? StuckPower { get; init; }

    /// <summary>The next AT+SEND is answered with this error; 0: none.</summary>
    public int NextSendError { get; set; }
}

/// <summary>A REYAX RYLR998 or RYLR896 as far as a host can notice it.</summary>
public sealed class ReyaxSimulator : SimulatedModem
{
    private readonly List<byte> _line = [];
    private readonly Dictionary<string, string> _settings;
    private TimeSpan _okAt = TimeSpan.MaxValue;
    private TimeSpan _readyAt = TimeSpan.MaxValue;

    /// <summary>Makes a modem with the settings it leaves the factory with.</summary>
    public ReyaxSimulator(ReyaxFaults? faults = null)
    {
        Faults = faults ?? new ReyaxFaults();
        bool small = Faults.Version.StartsWith("RYLR89", StringComparison.Ordinal);
        _settings = new Dictionary<string, string>
        {
            ["MODE"] = "0",
            ["ADDRESS"] = "0",
            ["NETWORKID"] = small ? "0" : "18",
            ["BAND"] = "915000000",
            ["PARAMETER"] = small ? "12,7,1,4" : "9,7,1,12",
            ["CRFOP"] = small ? "15" : "22",
        };
    }

    /// <summary>Its behaviour.</summary>
    public ReyaxFaults Faults { get; set; }

    /// <summary>How often settings were written to its memory.</summary>
    public int MemoryWrites { get; private set; }

    /// <summary>Its settings.</summary>
    public IReadOnlyDictionary<string, string> Settings => _settings;

    /// <summary>How many AT+SEND came, refused ones included.</summary>
    public int SendCommands { get; private set; }

    /// <inheritdoc/>
    public override void PortOpened(TimeSpan now)
    {
        // Opening the port does not reset it.
    }

    /// <summary>Loses power for a moment: half a line may stand in the host's buffer.</summary>
    public void Reboot(TimeSpan now)
    {
        _line.Clear();
        _okAt = TimeSpan.MaxValue;
        _readyAt = now + TimeSpan.FromMilliseconds(300);
        NextTick = _readyAt;
    }

    /// <inheritdoc/>
    public override void HostWrote(ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        foreach (byte b in bytes)
        {
            _line.Add(b);
            if (b != (byte)'\n' || _line.Count < 2 || _line[^2] != '\r')
                continue;
            if (!Faults.CutsAtLineEnd && IsUnfinishedSend())
                continue;
            byte[] line = [.. _line.SkipLast(2)];
            _line.Clear();
            Command(line, now);
        }
    }

    /// <inheritdoc/>
    public override void Tick(TimeSpan now)
    {
        if (now >= _okAt)
        {
            _okAt = TimeSpan.MaxValue;
            Answer("+OK");
        }
        if (now >= _readyAt)
        {
            _readyAt = TimeSpan.MaxValue;
            Answer("+READY");
        }
        NextTick = _okAt < _readyAt ? _okAt : _readyAt;
    }

    /// <inheritdoc/>
    public override void Receive(byte[] frame, int rssi, double snr, TimeSpan now)
    {
        // Eight bytes of the module's own stand in front: network id, sender, receiver, length, spare.
        if (frame.Length < 8 || frame[0] != byte.Parse(_settings["NETWORKID"], CultureInfo.InvariantCulture))
            return;
        string head = string.Create(CultureInfo.InvariantCulture,
            $"+RCV={(frame[1] << 8) | frame[2]},{frame.Length - 8},");
        string tail = string.Create(CultureInfo.InvariantCulture, $",{rssi},{(int)snr}\r\n");
        Say([.. Encoding.ASCII.GetBytes(head), .. frame[8..], .. Encoding.ASCII.GetBytes(tail)]);
    }

    private bool IsUnfinishedSend()
    {
        string text = Encoding.Latin1.GetString([.. _line]);
        string[] parts = text.Split(',', 3);
        return text.StartsWith("AT+SEND=", StringComparison.Ordinal) && parts.Length == 3
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            && parts[2].Length < length + 2;
    }

    private void Command(byte[] line, TimeSpan now)
    {
        string text = Encoding.Latin1.GetString(line);
        if (!text.StartsWith("AT", StringComparison.Ordinal))
            Answer("+ERR=2");
        else if (text == "AT")
            Answer("+OK");
        else if (text == "AT+VER?")
            Answer("+VER=" + Faults.Version);
        else if (text.StartsWith("AT+SEND=", StringComparison.Ordinal))
            SendCommand(line, text, now);
        else if (text.EndsWith('?') && _settings.TryGetValue(text[3..^1], out string? value))
            Answer($"+{text[3..^1]}={(text == "AT+CRFOP?" && Faults.StuckPower is { } p ? p : value)}");
        else
            Set(text);
    }

    private void Set(string text)
    {
        string[] parts = text[3..].Split('=', 2);
        if (parts.Length != 2 || !_settings.ContainsKey(parts[0]))
        {
            Answer("+ERR=4");
            return;
        }
        MemoryWrites++;
        _settings[parts[0]] = parts[0] == "BAND" ? parts[1].Split(',')[0] : parts[1];
        Answer("+OK");
    }

    private void SendCommand(byte[] line, string text, TimeSpan now)
    {
        SendCommands++;
        string[] parts = text["AT+SEND=".Length..].Split(',', 3);
        if (parts.Length != 3
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length))
        {
            Answer("+ERR=4");
            return;
        }
        if (length > 240)
        {
            Answer("+ERR=13");
            return;
        }
        if (parts[2].Length != length)
        {
            Answer("+ERR=5");
            return;
        }
        if (Faults.BusyAnswers > 0 || now < SendingUntil)
        {
            Faults.BusyAnswers = Math.Max(0, Faults.BusyAnswers - 1);
            Answer("+ERR=17");
            return;
        }
        if (Faults.NextSendError != 0)
        {
            Answer($"+ERR={Faults.NextSendError}");
            Faults.NextSendError = 0;
            return;
        }
        int[] p = [.. _settings["PARAMETER"].Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
        int[] bandwidths = [7_800, 10_400, 15_600, 20_800, 31_250, 41_700, 62_500, 125_000, 250_000, 500_000];
        byte network = byte.Parse(_settings["NETWORKID"], CultureInfo.InvariantCulture);
        int self = int.Parse(_settings["ADDRESS"], CultureInfo.InvariantCulture);
        byte[] frame = [network, (byte)(self >> 8), (byte)self, 0, 0, (byte)length, 0, 0, .. line[^length..]];
        TimeSpan airtime = Airtime(p[0], bandwidths[p[1]], p[2] + 4, p[3], lowDataRate: p[0] >= 11, frame.Length);
        Transmit(frame, now, airtime);
        if (Faults.EarlyOk)
        {
            Answer("+OK");
            return;
        }
        _okAt = now + airtime + Faults.OkDelay;
        NextTick = _okAt;
    }

    private void Answer(string line) => Say(Encoding.ASCII.GetBytes(line + "\r\n"));
}
