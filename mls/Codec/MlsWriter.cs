using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Codec;

/// <summary>
/// Writes the presentation language of RFC 9420, section 2.1, into one pooled buffer that grows. Vectors whose
/// length is not known beforehand are opened and closed; the header is widened in place when they turn out long.
/// Disposing zeroes what was written, because much of what passes through is secret.
/// </summary>
internal sealed class MlsWriter : IDisposable
{
    /// <summary>The longest vector that a length header can announce (section 2.1.2).</summary>
    internal const int MaxVectorLength = (1 << 30) - 1;

    private byte[] _buffer;
    private int _length;

    internal MlsWriter(int capacity = 512) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    internal int Length => _length;

    internal ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    internal byte[] ToArray() => Written.ToArray();

    internal void Clear()
    {
        CryptographicOperations.ZeroMemory(_buffer.AsSpan(0, _length));
        _length = 0;
    }

    public void Dispose()
    {
        Clear();
        byte[] buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    internal void Byte(byte value) => Take(1)[0] = value;

    internal void UInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);

    internal void UInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);

    internal void UInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);

    internal void Presence(bool present) => Byte(present ? (byte)1 : (byte)0);

    internal void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    internal void Raw(ReadOnlyMemory<byte> bytes) => Raw(bytes.Span);

    internal void Raw(byte[] bytes) => Raw(bytes.AsSpan());

    internal void Vector(ReadOnlySpan<byte> bytes)
    {
        VectorHeader(bytes.Length);
        Raw(bytes);
    }

    internal void Vector(ReadOnlyMemory<byte> bytes) => Vector(bytes.Span);

    internal void Vector(byte[] bytes) => Vector(bytes.AsSpan());

    internal void VectorHeader(int length)
    {
        Span<byte> header = stackalloc byte[4];
        Raw(header[..WriteHeader(header, length)]);
    }

    /// <summary>
    /// Appends <paramref name="count"/> bytes to be filled by the caller; valid until the next write.
    /// </summary>
    internal Span<byte> Take(int count)
    {
        if (_buffer.Length - _length < count)
            Grow(count);
        Span<byte> span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }

    /// <summary>Opens a vector; pass the mark to <see cref="End"/>.</summary>
    internal int Begin()
    {
        Take(1);
        return _length;
    }

    /// <summary>Closes a vector and writes its header.</summary>
    internal void End(int mark)
    {
        int length = _length - mark;
        Span<byte> header = stackalloc byte[4];
        int size = WriteHeader(header, length);
        if (size > 1)
        {
            Take(size - 1);
            _buffer.AsSpan(mark, length).CopyTo(_buffer.AsSpan(mark + size - 1));
        }
        header[..size].CopyTo(_buffer.AsSpan(mark - 1));
    }

    /// <summary>The size of a vector's header, in bytes.</summary>
    internal static int HeaderSize(int length) => length < 64 ? 1 : length < 16384 ? 2 : 4;

    private static int WriteHeader(Span<byte> header, int length)
    {
        if (length > MaxVectorLength)
            throw new ArgumentException("A vector may hold 2^30 - 1 bytes (RFC 9420, section 2.1.2).", nameof(length));
        switch (HeaderSize(length))
        {
            case 1:
                header[0] = (byte)length;
                return 1;
            case 2:
                BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)(0x4000 | length));
                return 2;
            default:
                BinaryPrimitives.WriteUInt32BigEndian(header, 0x80000000u | (uint)length);
                return 4;
        }
    }

    private void Grow(int count)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_length + count), _buffer.Length * 2));
        Written.CopyTo(larger);
        CryptographicOperations.ZeroMemory(_buffer.AsSpan(0, _length));
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
