using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 4:
//
//  0      1      2      3          5                21
//  +------+------+------+----------+----------------+---------
//  | vk   | flags| hops | lifetime |  destination   | payload
//  +------+------+------+----------+----------------+---------
//
//  vk: version(4) kind(4)     flags: hops(2, high) attempt(2) 0 receipt(1) priority(2)     hops: low 8 of 10 bits

/// <summary>The 21 bytes before an envelope's payload.</summary>
/// <param name="Kind">What the payload is.</param>
/// <param name="Priority">How urgent it is.</param>
/// <param name="WantsReceipt">The sender asks for a proof of delivery.</param>
/// <param name="Attempt">Number of the end-to-end repetition, 0 to 3; relays leave it, the sender counts it up.</param>
/// <param name="HopsLeft">Hops left, 0 to <see cref="Limits.LargestHops"/>; each relay clamps it to its own limit and
/// decrements it.</param>
/// <param name="LifetimeUnits">Lifetime left in <see cref="LifetimeUnit"/>s.</param>
/// <param name="Destination">The address it goes to.</param>
public readonly record struct EnvelopeHeader(
    EnvelopeKind Kind, Priority Priority, bool WantsReceipt, byte Attempt, ushort HopsLeft, ushort LifetimeUnits,
    NodeAddress Destination)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 21;

    /// <summary>Protocol version, the high nibble of the first byte.</summary>
    public const int Version = 1;

    /// <summary>What one unit of <see cref="LifetimeUnits"/> lasts.</summary>
    public static readonly TimeSpan LifetimeUnit = TimeSpan.FromSeconds(10);

    /// <summary>The flag bits that the id covers; the attempt and the hops are not among them.</summary>
    public const byte ImmutableFlags = 0x0F;

    private const byte ReceiptFlag = 0x04;
    private const byte ReservedFlags = 0x08;
    private const int AttemptShift = 4;
    private const int AttemptMask = 0x03;
    private const int HighHopsShift = 6;

    /// <summary>Reads a header; false for another version, an unknown kind or a reserved flag.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out EnvelopeHeader header)
    {
        header = default;
        if (bytes.Length < Size || bytes[0] >> 4 != Version || (bytes[0] & 0x0F) > (int)EnvelopeKind.Service
            || (bytes[1] & ReservedFlags) != 0)
            return false;
        header = new EnvelopeHeader(
            (EnvelopeKind)(bytes[0] & 0x0F), (Priority)(bytes[1] & 0x03), (bytes[1] & ReceiptFlag) != 0,
            (byte)(bytes[1] >> AttemptShift & AttemptMask), (ushort)(bytes[1] >> HighHopsShift << 8 | bytes[2]),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]),
            NodeAddress.Read(bytes[5..]));
        return true;
    }

    /// <summary>Writes the 21 bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[0] = (byte)(Version << 4 | (int)Kind);
        bytes[1] = (byte)((int)Priority | (WantsReceipt ? ReceiptFlag : 0) | Attempt << AttemptShift
            | HopsLeft >> 8 << HighHopsShift);
        bytes[2] = (byte)HopsLeft;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[3..], LifetimeUnits);
        Destination.Write(bytes[5..]);
    }

    /// <summary>Replaces the fields that a relay changes, in the bytes of an envelope.</summary>
    /// <param name="envelope">At least the 21 bytes of the header.</param>
    /// <param name="attempt">0 to <see cref="Limits.MaxAttempt"/>.</param>
    /// <param name="hopsLeft">0 to <see cref="Limits.LargestHops"/>.</param>
    /// <param name="lifetimeUnits">Lifetime left in units of 10 s.</param>
    public static void Restamp(Span<byte> envelope, byte attempt, ushort hopsLeft, ushort lifetimeUnits)
    {
        envelope[1] = (byte)((envelope[1] & ImmutableFlags) | attempt << AttemptShift | hopsLeft >> 8 << HighHopsShift);
        envelope[2] = (byte)hopsLeft;
        BinaryPrimitives.WriteUInt16BigEndian(envelope[3..], lifetimeUnits);
    }
}
