using QuicProChat.Mesh.Messaging.Groups.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Policy;

/// <summary>
/// Which of two commits on one state the group follows: the lesser. Nothing in it can be chosen by a committer, and no
/// two members have the same on one state.
/// </summary>
/// <param name="Class">0: it carries a removal by proof or by an admin, or takes an admin its rights; 1: any
/// other.</param>
/// <param name="Seniority">In class 0 of whoever ordered it: 0 a proof, 1 the senior admin and so on; else 0.</param>
/// <param name="Turn">(leaf - epoch of the parent) mod leaves of the parent.</param>
public readonly record struct CommitRank(byte Class, byte Seniority, ushort Turn) : IComparable<CommitRank>
{
    /// <summary>Size of a rank in bytes: class 1, seniority 1, turn 2.</summary>
    internal const int Size = 4;

    /// <summary>The rank of a commit.</summary>
    /// <param name="orders">What it carries.</param>
    /// <param name="parent">The order table of the state that it was made on.</param>
    /// <param name="turn">See <see cref="TurnOf"/>.</param>
    public static CommitRank Of(IReadOnlyList<Order> orders, OrderTable parent, ushort turn)
    {
        int? senior = null;
        foreach (Order order in orders)
        {
            if (parent.SeniorityOf(order) is { } seniority && (senior is null || seniority < senior))
                senior = seniority;
        }

        return senior is null ? new CommitRank(1, 0, turn) : new CommitRank(0, (byte)senior, turn);
    }

    /// <summary>
    /// How many turns before a leaf's own: 0 is next. It moves on with each epoch, so that all get their turn.
    /// </summary>
    public static ushort TurnOf(uint leaf, ulong epoch, uint leaves)
    {
        uint at = (uint)(epoch % leaves);
        return (ushort)((leaf + leaves - at) % leaves);
    }

    /// <inheritdoc/>
    public int CompareTo(CommitRank other) =>
        Class != other.Class ? Class.CompareTo(other.Class)
        : Seniority != other.Seniority ? Seniority.CompareTo(other.Seniority)
        : Turn.CompareTo(other.Turn);

    internal void Write(FrameWriter writer)
    {
        writer.Byte(Class);
        writer.Byte(Seniority);
        writer.UInt16(Turn);
    }

    internal static bool TryRead(ref FrameReader reader, out CommitRank rank)
    {
        rank = default;
        if (!reader.TryByte(out byte kind) || kind > 1 || !reader.TryByte(out byte seniority)
            || !reader.TryUInt16(out ushort turn))
            return false;
        rank = new CommitRank(kind, seniority, turn);
        return true;
    }
}
