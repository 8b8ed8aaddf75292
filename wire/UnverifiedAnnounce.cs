using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 5.1:
//
//  flags(1) sequence(4) publicKey(32) capabilities(2) [keyPackageHash(8)] nameLength(1) name(0..20) signature(64)
//
//  flags: 0000000 has-key-package-hash(1)

/// <summary>A view of an announce as it arrived: well formed, but anybody may have made it.</summary>
public readonly ref struct UnverifiedAnnounce
{
    internal const byte KeyPackageHashFlag = 0x01;
    internal const int SequenceOffset = 1;
    internal const int PublicKeyOffset = SequenceOffset + sizeof(uint);
    internal const int CapabilitiesOffset = PublicKeyOffset + Ed25519.PublicKeySize;
    internal const int OptionalOffset = CapabilitiesOffset + sizeof(ushort);

    /// <summary>Size in bytes of the smallest announce: no KeyPackage hash, no name.</summary>
    public const int MinSize = OptionalOffset + 1 + Ed25519.SignatureSize;

    /// <summary>Size in bytes of the largest announce.</summary>
    public const int MaxSize = MinSize + KeyPackageHash.Size + Limits.MaxNodeName;

    private UnverifiedAnnounce(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The whole announce, signature included.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The sequence it claims.</summary>
    public uint Sequence => BinaryPrimitives.ReadUInt32BigEndian(Bytes[SequenceOffset..]);

    /// <summary>The Ed25519 public key, 32 bytes; the address follows from it.</summary>
    public ReadOnlySpan<byte> PublicKey => Bytes.Slice(PublicKeyOffset, Ed25519.PublicKeySize);

    /// <summary>What the node says it does for others.</summary>
    public Capabilities Capabilities => (Capabilities)BinaryPrimitives.ReadUInt16BigEndian(Bytes[CapabilitiesOffset..]);

    /// <summary>Which KeyPackage it offers; null for none.</summary>
    public KeyPackageHash? KeyPackage => HasKeyPackage(Bytes) ? KeyPackageHash.Read(Bytes[OptionalOffset..]) : null;

    /// <summary>The name in UTF-8, as <see cref="NodeName"/> allows; may be empty.</summary>
    public ReadOnlySpan<byte> Name
    {
        get
        {
            int offset = NameLengthOffset(Bytes);
            return Bytes.Slice(offset + 1, Bytes[offset]);
        }
    }

    /// <summary>What the signature covers, without the label.</summary>
    internal ReadOnlySpan<byte> Signed => Bytes[..^Ed25519.SignatureSize];

    private ReadOnlySpan<byte> Signature => Bytes[^Ed25519.SignatureSize..];

    /// <summary>Computes the address that the key gives.</summary>
    public NodeAddress ComputeAddress() => NodeAddress.Of(PublicKey);

    /// <summary>Reads an announce; false if it is cut, too long, has an unknown flag or a forbidden name.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out UnverifiedAnnounce announce)
    {
        announce = default;
        if (bytes.Length is < MinSize or > MaxSize || (bytes[0] & ~KeyPackageHashFlag) != 0)
            return false;
        int offset = NameLengthOffset(bytes);
        int nameLength = bytes[offset];
        if (nameLength > Limits.MaxNodeName || bytes.Length != offset + 1 + nameLength + Ed25519.SignatureSize
            || !NodeName.IsValid(bytes.Slice(offset + 1, nameLength)))
            return false;
        announce = new UnverifiedAnnounce(bytes);
        return true;
    }

    /// <summary>Checks the signature. The only way from received bytes to an <see cref="Announce"/>.</summary>
    public bool TryVerify([NotNullWhen(true)] out Announce? announce)
    {
        Span<byte> message = stackalloc byte[Announce.Label.Length + MaxSize];
        int length = Announce.SignedMessage(Signed, message);
        announce = Ed25519.Verify(message[..length], PublicKey, Signature) ? new Announce(this) : null;
        return announce is not null;
    }

    private static bool HasKeyPackage(ReadOnlySpan<byte> bytes) => (bytes[0] & KeyPackageHashFlag) != 0;

    private static int NameLengthOffset(ReadOnlySpan<byte> bytes) =>
        OptionalOffset + (HasKeyPackage(bytes) ? KeyPackageHash.Size : 0);
}
