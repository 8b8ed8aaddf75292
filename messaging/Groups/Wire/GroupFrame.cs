namespace QuicProChat.Mesh.Messaging.Groups.Wire;

/// <summary>What members tell each other beside texts. The numbers are on the wire.</summary>
internal enum GroupFrameKind : byte
{
    /// <summary>Where the sender stands, and nothing else.</summary>
    Tip = 1,

    /// <summary>Commits: <see cref="CommitsBody"/>.</summary>
    Commits = 2,

    /// <summary>The way that the sender came: <see cref="LineBody"/>.</summary>
    Line = 3,

    /// <summary>Orders that nobody has fulfilled: <see cref="OrdersBody"/>.</summary>
    Orders = 4,

    /// <summary>An invitation: <see cref="WelcomeBody"/>.</summary>
    Welcome = 5,
}

//  kind 1 | group 16 | oldest epoch that takes commits 8 | signed tip 176 | body
//
/// <summary>
/// The head of a frame between two members. It is sealed to one node, so that its sender is proven, relays see nothing,
/// and members on different branches, who share no key, can speak to each other.
/// </summary>
/// <param name="Kind">What follows.</param>
/// <param name="Group">The group.</param>
/// <param name="Base">The oldest epoch in which the sender could still follow another commit.</param>
/// <param name="Tip">Where the sender stands.</param>
internal sealed record GroupFrame(GroupFrameKind Kind, MeshGroupId Group, ulong Base, SignedTip Tip)
{
    /// <summary>Largest frame in bytes: what fits into one sealed envelope.</summary>
    internal const int MaxSize = 62 << 10;

    internal const int HeadSize = 1 + MeshGroupId.Size + sizeof(ulong) + SignedTip.Size;

    internal void WriteHead(FrameWriter writer)
    {
        writer.Byte((byte)Kind);
        Group.Write(writer.Take(MeshGroupId.Size));
        writer.UInt64(Base);
        Tip.Write(writer);
    }

    internal static bool TryRead(ref FrameReader reader, out GroupFrame frame)
    {
        frame = null!;
        if (!reader.TryByte(out byte kind) || kind is < (byte)GroupFrameKind.Tip or > (byte)GroupFrameKind.Welcome
            || !reader.TryTake(MeshGroupId.Size, out ReadOnlySpan<byte> group) || !reader.TryUInt64(out ulong oldest)
            || !SignedTip.TryRead(ref reader, out SignedTip tip))
            return false;
        frame = new GroupFrame((GroupFrameKind)kind, MeshGroupId.Read(group), oldest, tip);
        return true;
    }
}
