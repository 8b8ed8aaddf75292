using System.Buffers;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>
/// Buffers of frames that a radio neighbour sent and the node has not handled: bounded in bytes. Safe for threads.
/// </summary>
/// <param name="maxBytes">Most bytes at a time.</param>
internal sealed class RadioReceiveMemory(int maxBytes) : IReceiveMemory
{
    private int _used;

    /// <summary>Bytes in use.</summary>
    internal int Used => Volatile.Read(ref _used);

    /// <summary>Takes a buffer of at least a size; null where that would be too much.</summary>
    internal byte[]? TryTake(int size)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(size);
        if (Interlocked.Add(ref _used, buffer.Length) <= maxBytes)
            return buffer;
        Return(buffer);
        return null;
    }

    /// <inheritdoc/>
    public void Return(byte[] buffer)
    {
        Interlocked.Add(ref _used, -buffer.Length);
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
