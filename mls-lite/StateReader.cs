using System.Buffers.Binary;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>Reads fields until the bytes end; after that everything is zero and <see cref="Failed"/> is set.</summary>
internal ref struct StateReader(ReadOnlySpan<byte> state)
{
    private static readonly byte[] Zeros = new byte[byte.MaxValue];
    private ReadOnlySpan<byte> _rest = state;

    internal bool Failed { get; private set; }

    internal readonly bool AtEnd => _rest.IsEmpty;

    internal ReadOnlySpan<byte> Bytes(int count)
    {
        if (_rest.Length < count)
        {
            Failed = true;
            _rest = default;
            return Zeros.AsSpan(0, count);
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    internal byte Byte() => Bytes(1)[0];

    internal ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Bytes(sizeof(ushort)));

    internal uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(sizeof(uint)));

    internal ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Bytes(sizeof(ulong)));
}
