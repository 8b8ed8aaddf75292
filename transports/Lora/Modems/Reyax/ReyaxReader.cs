using System.Buffers.Text;

namespace QuicProChat.Mesh.Transports.Lora.Modems.Reyax;

/// <summary>A packet as a REYAX modem reports it.</summary>
internal readonly ref struct ReyaxPacket(ReadOnlySpan<byte> data, int rssi, int snr)
{
    internal ReadOnlySpan<byte> Data { get; } = data;

    internal int RssiDbm { get; } = rssi;

    internal int SnrDb { get; } = snr;
}

/// <summary>
/// Cuts a REYAX modem's output into lines and packets. <c>+RCV=from,length,data,rssi,snr</c> is read by its length,
/// because the data may hold commas and line ends; everything else is a line that ends in CR LF.
/// </summary>
internal sealed class ReyaxReader
{
    /// <summary>Longest data of a packet.</summary>
    internal const int MaxData = 240;

    /// <summary><c>+RCV=65535,240,</c> data <c>,-1234,-123</c> CR LF.</summary>
    private const int MaxUnit = 15 + MaxData + 12;

    /// <summary>
    /// Arbitrary: at 9600 bits a second a byte takes 1 ms; what pauses this long has been broken off.
    /// </summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(200);

    private readonly byte[] _buffer = new byte[MaxUnit];
    private int _length;
    private TimeSpan _last;

    internal enum Unit
    {
        None,
        Line,
        Packet,
    }

    private enum Match
    {
        NeedMore,
        Whole,
        Broken,
    }

    /// <summary>Bytes that made neither a line nor a packet.</summary>
    internal long Garbage { get; private set; }

    private static ReadOnlySpan<byte> ReceivePrefix => "+RCV="u8;

    internal void Reset()
    {
        Garbage += _length;
        _length = 0;
    }

    /// <summary>Takes one byte; what comes out is valid until the next.</summary>
    internal Unit Read(byte b, TimeSpan now, out ReadOnlySpan<byte> line, out ReyaxPacket packet)
    {
        line = default;
        packet = default;
        if (_length > 0 && now - _last > Silence)
            Reset();
        _last = now;
        if (_length == _buffer.Length)
            Reset();
        _buffer[_length++] = b;
        ReadOnlySpan<byte> unit = _buffer.AsSpan(0, _length);
        if (unit.Length >= ReceivePrefix.Length && unit.StartsWith(ReceivePrefix))
        {
            switch (TryPacket(unit, out packet))
            {
                case Match.NeedMore:
                    return Unit.None;
                case Match.Whole:
                    _length = 0;
                    return Unit.Packet;
                default:
                    if (b != (byte)'\n')
                        return Unit.None;
                    // A broken report is not a line either.
                    Reset();
                    return Unit.None;
            }
        }
        if (b != (byte)'\n')
            return Unit.None;
        int end = unit.Length - (unit.Length > 1 && unit[^2] == '\r' ? 2 : 1);
        line = unit[..end];
        // Noise in front of an answer must not hide it: an answer begins with its plus sign.
        int plus = line.LastIndexOf((byte)'+');
        if (plus > 0)
        {
            Garbage += plus;
            line = line[plus..];
        }
        _length = 0;
        return Unit.Line;
    }

    private static Match TryPacket(ReadOnlySpan<byte> unit, out ReyaxPacket packet)
    {
        packet = default;
        int at = ReceivePrefix.Length;
        Match address = Number(unit, ref at, ends: (byte)',', 0, 65535, out _);
        if (address != Match.Whole)
            return address;
        Match length = Number(unit, ref at, ends: (byte)',', 0, MaxData, out int count);
        if (length != Match.Whole)
            return length;
        if (unit.Length < at + count + 1)
            return Match.NeedMore;
        ReadOnlySpan<byte> data = unit.Slice(at, count);
        at += count;
        if (unit[at++] != ',')
            return Match.Broken;
        Match rssi = Number(unit, ref at, ends: (byte)',', -1000, 100, out int dbm);
        if (rssi != Match.Whole)
            return rssi;
        Match snr = Number(unit, ref at, ends: (byte)'\r', -200, 200, out int db);
        if (snr != Match.Whole)
            return snr;
        if (unit.Length == at)
            return Match.NeedMore;
        if (unit[at] != '\n')
            return Match.Broken;
        packet = new ReyaxPacket(data, dbm, db);
        return Match.Whole;
    }

    private static Match Number(ReadOnlySpan<byte> unit, ref int at, byte ends, int least, int most, out int value)
    {
        value = 0;
        int end = unit[at..].IndexOf(ends);
        if (end < 0)
            return unit.Length - at > 6 ? Match.Broken : Match.NeedMore;
        ReadOnlySpan<byte> digits = unit.Slice(at, end);
        at += end + 1;
        return Utf8Parser.TryParse(digits, out value, out int used) && used == digits.Length
            && value >= least && value <= most
            ? Match.Whole
            : Match.Broken;
    }
}
