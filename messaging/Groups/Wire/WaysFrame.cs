using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  22 | group 16 | count 2 | { address 16 | 1: on the same server as you, 0: by the mesh or elsewhere }
//
/// <summary>
/// Which members of a group its sender carries envelopes to; sealed to one member. Those on the same server as that one
/// it reaches itself. No server is named: whoever does not know it need not.
/// </summary>
/// <param name="Group">The group.</param>
/// <param name="Members">Members, and whether they are on the receiver's server.</param>
internal sealed record WaysFrame(MeshGroupId Group, IReadOnlyList<(NodeAddress Member, bool IsOnYours)> Members)
{
    internal const byte Mark = 22;

    private const int EntrySize = NodeAddress.Size + 1;

    internal byte[] Write()
    {
        var writer = new FrameWriter();
        writer.Byte(Mark);
        Group.Write(writer.Take(MeshGroupId.Size));
        writer.UInt16((ushort)Members.Count);
        foreach ((NodeAddress member, bool isOnYours) in Members)
        {
            member.Write(writer.Take(NodeAddress.Size));
            writer.Byte(isOnYours ? (byte)1 : (byte)0);
        }

        return writer.ToArray();
    }

    /// <summary>Reads one; null if it is none.</summary>
    internal static WaysFrame? Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new FrameReader(bytes);
        if (!reader.TryByte(out byte mark) || mark != Mark
            || !reader.TryTake(MeshGroupId.Size, out ReadOnlySpan<byte> group) || !reader.TryUInt16(out ushort count)
            || reader.Left != count * EntrySize)
            return null;
        var members = new (NodeAddress, bool)[count];
        for (int i = 0; i < count; i++)
        {
            _ = reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> member);
            _ = reader.TryByte(out byte onYours);
            if (onYours > 1)
                return null;
            members[i] = (NodeAddress.Read(member), onYours == 1);
        }

        return new WaysFrame(MeshGroupId.Read(group), members);
    }
}
