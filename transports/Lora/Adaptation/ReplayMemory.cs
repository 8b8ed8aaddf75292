using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>Frames of discovery that were heard: who plays one again is not answered. The oldest gives way.</summary>
/// <param name="capacity">How many, 8 bytes each and what a set needs.</param>
internal sealed class ReplayMemory(int capacity)
{
    private readonly Queue<ulong> _order = new();
    private readonly HashSet<ulong> _heard = [];

    /// <summary>How many are remembered.</summary>
    internal int Count => _order.Count;

    /// <summary>Notes a frame; false if it was heard before.</summary>
    internal bool TryAdd(ReadOnlySpan<byte> frame)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(frame, hash);
        ulong name = BinaryPrimitives.ReadUInt64BigEndian(hash);
        if (!_heard.Add(name))
            return false;
        if (_order.Count == capacity)
            _heard.Remove(_order.Dequeue());
        _order.Enqueue(name);
        return true;
    }
}
