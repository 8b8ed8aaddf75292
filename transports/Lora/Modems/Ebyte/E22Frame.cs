using System.Buffers.Binary;

namespace QuicProChat.Mesh.Transports.Lora.Modems.Ebyte;

// A transparent modem passes bytes, not frames. Ours, in one sub-packet of at most 240 bytes:
//   magic    1   A7
//   length   1   n, 1 to 236
//   data     n
//   crc      2   CRC-16/CCITT-FALSE over length and data, big-endian
// The receiving module adds one byte of signal strength after each sub-packet: dBm = value - 256.
internal static class E22Frame
{
    internal const byte Magic = 0xA7;
    internal const int Overhead = 4;
    internal const int MaxData = 240 - Overhead;

    internal static byte[] Write(ReadOnlySpan<byte> data)
    {
        byte[] frame = new byte[data.Length + Overhead];
        frame[0] = Magic;
        frame[1] = (byte)data.Length;
        data.CopyTo(frame.AsSpan(2));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(^2), Crc16.Of(frame.AsSpan(1, data.Length + 1)));
        return frame;
    }

    /// <summary>Whether a whole frame that checks stands at the beginning.</summary>
    internal static bool IsWhole(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= Overhead || bytes[0] != Magic || bytes.Length < bytes[1] + Overhead)
            return false;
        int crcAt = bytes[1] + 2;
        return BinaryPrimitives.ReadUInt16BigEndian(bytes[crcAt..]) == Crc16.Of(bytes[1..crcAt]);
    }
}

/// <summary>Finds frames in a transparent modem's stream; whatever does not check is skipped byte by byte.</summary>
internal sealed class E22Reader
{
    /// <summary>Arbitrary: two sub-packets with their signal strength.</summary>
    private const int BufferSize = 512;

    /// <summary>Arbitrary: at 1200 bits a second a byte takes 8 ms.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(150);

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _length;
    private TimeSpan _last;

    internal long Garbage { get; private set; }

    /// <summary>When bytes that wait for more are given up; MaxValue: none wait.</summary>
    internal TimeSpan Deadline => _length == 0 ? TimeSpan.MaxValue : _last + Silence;

    internal void Reset()
    {
        Garbage += _length;
        _length = 0;
    }

    /// <summary>Adds bytes, as many as fit; the caller takes frames out and comes again with the rest.</summary>
    internal int Add(ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        if (_length > 0 && now - _last > Silence)
            Reset();
        _last = now;
        int count = Math.Min(bytes.Length, _buffer.Length - _length);
        bytes[..count].CopyTo(_buffer.AsSpan(_length));
        _length += count;
        return count;
    }

    /// <summary>Takes the next frame.</summary>
    /// <param name="withRssi">Whether the module adds signal strength. A frame without it is taken when time is
    /// up.</param>
    /// <param name="now">The time.</param>
    /// <param name="data">The frame's content.</param>
    /// <param name="rssi">Signal strength in dBm.</param>
    internal bool TryTake(bool withRssi, TimeSpan now, out byte[] data, out int? rssi)
    {
        rssi = null;
        data = [];
        while (_length > 0)
        {
            int start = _buffer.AsSpan(0, _length).IndexOf(E22Frame.Magic);
            Drop(start < 0 ? _length : start, garbage: true);
            if (_length < 2)
            {
                if (_length == 1 && now >= Deadline)
                    Drop(1, garbage: true);
                return false;
            }
            int count = _buffer[1];
            int whole = count + E22Frame.Overhead;
            if (count is 0 or > E22Frame.MaxData)
            {
                Drop(1, garbage: true);
                continue;
            }
            if (_length < whole)
            {
                if (now < Deadline)
                    return false;
                // Broken off: a frame may still stand behind its first byte.
                Drop(1, garbage: true);
                continue;
            }
            if (!E22Frame.IsWhole(_buffer.AsSpan(0, _length)))
            {
                Drop(1, garbage: true);
                continue;
            }
            if (withRssi && _length == whole && now < Deadline)
                return false;
            data = _buffer.AsSpan(2, count).ToArray();
            // Two frames that the sender's module put into one sub-packet stand side by side; A7 is also -89 dBm.
            bool hasRssi = withRssi && _length > whole && !E22Frame.IsWhole(_buffer.AsSpan(whole, _length - whole));
            rssi = hasRssi ? _buffer[whole] - 256 : null;
            Drop(whole + (hasRssi ? 1 : 0), garbage: false);
            return true;
        }
        return false;
    }

    private void Drop(int count, bool garbage)
    {
        _buffer.AsSpan(count, _length - count).CopyTo(_buffer);
        _length -= count;
        if (garbage)
            Garbage += count;
    }
}
