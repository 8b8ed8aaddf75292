using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

internal enum SenderType : byte
{
    Member = 1,
    External = 2,
    NewMemberProposal = 3,
    NewMemberCommit = 4,
}

// struct {
//     SenderType sender_type;                         uint8
//     select (Sender.sender_type) {
//         case member:   uint32 leaf_index;
//         case external: uint32 sender_index;
//         case new_member_commit:
//         case new_member_proposal: struct{};
//     };
// } Sender;                                           RFC 9420, section 6
internal readonly record struct Sender(SenderType Type, uint Index)
{
    internal bool HasIndex => Type is SenderType.Member or SenderType.External;

    /// <summary>Whether the group context is part of what the sender signs (section 6.1).</summary>
    internal bool SignsContext => Type is SenderType.Member or SenderType.NewMemberCommit;

    internal static bool TryRead(ref MlsReader reader, out Sender sender)
    {
        sender = default;
        if (!reader.TryReadByte(out byte type) || type is < 1 or > 4)
            return false;
        uint index = 0;
        if ((SenderType)type is SenderType.Member or SenderType.External && !reader.TryReadUInt32(out index))
            return false;
        sender = new Sender((SenderType)type, index);
        return true;
    }

    internal void Write(MlsWriter writer)
    {
        writer.Byte((byte)Type);
        if (HasIndex)
            writer.UInt32(Index);
    }
}
