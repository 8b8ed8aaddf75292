using System.Globalization;
using System.Text;
using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Lora.Modems.Reyax;

// AT -> VER? -> for each setting: ask, and write only what differs (the memory wears) -> Running
// One command at a time. Running: AT+SEND, then +OK and our own airtime, in whichever order they come.

/// <summary>
/// Driver for REYAX RYLR998 and RYLR896. They do not listen before they talk. Some firmware answers +OK when a packet
/// has left, some at once and then +ERR=17 to a packet that comes too early; both are served by waiting for the
/// answer and for the computed airtime.
/// </summary>
public sealed class ReyaxModem : ModemMachine
{
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(500);

    /// <summary>Arbitrary: settings are written to flash before they are answered.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AliveEvery = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryLater = TimeSpan.FromSeconds(60);

    private const int Attempts = 3;

    /// <summary>Arbitrary: after so many +ERR=17 in a row the modem is stuck.</summary>
    private const int MaxBusyRetries = 8;

    private const int ErrorBusy = 17;

    private readonly LoraOptions _options;
    private readonly LoraModulation _modulation;
    private readonly Random _random;
    private readonly ReyaxReader _reader = new();
    private readonly Queue<(string Name, string Value, string Suffix)> _settings = new();
    private Phase _phase;
    private string _command = "";
    private string? _written;
    private int _attempt;
    private ReyaxModel? _model;
    private byte[]? _frame;
    private int _dataLength;
    private int _busyRetries;
    private bool _answered;
    private TimeSpan _onAirUntil;

    /// <summary>Makes a driver for a radio.</summary>
    /// <param name="options">The radio.</param>
    /// <param name="random">For the pause after a collision with the modem's own transmission.</param>
    public ReyaxModem(LoraOptions options, Random random)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _random = random;
        _modulation = ReyaxModel.Modulation(options);
    }

    private enum Phase
    {
        Settle,
        Hello,
        Version,
        AskSetting,
        WriteSetting,
        Idle,
        Sending,
        BackOff,
        CheckAlive,
    }

    /// <inheritdoc/>
    public override string Kind => "reyax";

    /// <inheritdoc/>
    public override int Baud => _options.Baud ?? 115_200;

    /// <inheritdoc/>
    public override int MaxFrame =>
        _options.ReyaxEncoding == ReyaxEncoding.Raw ? ReyaxReader.MaxData : ReyaxReader.MaxData / 5 * 4;

    /// <inheritdoc/>
    public override bool HasCarrierSense => false;

    /// <inheritdoc/>
    public override TimeSpan Airtime(int frameLength) =>
        _modulation.Airtime(ReyaxModel.HeaderOnAir + EncodedLength(frameLength));

    /// <summary>Time on air of so many data bytes of AT+SEND.</summary>
    internal static TimeSpan DataAirtime(LoraModulation modulation, int data) =>
        modulation.Airtime(ReyaxModel.HeaderOnAir + data);

    private protected override void OnOpened(TimeSpan now)
    {
        _phase = Phase.Settle;
        _reader.Reset();
        NextTick = now + SettleTime;
    }

    private protected override void OnClosed()
    {
        if (_frame is not null)
            Report(sent: false, "the modem went away");
        _frame = null;
    }

    private protected override bool HasRoomFor(int length, TimeSpan now) =>
        _frame is null && _phase == Phase.Idle && now >= _onAirUntil;

    private protected override void Send(ReadOnlySpan<byte> frame, TimeSpan now)
    {
        byte[] data = new byte[EncodedLength(frame.Length)];
        if (_options.ReyaxEncoding == ReyaxEncoding.Raw)
            frame.CopyTo(data);
        else
            Base85.Encode(frame, data);
        _dataLength = data.Length;
        _frame = [.. Encoding.ASCII.GetBytes($"AT+SEND=0,{data.Length},"), .. data, (byte)'\r', (byte)'\n'];
        _busyRetries = 0;
        HandOver(now);
    }

    private protected override void OnInput(ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        foreach (byte b in bytes)
        {
            long before = _reader.Garbage;
            ReyaxReader.Unit unit = _reader.Read(b, now, out ReadOnlySpan<byte> line, out ReyaxPacket packet);
            Counters.GarbageBytes += _reader.Garbage - before;
            if (unit == ReyaxReader.Unit.Packet)
                OnPacket(packet);
            else if (unit == ReyaxReader.Unit.Line)
                OnLine(Encoding.Latin1.GetString(line), now);
            if (State is not (ModemState.Starting or ModemState.Online))
                return;
        }
    }

    private protected override void OnTick(TimeSpan now)
    {
        switch (_phase)
        {
            case Phase.Settle:
                Ask(Phase.Hello, "AT", now);
                break;
            case Phase.Idle:
                Ask(Phase.CheckAlive, "AT", now);
                break;
            case Phase.BackOff:
                HandOver(now);
                break;
            case Phase.Sending when _answered:
                Finish(sent: true, null, now);
                break;
            case Phase.Sending:
                Counters.ModemErrors++;
                Finish(sent: false, "the modem did not answer AT+SEND", now);
                Ask(Phase.CheckAlive, "AT", now);
                break;
            case var _ when _attempt < Attempts:
                Repeat(now);
                break;
            default:
                Lose(_phase == Phase.Hello ? "no modem with AT commands answers"
                    : $"no answer to {_command}", RetrySoon);
                break;
        }
    }

    private void OnPacket(ReyaxPacket packet)
    {
        if (State != ModemState.Online)
            return;
        byte[] data = packet.Data.ToArray();
        if (_options.ReyaxEncoding == ReyaxEncoding.Base85)
        {
            byte[] decoded = new byte[packet.Data.Length];
            if (!Base85.TryDecode(packet.Data, decoded, out int length))
            {
                Counters.GarbageBytes += packet.Data.Length;
                return;
            }
            data = decoded[..length];
        }
        Counters.FramesReceived++;
        Do(new FrameReceived(data, packet.RssiDbm, packet.SnrDb));
    }

    private void OnLine(string line, TimeSpan now)
    {
        if (line == "+READY")
            OnReset(now);
        else if (line == "+OK")
            OnOk(now);
        else if (line.StartsWith("+ERR=", StringComparison.Ordinal)
            && int.TryParse(line.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int code))
            OnError(code, now);
        else if (_phase == Phase.Version && line.StartsWith("+VER=", StringComparison.Ordinal))
            OnVersion(line[5..], now);
        else if (_phase == Phase.AskSetting && line.StartsWith($"+{_settings.Peek().Name}=", StringComparison.Ordinal))
            OnSetting(line[(_settings.Peek().Name.Length + 2)..], now);
        else
            Counters.GarbageBytes += line.Length + 2;
    }

    private void OnReset(TimeSpan now)
    {
        if (State == ModemState.Online)
        {
            Counters.Resets++;
            OnClosed();
            Enter(ModemState.Starting, "the modem rebooted");
        }
        Ask(Phase.Hello, "AT", now);
    }

    private void OnOk(TimeSpan now)
    {
        switch (_phase)
        {
            case Phase.Hello:
                Ask(Phase.Version, "AT+VER?", now);
                break;
            case Phase.WriteSetting:
                // Believed only once it reads back.
                Ask(Phase.AskSetting, $"AT+{_settings.Peek().Name}?", now);
                break;
            case Phase.Sending:
                _answered = true;
                NextTick = _onAirUntil > now ? _onAirUntil : now;
                if (now >= _onAirUntil)
                    Finish(sent: true, null, now);
                break;
            case Phase.CheckAlive:
                Rest(now);
                break;
        }
    }

    private void OnError(int code, TimeSpan now)
    {
        Counters.ModemErrors++;
        switch (_phase)
        {
            case Phase.Sending when code == ErrorBusy && _busyRetries < MaxBusyRetries:
                Counters.BusyRetries++;
                _busyRetries++;
                _phase = Phase.BackOff;
                // The packet was refused, so it was not sent; its grant still stands for the one that will be.
                NextTick = now + TimeSpan.FromMilliseconds(50 + _random.Next(100 << Math.Min(_busyRetries, 6)));
                break;
            case Phase.Sending:
                // It answers, so it does not transmit.
                _onAirUntil = now;
                BusyUntil = now;
                Finish(sent: false, $"the modem answered error {code} to AT+SEND", now);
                break;
            case Phase.WriteSetting:
                Lose($"the modem refuses {_command} (error {code})", RetryLater);
                break;
            case Phase.Hello or Phase.Version or Phase.AskSetting when _attempt < Attempts:
                // A first command often meets the remains of an unfinished one.
                Repeat(now);
                break;
            case Phase.Hello or Phase.Version or Phase.AskSetting:
                Lose($"the modem refuses {_command} (error {code})", RetryLater);
                break;
            case Phase.CheckAlive:
                Rest(now);
                break;
        }
    }

    private void OnVersion(string version, TimeSpan now)
    {
        _model = ReyaxModel.Find(version);
        string? objection = _model is null
            ? $"{version} is neither an RYLR998 nor an RYLR896"
            : _model.Objection(_options);
        if (objection is not null)
        {
            Lose(objection, RetryLater);
            return;
        }
        _settings.Clear();
        _settings.Enqueue(("MODE", "0", ""));
        _settings.Enqueue(("BAND", _options.FrequencyHz.ToString(CultureInfo.InvariantCulture), _model!.KeepsBand));
        // The 998 allows other preambles than 12 only with network id 18, so the id goes first.
        _settings.Enqueue(("NETWORKID", NetworkId().ToString(CultureInfo.InvariantCulture), ""));
        _settings.Enqueue(("PARAMETER", string.Create(
            CultureInfo.InvariantCulture,
            $"{_options.SpreadingFactor},{ReyaxModel.BandwidthNumber(_options.BandwidthHz)},{_options.CodingRate - 4},{_model.Preamble}"),
            ""));
        _settings.Enqueue(("CRFOP", _options.PowerDbm.ToString(CultureInfo.InvariantCulture), ""));
        Ask(Phase.AskSetting, "AT+MODE?", now);
    }

    private int NetworkId() =>
        _model == ReyaxModel.Rylr896 ? Math.Min(_options.ReyaxNetworkId, 16) : _options.ReyaxNetworkId;

    private void OnSetting(string value, TimeSpan now)
    {
        (string name, string wanted, string suffix) = _settings.Peek();
        if (value != wanted)
        {
            if (_written == name)
            {
                Lose($"the modem reports {name} {value} instead of {wanted}", RetryLater);
                return;
            }
            _written = name;
            Ask(Phase.WriteSetting, $"AT+{name}={wanted}{suffix}", now);
            return;
        }
        _written = null;
        _settings.Dequeue();
        if (_settings.TryPeek(out (string Name, string Value, string Suffix) next))
        {
            Ask(Phase.AskSetting, $"AT+{next.Name}?", now);
            return;
        }
        _onAirUntil = now;
        Rest(now);
        Enter(ModemState.Online, _model!.Name);
    }

    private void HandOver(TimeSpan now)
    {
        _phase = Phase.Sending;
        _answered = false;
        TimeSpan serial = TimeSpan.FromSeconds(_frame!.Length * 10.0 / Baud);
        _onAirUntil = now + serial + DataAirtime(_modulation, _dataLength);
        BusyUntil = _onAirUntil;
        NextTick = _onAirUntil + AnswerTime;
        Write(_frame);
    }

    private void Finish(bool sent, string? failure, TimeSpan now)
    {
        _frame = null;
        Rest(now);
        Report(sent, failure);
    }

    private void Rest(TimeSpan now)
    {
        _phase = Phase.Idle;
        NextTick = now + AliveEvery;
    }

    private void Ask(Phase phase, string command, TimeSpan now)
    {
        _phase = phase;
        _command = command;
        _attempt = 0;
        Repeat(now);
    }

    private void Repeat(TimeSpan now)
    {
        _attempt++;
        NextTick = now + AnswerTime;
        Write(Encoding.ASCII.GetBytes(_command + "\r\n"));
    }

    private int EncodedLength(int frame) =>
        _options.ReyaxEncoding == ReyaxEncoding.Raw ? frame : Base85.EncodedLength(frame);
}
