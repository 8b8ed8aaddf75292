using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// A node's identity record whose signature holds. Immutable, so that everyone who heard the same bytes can share one.
/// Layout: <see cref="UnverifiedAnnounce"/>.
/// </summary>
public sealed class Announce
{
    private readonly byte[] _bytes;

    internal Announce(UnverifiedAnnounce checkedView)
    {
        _bytes = checkedView.Bytes.ToArray();
        Address = checkedView.ComputeAddress();
        Sequence = checkedView.Sequence;
    }

    internal static ReadOnlySpan<byte> Label => "qpc-mesh/1 announce"u8;

    /// <summary>The address that the key gives.</summary>
    public NodeAddress Address { get; }

    /// <summary>The origin's sequence.</summary>
    public uint Sequence { get; }

    /// <summary>The whole announce, signature included: what goes on the wire and to disk.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The Ed25519 public key, 32 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => View.PublicKey;

    /// <summary>What the node does for others.</summary>
    public Capabilities Capabilities => View.Capabilities;

    /// <summary>Which KeyPackage it offers; null for none.</summary>
    public KeyPackageHash? KeyPackage => View.KeyPackage;

    /// <summary>The name in UTF-8; may be empty.</summary>
    public ReadOnlySpan<byte> Name => View.Name;

    private UnverifiedAnnounce View
    {
        get
        {
            // The bytes passed TryRead before the constructor saw them.
            _ = UnverifiedAnnounce.TryRead(_bytes, out UnverifiedAnnounce view);
            return view;
        }
    }

    /// <summary>
    /// Takes back an announce that this node verified earlier and kept in its own store: no signature check, so that a
    /// node with thousands of them starts quickly. False if the bytes are not an announce.
    /// </summary>
    public static bool TryRestore(ReadOnlySpan<byte> stored, [NotNullWhen(true)] out Announce? announce)
    {
        announce = UnverifiedAnnounce.TryRead(stored, out UnverifiedAnnounce view) ? new Announce(view) : null;
        return announce is not null;
    }

    /// <summary>Makes this node's own announce.</summary>
    /// <param name="sequence">Above every sequence used before.</param>
    /// <param name="publicKey">This node's Ed25519 public key, 32 bytes.</param>
    /// <param name="capabilities">What it does for others.</param>
    /// <param name="keyPackage">Which KeyPackage it offers; null for none.</param>
    /// <param name="name">Its name, as <see cref="NodeName"/> allows; empty for none.</param>
    /// <param name="sign">Signs with the private key that belongs to <paramref name="publicKey"/>.</param>
    /// <exception cref="ArgumentException">The name is not allowed, the key has another size, or the signature does not
    /// fit the key.</exception>
    public static Announce Create(
        uint sequence, ReadOnlySpan<byte> publicKey, Capabilities capabilities, KeyPackageHash? keyPackage, string name,
        MessageSigner sign)
    {
        if (publicKey.Length != Ed25519.PublicKeySize)
            throw new ArgumentException("A public key has 32 bytes.", nameof(publicKey));
        if (!NodeName.IsValid(name))
            throw new ArgumentException("A node name has at most 20 bytes of UTF-8 and no control characters.",
                nameof(name));

        Span<byte> bytes = stackalloc byte[UnverifiedAnnounce.MaxSize];
        bytes[0] = keyPackage is null ? (byte)0 : UnverifiedAnnounce.KeyPackageHashFlag;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[UnverifiedAnnounce.SequenceOffset..], sequence);
        publicKey.CopyTo(bytes[UnverifiedAnnounce.PublicKeyOffset..]);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[UnverifiedAnnounce.CapabilitiesOffset..], (ushort)capabilities);
        int length = UnverifiedAnnounce.OptionalOffset;
        if (keyPackage is { } hash)
        {
            hash.Write(bytes[length..]);
            length += KeyPackageHash.Size;
        }

        int nameLength = Encoding.UTF8.GetBytes(name, bytes[(length + 1)..]);
        bytes[length] = (byte)nameLength;
        length += 1 + nameLength;

        Span<byte> message = stackalloc byte[Label.Length + UnverifiedAnnounce.MaxSize];
        int messageLength = SignedMessage(bytes[..length], message);
        sign(message[..messageLength], bytes.Slice(length, Ed25519.SignatureSize));
        length += Ed25519.SignatureSize;

        if (!UnverifiedAnnounce.TryRead(bytes[..length], out UnverifiedAnnounce made)
            || !made.TryVerify(out Announce? announce))
            throw new ArgumentException("The signature does not fit the public key.", nameof(sign));
        return announce;
    }

    /// <summary>Puts the label before the signed part; returns the length.</summary>
    internal static int SignedMessage(ReadOnlySpan<byte> signedPart, Span<byte> message)
    {
        Label.CopyTo(message);
        signedPart.CopyTo(message[Label.Length..]);
        return Label.Length + signedPart.Length;
    }
}
