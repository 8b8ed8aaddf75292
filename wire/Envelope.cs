using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 4:
//
//  header(21) payload(0..)

/// <summary>A view of an envelope's bytes; valid as long as they are.</summary>
public readonly ref struct Envelope
{
    // vk(1) flags(1) destination(16): what the id covers besides the payload.
    private const int ImmutableHeaderSize = 2 + NodeAddress.Size;
    private const int DestinationOffset = 5;

    private Envelope(ReadOnlySpan<byte> bytes, EnvelopeHeader header)
    {
        Bytes = bytes;
        Header = header;
    }

    /// <summary>Header and payload.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The header, parsed.</summary>
    public EnvelopeHeader Header { get; }

    /// <summary>The payload; its meaning follows from the kind.</summary>
    public ReadOnlySpan<byte> Payload => Bytes[EnvelopeHeader.Size..];

    /// <summary>Size in bytes of an envelope with a payload of a given size.</summary>
    public static int SizeOf(int payloadSize) => EnvelopeHeader.Size + payloadSize;

    /// <summary>Reads an envelope; false as <see cref="EnvelopeHeader.TryRead"/> says, or if it is too large.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Envelope envelope)
    {
        envelope = default;
        if (bytes.Length > Limits.MaxEnvelope || !EnvelopeHeader.TryRead(bytes, out EnvelopeHeader header))
            return false;
        envelope = new Envelope(bytes, header);
        return true;
    }

    /// <summary>Writes header and payload; returns the bytes written.</summary>
    public static int Write(Span<byte> destination, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        payload.CopyTo(destination[EnvelopeHeader.Size..]);
        header.Write(destination);
        return SizeOf(payload.Length);
    }

    /// <summary>Computes the id: BLAKE2b-128 over the fields that no relay changes.</summary>
    [SkipLocalsInit]
    public EnvelopeId ComputeId()
    {
        Span<byte> immutable = stackalloc byte[ImmutableHeaderSize];
        immutable[0] = Bytes[0];
        immutable[1] = (byte)(Bytes[1] & EnvelopeHeader.ImmutableFlags);
        Bytes.Slice(DestinationOffset, NodeAddress.Size).CopyTo(immutable[2..]);
        Span<byte> digest = stackalloc byte[EnvelopeId.Size];
        Blake2b.Hash(immutable, Payload, digest);
        return EnvelopeId.Read(digest);
    }
}
