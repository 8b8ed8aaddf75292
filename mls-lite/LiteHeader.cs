using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>
/// All that a message says beside its content, whether it stands in it or is known: what keys and proofs cover.
/// </summary>
/// <param name="Type">What the content is.</param>
/// <param name="Sender">The sender's index.</param>
/// <param name="Address">The sender's address; zeros in a hello, where nobody knows it yet.</param>
/// <param name="Stream">The stream that it belongs to.</param>
/// <param name="Counter">Its counter there, among those with or those without a signature.</param>
internal readonly record struct LiteHeader(
    LiteMessageType Type, int Sender, NodeAddress Address, LiteStream Stream, int Counter)
{
    // groupId(8) type(1) sender(1) counter(4) address(16)
    internal const int AssociatedSize = LiteConstants.GroupIdSize + 2 + sizeof(int) + NodeAddress.Size;

    private static ReadOnlySpan<byte> SignatureLabel => "qpc-mesh/1 mls-lite signature"u8;

    internal bool IsSigned => Type != LiteMessageType.Text;

    internal LeafPath Path => LeafPath.Of(Sender, Stream.Slot, IsSigned, Counter);

    internal void WriteAssociated(Span<byte> associated, LiteGroupId group)
    {
        group.Write(associated);
        WriteFields(associated[LiteConstants.GroupIdSize..]);
        Address.Write(associated[(LiteConstants.GroupIdSize + FieldsSize)..]);
    }

    /// <summary>
    /// What a signature covers: label, groupId(8), epoch id(32), type(1), sender(1), counter(4), stream(18), content.
    /// The epoch's id and not its number: of one number there can be several epochs, and a member could say another's
    /// words again in each.
    /// </summary>
    internal byte[] SignedBytes(LiteGroupId group, ReadOnlySpan<byte> epochId, ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> label = SignatureLabel;
        byte[] bytes = new byte[
            label.Length + LiteConstants.GroupIdSize + LiteConstants.EpochIdSize + FieldsSize + LiteStream.Size
                + content.Length];
        Span<byte> rest = bytes;
        label.CopyTo(rest);
        rest = rest[label.Length..];
        group.Write(rest);
        rest = rest[LiteConstants.GroupIdSize..];
        epochId.CopyTo(rest);
        rest = rest[LiteConstants.EpochIdSize..];
        WriteFields(rest);
        rest = rest[FieldsSize..];
        Stream.Write(rest);
        content.CopyTo(rest[LiteStream.Size..]);
        return bytes;
    }

    private const int FieldsSize = 2 + sizeof(int);

    private void WriteFields(Span<byte> bytes)
    {
        bytes[0] = (byte)Type;
        bytes[1] = (byte)Sender;
        BinaryPrimitives.WriteInt32BigEndian(bytes[2..], Counter);
    }
}
