using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

/// <summary>What a resumption PSK is used for (RFC 9420, section 8.4).</summary>
public enum ResumptionUsage : byte
{
    /// <summary>The application's own purposes.</summary>
    Application = 1,

    /// <summary>Reinitialisation of a group.</summary>
    ReInit = 2,

    /// <summary>Branching of a subgroup.</summary>
    Branch = 3,
}

// struct {
//     PSKType psktype;                                uint8: external 1, resumption 2
//     select (PreSharedKeyID.psktype) {
//         case external:   opaque psk_id<V>;
//         case resumption: ResumptionPSKUsage usage;  uint8
//                          opaque psk_group_id<V>;
//                          uint64 psk_epoch;
//     };
//     opaque psk_nonce<V>;
// } PreSharedKeyID;                                   RFC 9420, section 8.4
/// <summary>Names a pre-shared key and the nonce of one use of it.</summary>
public sealed class PreSharedKeyId
{
    private const byte ExternalType = 1;
    private const byte ResumptionType = 2;

    private PreSharedKeyId(
        byte type, ResumptionUsage usage, ReadOnlyMemory<byte> id, ulong epoch, ReadOnlyMemory<byte> nonce)
    {
        IsExternal = type == ExternalType;
        Usage = usage;
        Id = id;
        Epoch = epoch;
        Nonce = nonce;
    }

    /// <summary>True for a key that the application supplies, false for one of a group's past.</summary>
    public bool IsExternal { get; }

    /// <summary>What a resumption PSK is for.</summary>
    public ResumptionUsage Usage { get; }

    /// <summary>The name of an external key, or the id of the group that a resumption PSK comes from.</summary>
    public ReadOnlyMemory<byte> Id { get; }

    /// <summary>The epoch that a resumption PSK comes from.</summary>
    public ulong Epoch { get; }

    internal ReadOnlyMemory<byte> Nonce { get; }

    internal bool IsReInitOrBranch => !IsExternal && Usage != ResumptionUsage.Application;

    internal static PreSharedKeyId External(ReadOnlyMemory<byte> id, ReadOnlyMemory<byte> nonce) =>
        new(ExternalType, 0, id, 0, nonce);

    internal static PreSharedKeyId Resumption(
        ResumptionUsage usage, ReadOnlyMemory<byte> groupId, ulong epoch, ReadOnlyMemory<byte> nonce) =>
        new(ResumptionType, usage, groupId, epoch, nonce);

    internal static bool TryRead(ref MlsReader reader, out PreSharedKeyId value)
    {
        value = null!;
        byte usage = 0;
        ulong epoch = 0;
        if (!reader.TryReadByte(out byte type) || type is not (ExternalType or ResumptionType))
            return false;
        if (type == ResumptionType && (!reader.TryReadByte(out usage) || usage is < 1 or > 3))
            return false;
        if (!reader.TryReadVector(out ReadOnlyMemory<byte> id)
            || (type == ResumptionType && !reader.TryReadUInt64(out epoch))
            || !reader.TryReadVector(out ReadOnlyMemory<byte> nonce))
        {
            return false;
        }
        value = new PreSharedKeyId(type, (ResumptionUsage)usage, id, epoch, nonce);
        return true;
    }

    internal void Write(MlsWriter writer)
    {
        writer.Byte(IsExternal ? ExternalType : ResumptionType);
        if (!IsExternal)
            writer.Byte((byte)Usage);
        writer.Vector(Id);
        if (!IsExternal)
            writer.UInt64(Epoch);
        writer.Vector(Nonce);
    }
}
