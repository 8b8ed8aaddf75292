using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Code = QuicProChat.Mesh.Wire.MessagePackReader.Code;

namespace QuicProChat.Mesh.Wire;

/// <summary>Writes MessagePack (github.com/msgpack/msgpack, spec.md), every value in its shortest encoding.</summary>
/// <param name="output">Where the bytes go.</param>
public readonly ref struct MessagePackWriter(IBufferWriter<byte> output)
{
    private const int MaxFixContainer = 15;
    private const int MaxFixString = 31;
    private const int MinNegativeFixInt = -32;

    /// <summary>Writes nil.</summary>
    public void WriteNil() => WriteByte(Code.Nil);

    /// <summary>Writes a boolean.</summary>
    public void Write(bool value) => WriteByte(value ? Code.True : Code.False);

    /// <summary>Writes an integer.</summary>
    public void Write(ulong value)
    {
        if (value < Code.FixMap)
            WriteByte((byte)value);
        else
            WriteSized(Code.UInt8, value <= byte.MaxValue ? 1 : value <= ushort.MaxValue ? 2 : value <= uint.MaxValue
                ? 4 : 8, value);
    }

    /// <summary>Writes an integer.</summary>
    public void Write(long value)
    {
        if (value >= 0)
            Write((ulong)value);
        else if (value >= MinNegativeFixInt)
            WriteByte((byte)value);
        else
            WriteSized(Code.Int8, value >= sbyte.MinValue ? 1 : value >= short.MinValue ? 2 : value >= int.MinValue ? 4
                : 8, (ulong)value);
    }

    /// <summary>Writes an integer.</summary>
    public void Write(int value) => Write((long)value);

    /// <summary>Writes a float of 64 bits.</summary>
    public void Write(double value) =>
        WriteSized(Code.Float64, width: 8, BitConverter.DoubleToUInt64Bits(value), first: 8);

    /// <summary>Writes a string that is UTF-8 already.</summary>
    public void WriteString(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= MaxFixString)
            WriteByte((byte)(Code.FixString | utf8.Length));
        else
            WriteLength(Code.String8, utf8.Length);
        output.Write(utf8);
    }

    /// <summary>Writes a string.</summary>
    public void Write(string value) => WriteString(Encoding.UTF8.GetBytes(value));

    /// <summary>Writes a byte string.</summary>
    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        WriteLength(Code.Binary8, value.Length);
        output.Write(value);
    }

    /// <summary>Writes an extension.</summary>
    public void WriteExtension(sbyte type, ReadOnlySpan<byte> value)
    {
        if (value.Length is 1 or 2 or 4 or 8 or 16)
            WriteByte((byte)(Code.FixExtension1 + int.Log2(value.Length)));
        else
            WriteLength(Code.Extension8, value.Length);
        WriteByte((byte)type);
        output.Write(value);
    }

    /// <summary>Writes an array's header; the elements follow.</summary>
    public void WriteArrayHeader(int count) => WriteContainer(Code.FixArray, Code.Array16, count);

    /// <summary>Writes a map's header; as many pairs of key and value follow.</summary>
    public void WriteMapHeader(int count) => WriteContainer(Code.FixMap, Code.Map16, count);

    private void WriteContainer(byte fix, byte code16, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count <= MaxFixContainer)
            WriteByte((byte)(fix | count));
        else
            WriteSized(code16, count <= ushort.MaxValue ? 2 : 4, (ulong)count, first: 2);
    }

    private void WriteLength(byte code8, int length) =>
        WriteSized(code8, length <= byte.MaxValue ? 1 : length <= ushort.MaxValue ? 2 : 4, (ulong)length);

    /// <summary>
    /// Writes a code and a number behind it. Codes of one family follow each other as the width doubles.
    /// </summary>
    private void WriteSized(byte code, int width, ulong value, int first = 1)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(number, value);
        WriteByte((byte)(code + int.Log2(width / first)));
        output.Write(number[^width..]);
    }

    private void WriteByte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
