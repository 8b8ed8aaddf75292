using System.Numerics;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Buffers for frames that are kept, in powers of two from 64 bytes to 64 KiB. Returned ones are used again, up to a
/// bound; what is above it goes to the garbage collector, so that a burst does not stay in memory.
/// </summary>
internal sealed class FrameBuffers(long retained)
{
    private const int SmallestBits = 6;
    private const int Classes = 11;

    private readonly byte[]?[][] _free = new byte[]?[Classes][];
    private readonly int[] _counts = new int[Classes];
    private long _freeBytes;

    /// <summary>A buffer of at least the size, contents arbitrary.</summary>
    public byte[] Rent(int size)
    {
        int index = ClassOf(size);
        if (_counts[index] > 0)
        {
            byte[] buffer = _free[index][--_counts[index]]!;
            _free[index][_counts[index]] = null;
            _freeBytes -= buffer.Length;
            return buffer;
        }

        return GC.AllocateUninitializedArray<byte>(1 << (index + SmallestBits));
    }

    /// <summary>Takes a buffer back.</summary>
    public void Return(byte[] buffer)
    {
        if (_freeBytes + buffer.Length > retained)
            return;
        int index = ClassOf(buffer.Length);
        _free[index] ??= new byte[16][];
        if (_counts[index] == _free[index].Length)
            Array.Resize(ref _free[index], _counts[index] * 2);
        _free[index][_counts[index]++] = buffer;
        _freeBytes += buffer.Length;
    }

    private static int ClassOf(int size) =>
        Math.Max(0, 32 - BitOperations.LeadingZeroCount((uint)(size - 1)) - SmallestBits);
}
