using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// Reads MessagePack (github.com/msgpack/msgpack, spec.md) from hostile bytes: nothing throws, nothing is allocated,
/// and no count is believed that the bytes left could not hold. A method that returns false leaves the position where
/// it was.
/// </summary>
/// <param name="bytes">The encoded values.</param>
public ref partial struct MessagePackReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _rest.Length;

    /// <summary>True at the end of the bytes.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>
    /// What the next value is; <see cref="MessagePackType.None"/> at the end and for the unused byte C1.
    /// </summary>
    public readonly MessagePackType NextType => _rest.IsEmpty ? MessagePackType.None : TypeOf(_rest[0]);

    /// <summary>Reads nil.</summary>
    public bool TryReadNil() => NextType == MessagePackType.Nil && Advance(1);

    /// <summary>Reads a boolean.</summary>
    public bool TryReadBoolean(out bool value)
    {
        value = !_rest.IsEmpty && _rest[0] == Code.True;
        return NextType == MessagePackType.Boolean && Advance(1);
    }

    /// <summary>Reads an integer in any of its encodings; false if it is negative or not an integer.</summary>
    public bool TryReadUInt64(out ulong value)
    {
        value = 0;
        if (!TryPeekInteger(out ulong bits, out bool negative, out int size) || negative)
            return false;
        value = bits;
        return Advance(size);
    }

    /// <summary>As <see cref="TryReadUInt64"/>, up to a largest value.</summary>
    public bool TryReadUInt32(uint max, out uint value)
    {
        value = 0;
        if (!TryPeekInteger(out ulong bits, out bool negative, out int size) || negative || bits > max)
            return false;
        value = (uint)bits;
        return Advance(size);
    }

    /// <summary>Reads an integer in any of its encodings; false if it does not fit or is not an integer.</summary>
    public bool TryReadInt64(out long value)
    {
        value = 0;
        if (!TryPeekInteger(out ulong bits, out bool negative, out int size) || (!negative && bits > long.MaxValue))
            return false;
        value = (long)bits;
        return Advance(size);
    }

    /// <summary>Reads a float of 32 or 64 bits.</summary>
    public bool TryReadDouble(out double value)
    {
        value = 0;
        if (_rest.Length >= 5 && _rest[0] == Code.Float32)
        {
            value = BinaryPrimitives.ReadSingleBigEndian(_rest[1..]);
            return Advance(5);
        }

        if (_rest.Length < 9 || _rest[0] != Code.Float64)
            return false;
        value = BinaryPrimitives.ReadDoubleBigEndian(_rest[1..]);
        return Advance(9);
    }

    /// <summary>Reads a string's bytes; whether they are valid UTF-8 is the caller's question.</summary>
    public bool TryReadString(out ReadOnlySpan<byte> utf8) => TryReadBlock(MessagePackType.String, out utf8, out _);

    /// <summary>Reads a byte string.</summary>
    public bool TryReadBinary(out ReadOnlySpan<byte> value) => TryReadBlock(MessagePackType.Binary, out value, out _);

    /// <summary>Reads an extension: its type and its bytes.</summary>
    public bool TryReadExtension(out sbyte type, out ReadOnlySpan<byte> value) =>
        TryReadBlock(MessagePackType.Extension, out value, out type);

    /// <summary>Reads an array's header; false if the bytes left cannot hold that many elements.</summary>
    public bool TryReadArrayHeader(out int count) => TryReadContainer(MessagePackType.Array, out count);

    /// <summary>Reads a map's header: the number of pairs; false if the bytes left cannot hold that many.</summary>
    public bool TryReadMapHeader(out int count) => TryReadContainer(MessagePackType.Map, out count);

    /// <summary>
    /// Skips one value with everything in it; false if it is cut, malformed or nested deeper than
    /// <see cref="Limits.Arbitrary.MaxMessagePackDepth"/>.
    /// </summary>
    public bool TrySkip()
    {
        ReadOnlySpan<byte> start = _rest;
        Span<int> left = stackalloc int[Limits.Arbitrary.MaxMessagePackDepth + 1];
        int depth = 0;
        left[0] = 1;
        while (depth >= 0)
        {
            if (left[depth] == 0)
            {
                depth--;
                continue;
            }

            left[depth]--;
            if (!TrySkipOne(out int children) || (children > 0 && depth == Limits.Arbitrary.MaxMessagePackDepth))
            {
                _rest = start;
                return false;
            }

            if (children > 0)
                left[++depth] = children;
        }

        return true;
    }

    private bool TrySkipOne(out int children)
    {
        children = 0;
        switch (NextType)
        {
            case MessagePackType.Nil or MessagePackType.Boolean:
                return Advance(1);
            case MessagePackType.Integer:
                return TryPeekInteger(out _, out _, out int size) && Advance(size);
            case MessagePackType.Float:
                return TryReadDouble(out _);
            case MessagePackType.Array:
                return TryReadArrayHeader(out children);
            case MessagePackType.Map:
                // A pair takes two bytes at least, so twice the count cannot overflow.
                bool whole = TryReadMapHeader(out int pairs);
                children = pairs * 2;
                return whole;
            case MessagePackType.String or MessagePackType.Binary or MessagePackType.Extension:
                return TryReadBlock(NextType, out _, out _);
            default:
                return false;
        }
    }

    private bool Advance(int count)
    {
        _rest = _rest[count..];
        return true;
    }
}
