using System.Buffers.Binary;

namespace QuicProChat.Mesh.Mls.Codec;

/// <summary>
/// Reads the presentation language of RFC 9420, section 2.1, from a buffer. Every method returns false rather than
/// throw; after a false the position is undefined and the input is to be dropped. Opaque values are slices of
/// the buffer, so reading allocates nothing that the input has not paid for.
/// </summary>
internal ref struct MlsReader
{
    private readonly ReadOnlyMemory<byte> _source;
    private readonly ReadOnlySpan<byte> _span;
    private int _position;

    internal MlsReader(ReadOnlyMemory<byte> source)
    {
        _source = source;
        _span = source.Span;
    }

    internal readonly int Position => _position;

    internal readonly int Remaining => _span.Length - _position;

    internal readonly bool AtEnd => _position == _span.Length;

    /// <summary>The bytes from <paramref name="start"/> up to the position.</summary>
    internal readonly ReadOnlyMemory<byte> Since(int start) => _source[start.._position];

    internal bool TryReadByte(out byte value)
    {
        if (_position >= _span.Length)
        {
            value = 0;
            return false;
        }
        value = _span[_position++];
        return true;
    }

    internal bool TryReadUInt16(out ushort value)
    {
        bool ok = BinaryPrimitives.TryReadUInt16BigEndian(_span[_position..], out value);
        _position += ok ? 2 : 0;
        return ok;
    }

    internal bool TryReadUInt32(out uint value)
    {
        bool ok = BinaryPrimitives.TryReadUInt32BigEndian(_span[_position..], out value);
        _position += ok ? 4 : 0;
        return ok;
    }

    internal bool TryReadUInt64(out ulong value)
    {
        bool ok = BinaryPrimitives.TryReadUInt64BigEndian(_span[_position..], out value);
        _position += ok ? 8 : 0;
        return ok;
    }

    /// <summary>Reads the presence byte of an <c>optional</c> (section 2.1.1): 0 or 1, nothing else.</summary>
    internal bool TryReadPresence(out bool present)
    {
        bool ok = TryReadByte(out byte value) && value <= 1;
        present = ok && value == 1;
        return ok;
    }

    /// <summary>Reads a vector's length header (section 2.1.2), which must use the fewest bytes.</summary>
    internal bool TryReadLength(out int length)
    {
        length = 0;
        if (!TryReadByte(out byte first))
            return false;
        int prefix = first >> 6;
        int value = first & 0x3f;
        switch (prefix)
        {
            case 0:
                break;
            case 1:
                if (!TryReadByte(out byte second))
                    return false;
                value = (value << 8) | second;
                if (value < 64)
                    return false;
                break;
            case 2:
                if (!TryReadByte(out byte b1) || !TryReadUInt16(out ushort low))
                    return false;
                value = (value << 24) | (b1 << 16) | low;
                if (value < 16384)
                    return false;
                break;
            default:
                return false;
        }
        length = value;
        return true;
    }

    /// <summary>Reads a vector of bytes as a slice of the input.</summary>
    internal bool TryReadVector(out ReadOnlyMemory<byte> value)
    {
        if (!TryReadLength(out int length) || length > Remaining)
        {
            value = default;
            return false;
        }
        value = _source.Slice(_position, length);
        _position += length;
        return true;
    }

    /// <summary>Reads a vector into a reader of its own.</summary>
    internal bool TryReadNested(out MlsReader nested)
    {
        bool ok = TryReadVector(out ReadOnlyMemory<byte> value);
        nested = ok ? new MlsReader(value) : default;
        return ok;
    }

    internal bool TryReadBytes(int count, out ReadOnlySpan<byte> value)
    {
        if (count > Remaining)
        {
            value = default;
            return false;
        }
        value = _span.Slice(_position, count);
        _position += count;
        return true;
    }

    internal bool TrySkip(int count) => TryReadBytes(count, out _);

    /// <summary>Reads a vector of 16-bit values as a slice; its length must be even.</summary>
    internal bool TryReadUInt16Vector(out ReadOnlyMemory<byte> value) =>
        TryReadVector(out value) && value.Length % 2 == 0;
}
