using QuicProChat.Mesh.Messaging.Groups.Policy;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  epoch 8 | state 8 | author's leaf 2 | rank 4
//
/// <summary>One epoch of a member's line: which of the group's states it followed there, and why.</summary>
/// <param name="Epoch">The epoch's number.</param>
/// <param name="State">The first 8 bytes of the state's id: enough to find it, and no proof.</param>
/// <param name="Author">The leaf that made it.</param>
/// <param name="Rank">The rank of its commit.</param>
public readonly record struct LineEntry(ulong Epoch, ulong State, ushort Author, CommitRank Rank)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = (2 * sizeof(ulong)) + sizeof(ushort) + CommitRank.Size;

    internal void Write(FrameWriter writer)
    {
        writer.UInt64(Epoch);
        writer.UInt64(State);
        writer.UInt16(Author);
        Rank.Write(writer);
    }

    internal static bool TryRead(ref FrameReader reader, out LineEntry entry)
    {
        entry = default;
        if (!reader.TryUInt64(out ulong epoch) || !reader.TryUInt64(out ulong state)
            || !reader.TryUInt16(out ushort author) || !CommitRank.TryRead(ref reader, out CommitRank rank))
            return false;
        entry = new LineEntry(epoch, state, author, rank);
        return true;
    }
}
