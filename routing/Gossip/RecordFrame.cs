using System.Buffers;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>Puts a record into a frame.</summary>
internal static class RecordFrame
{
    /// <summary>Sends a record; false if it is too large for the link, or the link has no room now.</summary>
    public static bool TrySend(IGossipActions actions, GossipLink link, ReadOnlySpan<byte> record)
    {
        int size = 1 + record.Length;
        if (size > link.Mtu)
            return false;
        byte[] frame = ArrayPool<byte>.Shared.Rent(size);
        frame[0] = (byte)FrameKind.GossipRecord;
        record.CopyTo(frame.AsSpan(1));
        bool sent = actions.Send(link.Id, GossipCore.Class, frame.AsSpan(0, size));
        ArrayPool<byte>.Shared.Return(frame);
        return sent;
    }
}
