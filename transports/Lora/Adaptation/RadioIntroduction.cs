using System.Buffers.Binary;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// docs/reference/lora.md, section 5:
//
//  bootId(8) slot(1) counter(2)

/// <summary>What two stations tell each other first in a session.</summary>
/// <param name="BootId">Drawn by the sender at its start.</param>
/// <param name="Slot">Which tag in the sender's broadcasts is the receiver's; <see cref="NoSlot"/>: none.</param>
/// <param name="Counter">Low 16 bits of the number of the sender's next broadcast.</param>
internal readonly record struct RadioIntroduction(ulong BootId, byte Slot, ushort Counter)
{
    /// <summary>Size in bytes.</summary>
    internal const int Size = sizeof(ulong) + 1 + sizeof(ushort);

    /// <summary>The sender's broadcasts carry no tag for the receiver.</summary>
    internal const byte NoSlot = 0xFF;

    /// <summary>Reads an item's content; false if it has another size.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> content, out RadioIntroduction introduction)
    {
        introduction = default;
        if (content.Length != Size)
            return false;
        introduction = new RadioIntroduction(
            BinaryPrimitives.ReadUInt64BigEndian(content), content[sizeof(ulong)],
            BinaryPrimitives.ReadUInt16BigEndian(content[(sizeof(ulong) + 1)..]));
        return true;
    }

    /// <summary>The bytes.</summary>
    internal byte[] ToArray()
    {
        byte[] content = new byte[Size];
        BinaryPrimitives.WriteUInt64BigEndian(content, BootId);
        content[sizeof(ulong)] = Slot;
        BinaryPrimitives.WriteUInt16BigEndian(content.AsSpan(sizeof(ulong) + 1), Counter);
        return content;
    }
}
