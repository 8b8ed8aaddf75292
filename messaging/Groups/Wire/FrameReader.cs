using System.Buffers.Binary;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

/// <summary>Reads what members of a group send each other. Numbers are big-endian; nothing is allocated here.</summary>
internal ref struct FrameReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    internal readonly bool AtEnd => _left.IsEmpty;

    internal readonly int Left => _left.Length;

    internal bool TryTake(int count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (count < 0 || count > _left.Length)
            return false;
        taken = _left[..count];
        _left = _left[count..];
        return true;
    }

    internal bool TryByte(out byte value)
    {
        bool ok = TryTake(1, out ReadOnlySpan<byte> taken);
        value = ok ? taken[0] : (byte)0;
        return ok;
    }

    internal bool TryUInt16(out ushort value)
    {
        bool ok = TryTake(sizeof(ushort), out ReadOnlySpan<byte> taken);
        value = ok ? BinaryPrimitives.ReadUInt16BigEndian(taken) : (ushort)0;
        return ok;
    }

    internal bool TryUInt32(out uint value)
    {
        bool ok = TryTake(sizeof(uint), out ReadOnlySpan<byte> taken);
        value = ok ? BinaryPrimitives.ReadUInt32BigEndian(taken) : 0;
        return ok;
    }

    internal bool TryUInt64(out ulong value)
    {
        bool ok = TryTake(sizeof(ulong), out ReadOnlySpan<byte> taken);
        value = ok ? BinaryPrimitives.ReadUInt64BigEndian(taken) : 0;
        return ok;
    }

    /// <summary>A 32-bit length, and as many bytes, which may be no more than is said.</summary>
    internal bool TryBlock(int max, out ReadOnlySpan<byte> block)
    {
        block = default;
        return TryUInt32(out uint size) && size <= (uint)max && TryTake((int)size, out block);
    }
}
