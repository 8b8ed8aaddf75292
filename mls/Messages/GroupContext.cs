using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     ProtocolVersion version = mls10;                uint16
//     CipherSuite cipher_suite;                       uint16
//     opaque group_id<V>;
//     uint64 epoch;
//     opaque tree_hash<V>;
//     opaque confirmed_transcript_hash<V>;
//     Extension extensions<V>;
// } GroupContext;                                     RFC 9420, section 8.1
/// <summary>What all members of a group agree on in one epoch. Immutable.</summary>
internal sealed class GroupContext
{
    private byte[]? _encoded;

    internal required CipherSuite CipherSuite { get; init; }

    internal required ReadOnlyMemory<byte> GroupId { get; init; }

    internal required ulong Epoch { get; init; }

    internal required ReadOnlyMemory<byte> TreeHash { get; init; }

    internal required ReadOnlyMemory<byte> ConfirmedTranscriptHash { get; init; }

    internal required ExtensionList Extensions { get; init; }

    /// <summary>The encoding, which goes into signatures and key derivations.</summary>
    internal ReadOnlySpan<byte> Encoded => _encoded ??= Encode();

    internal static bool TryRead(ref MlsReader reader, out GroupContext context, out ushort version)
    {
        context = null!;
        if (!reader.TryReadUInt16(out version) || !reader.TryReadUInt16(out ushort suite)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> groupId) || !reader.TryReadUInt64(out ulong epoch)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> treeHash)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> transcript)
            || !ExtensionList.TryRead(ref reader, out ExtensionList extensions))
        {
            return false;
        }
        context = new GroupContext
        {
            CipherSuite = (CipherSuite)suite,
            GroupId = groupId,
            Epoch = epoch,
            TreeHash = treeHash,
            ConfirmedTranscriptHash = transcript,
            Extensions = extensions,
        };
        return true;
    }

    /// <summary>The context of the next epoch.</summary>
    internal GroupContext Next(
        ReadOnlyMemory<byte> treeHash, ReadOnlyMemory<byte> confirmedTranscriptHash, ExtensionList extensions) => new()
        {
            CipherSuite = CipherSuite,
            GroupId = GroupId,
            Epoch = Epoch + 1,
            TreeHash = treeHash,
            ConfirmedTranscriptHash = confirmedTranscriptHash,
            Extensions = extensions,
        };

    private byte[] Encode()
    {
        using MlsWriter writer = new(256);
        writer.UInt16(Protocol.Version);
        writer.UInt16((ushort)CipherSuite);
        writer.Vector(GroupId);
        writer.UInt64(Epoch);
        writer.Vector(TreeHash);
        writer.Vector(ConfirmedTranscriptHash);
        Extensions.Write(writer);
        return writer.ToArray();
    }
}
