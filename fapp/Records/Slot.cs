using System.Buffers.Binary;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Records;

// docs/reference/fapp.md, section 2.2: an array of 7
//
//  [ id bin(4), start u32, minutes u16, phase, setting, modality, follows ]        17 to 20 bytes

/// <summary>An appointment that is free.</summary>
/// <param name="Id">Its name within the practice.</param>
/// <param name="Start">When it begins, in minutes since 2020-01-01 UTC (<see cref="MinuteTime"/>).</param>
/// <param name="Minutes">How long it is: 1 to <see cref="MaxMinutes"/>.</param>
/// <param name="Phase">What it is for.</param>
/// <param name="Setting">How many take part.</param>
/// <param name="Modality">Where it is.</param>
/// <param name="Follows">Whether a therapy place follows.</param>
public readonly record struct Slot(
    SlotId Id, uint Start, ushort Minutes, Phase Phase, Setting Setting, Modality Modality, FollowUp Follows)
{
    /// <summary>Longest slot in minutes; arbitrary: a working day.</summary>
    public const int MaxMinutes = 600;

    private const int Fields = 7;

    /// <summary>When it is over, in minutes since 2020-01-01 UTC.</summary>
    public uint End => uint.MaxValue - Start < Minutes ? uint.MaxValue : Start + Minutes;

    /// <summary>Reads a slot; elements behind those that are known are skipped.</summary>
    internal static bool TryRead(ref MessagePackReader reader, out Slot slot)
    {
        slot = default;
        if (!reader.TryReadArrayHeader(out int count) || count < Fields
            || !reader.TryReadBinary(out ReadOnlySpan<byte> id)
            || id.Length != SlotId.Size || !reader.TryReadUInt32(uint.MaxValue, out uint start)
            || !reader.TryReadUInt32(MaxMinutes, out uint minutes) || minutes == 0
            || !reader.TryReadUInt32(byte.MaxValue, out uint phase)
            || !reader.TryReadUInt32(byte.MaxValue, out uint setting)
            || !reader.TryReadUInt32(byte.MaxValue, out uint modality)
            || !reader.TryReadUInt32(byte.MaxValue, out uint follows))
            return false;
        for (int i = Fields; i < count; i++)
        {
            if (!reader.TrySkip())
                return false;
        }

        slot = new Slot(
            new SlotId(BinaryPrimitives.ReadUInt32BigEndian(id)), start, (ushort)minutes, (Phase)phase,
            (Setting)setting, (Modality)modality, (FollowUp)follows);
        return true;
    }

    /// <summary>Writes the slot.</summary>
    internal void Write(in MessagePackWriter writer)
    {
        Span<byte> id = stackalloc byte[SlotId.Size];
        BinaryPrimitives.WriteUInt32BigEndian(id, Id.Value);
        writer.WriteArrayHeader(Fields);
        writer.WriteBinary(id);
        writer.Write((ulong)Start);
        writer.Write((int)Minutes);
        writer.Write((int)Phase);
        writer.Write((int)Setting);
        writer.Write((int)Modality);
        writer.Write((int)Follows);
    }
}
