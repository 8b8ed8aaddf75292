using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// The number of a link certificate (docs/reference/protocol.md, section 3.1), signed by the identity together with the
/// certificate's key:
/// <code>
/// number(8) || SHA-256(SubjectPublicKeyInfo)(32) || Ed25519("qpc-mesh/1 certificate number" || number || hash)(64)
/// </code>
/// Each certificate of an identity has a higher number than the one before, so that whoever knows a newer one can
/// refuse the older, whose key may have been stolen. It proves itself: anyone can show its maker that it exists.
/// </summary>
public static class CertificateNumber
{
    /// <summary>Size in bytes.</summary>
    public const int Size = SignedSize + Ed25519.SignatureSize;

    private const int SignedSize = sizeof(ulong) + SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 certificate number"u8;

    /// <summary>Signs a number for the key of a certificate.</summary>
    /// <param name="identity">Whose certificate it is.</param>
    /// <param name="number">Above 0.</param>
    /// <param name="subjectPublicKeyInfo">The certificate's key in DER.</param>
    /// <param name="output">Receives <see cref="Size"/> bytes.</param>
    public static void Sign(
        LocalIdentity identity, ulong number, ReadOnlySpan<byte> subjectPublicKeyInfo, Span<byte> output)
    {
        Guard.Length(output, Size, nameof(output));
        BinaryPrimitives.WriteUInt64BigEndian(output, number);
        SHA256.HashData(subjectPublicKeyInfo, output.Slice(sizeof(ulong), SHA256.HashSizeInBytes));
        Span<byte> message = stackalloc byte[Label.Length + SignedSize];
        Compose(output, message);
        identity.Sign(message, output[SignedSize..]);
    }

    /// <summary>
    /// The number that bytes of <see cref="Size"/> show, whether or not they prove it; 0 for any other length.
    /// </summary>
    public static ulong Read(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : 0;

    /// <summary>Verifies that an identity gave a number to one of its certificates; false for anything else.</summary>
    /// <param name="bytes">What is shown.</param>
    /// <param name="publicKey">The identity's Ed25519 key.</param>
    /// <param name="number">The number, if it is proven.</param>
    public static bool TryVerify(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> publicKey, out ulong number)
    {
        number = 0;
        if (bytes.Length != Size || BinaryPrimitives.ReadUInt64BigEndian(bytes) is var shown && shown == 0)
            return false;
        Span<byte> message = stackalloc byte[Label.Length + SignedSize];
        Compose(bytes, message);
        if (!Ed25519.Verify(message, publicKey, bytes[SignedSize..]))
            return false;
        number = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        return true;
    }

    /// <summary>Verifies it for the certificate that has the given key.</summary>
    internal static bool TryVerify(
        ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(subjectPublicKeyInfo, hash);
        return TryVerify(bytes, publicKey, out _) && bytes.Slice(sizeof(ulong), hash.Length).SequenceEqual(hash);
    }

    private static void Compose(ReadOnlySpan<byte> bytes, Span<byte> message)
    {
        Label.CopyTo(message);
        bytes[..SignedSize].CopyTo(message[Label.Length..]);
    }
}
