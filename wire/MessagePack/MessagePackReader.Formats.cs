using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

/// <summary>What a MessagePack value is.</summary>
public enum MessagePackType : byte
{
    /// <summary>Nothing: the end of the bytes, or a byte that no value starts with.</summary>
    None,

    /// <summary>nil.</summary>
    Nil,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>Any integer.</summary>
    Integer,

    /// <summary>A float of 32 or 64 bits.</summary>
    Float,

    /// <summary>A string.</summary>
    String,

    /// <summary>A byte string.</summary>
    Binary,

    /// <summary>An array.</summary>
    Array,

    /// <summary>A map.</summary>
    Map,

    /// <summary>An extension: a number for its type, and bytes.</summary>
    Extension,
}

// The formats of the specification's table, and how their heads are taken apart.
public ref partial struct MessagePackReader
{
    /// <summary>First bytes as the specification's table of formats names them.</summary>
    internal static class Code
    {
        internal const byte FixMap = 0x80, FixArray = 0x90, FixString = 0xA0;
        internal const byte Nil = 0xC0, Unused = 0xC1, False = 0xC2, True = 0xC3;
        internal const byte Binary8 = 0xC4, Binary16 = 0xC5, Binary32 = 0xC6;
        internal const byte Extension8 = 0xC7, Extension16 = 0xC8, Extension32 = 0xC9;
        internal const byte Float32 = 0xCA, Float64 = 0xCB;
        internal const byte UInt8 = 0xCC, UInt16 = 0xCD, UInt32 = 0xCE, UInt64 = 0xCF;
        internal const byte Int8 = 0xD0, Int16 = 0xD1, Int32 = 0xD2, Int64 = 0xD3;
        internal const byte FixExtension1 = 0xD4, FixExtension16 = 0xD8;
        internal const byte String8 = 0xD9, String16 = 0xDA, String32 = 0xDB;
        internal const byte Array16 = 0xDC, Array32 = 0xDD, Map16 = 0xDE, Map32 = 0xDF;
        internal const byte NegativeFixInt = 0xE0;
    }

    private static MessagePackType TypeOf(byte code) => code switch
    {
        < Code.FixMap or >= Code.NegativeFixInt => MessagePackType.Integer,
        < Code.FixArray or Code.Map16 or Code.Map32 => MessagePackType.Map,
        < Code.FixString or Code.Array16 or Code.Array32 => MessagePackType.Array,
        < Code.Nil or Code.String8 or Code.String16 or Code.String32 => MessagePackType.String,
        Code.Nil => MessagePackType.Nil,
        Code.Unused => MessagePackType.None,
        Code.False or Code.True => MessagePackType.Boolean,
        <= Code.Binary32 => MessagePackType.Binary,
        <= Code.Extension32 => MessagePackType.Extension,
        Code.Float32 or Code.Float64 => MessagePackType.Float,
        <= Code.Int64 => MessagePackType.Integer,
        _ => MessagePackType.Extension,
    };

    /// <summary>The integer ahead as 64 bits in two's complement, and how many bytes it takes.</summary>
    private readonly bool TryPeekInteger(out ulong bits, out bool negative, out int size)
    {
        bits = 0;
        negative = false;
        size = 0;
        if (NextType != MessagePackType.Integer)
            return false;
        byte code = _rest[0];
        if (code is < Code.FixMap or >= Code.NegativeFixInt)
        {
            size = 1;
            bits = (ulong)(long)(sbyte)code;
            negative = code >= Code.NegativeFixInt;
            return true;
        }

        bool signed = code >= Code.Int8;
        int width = 1 << (code - (signed ? Code.Int8 : Code.UInt8));
        if (_rest.Length < 1 + width)
            return false;
        bits = ReadBigEndian(_rest.Slice(1, width));
        if (signed)
        {
            int unused = 64 - 8 * width;
            bits = (ulong)((long)(bits << unused) >> unused);
            negative = (long)bits < 0;
        }

        size = 1 + width;
        return true;
    }

    private bool TryReadContainer(MessagePackType type, out int count)
    {
        count = 0;
        if (NextType != type)
            return false;
        byte code = _rest[0];
        int width = code switch
        {
            Code.Array16 or Code.Map16 => 2,
            Code.Array32 or Code.Map32 => 4,
            _ => 0,
        };
        if (_rest.Length < 1 + width)
            return false;
        ulong elements = width == 0 ? (ulong)(code & 0x0F) : ReadBigEndian(_rest.Slice(1, width));
        int smallest = type == MessagePackType.Map ? 2 : 1;
        if (elements * (ulong)smallest > (ulong)(_rest.Length - 1 - width))
            return false;
        count = (int)elements;
        return Advance(1 + width);
    }

    private bool TryReadBlock(MessagePackType type, out ReadOnlySpan<byte> value, out sbyte extension)
    {
        value = default;
        extension = 0;
        if (NextType != type)
            return false;
        byte code = _rest[0];
        int width = code switch
        {
            Code.Binary8 or Code.String8 or Code.Extension8 => 1,
            Code.Binary16 or Code.String16 or Code.Extension16 => 2,
            Code.Binary32 or Code.String32 or Code.Extension32 => 4,
            _ => 0,
        };
        int head = 1 + width + (type == MessagePackType.Extension ? 1 : 0);
        if (_rest.Length < head)
            return false;
        ulong length = code switch
        {
            < Code.Nil => (ulong)(code & 0x1F),
            >= Code.FixExtension1 and <= Code.FixExtension16 => 1ul << (code - Code.FixExtension1),
            _ => ReadBigEndian(_rest.Slice(1, width)),
        };
        if (length > (ulong)(_rest.Length - head))
            return false;
        if (type == MessagePackType.Extension)
            extension = (sbyte)_rest[head - 1];
        value = _rest.Slice(head, (int)length);
        return Advance(head + (int)length);
    }

    private static ulong ReadBigEndian(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0],
        2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        4 => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        _ => BinaryPrimitives.ReadUInt64BigEndian(bytes),
    };
}
