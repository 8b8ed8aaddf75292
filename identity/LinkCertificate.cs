using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QuicProChat.Mesh.Identity;

/// <summary>What a peer's certificate proves, once the TLS handshake proved the certificate's own key.</summary>
/// <param name="Address">The peer's address.</param>
/// <param name="PublicKey">The peer's Ed25519 key, 32 bytes.</param>
/// <param name="Fingerprint">SHA-256 of the certificate, 32 bytes; the network proof of the Hello covers it.</param>
public sealed record VerifiedPeer(NodeAddress Address, ReadOnlyMemory<byte> PublicKey, ReadOnlyMemory<byte> Fingerprint)
{
    /// <summary>
    /// The proven number of the certificate, <see cref="CertificateNumber.Size"/> bytes; empty if it has none.
    /// </summary>
    public ReadOnlyMemory<byte> NumberProof { get; init; }

    /// <summary>The number of the certificate; 0 if it has none.</summary>
    public ulong Number => CertificateNumber.Read(NumberProof.Span);
}

/// <summary>
/// Binds a TLS connection to an identity as libp2p does (libp2p TLS specification, r0 of 2019-03-23): a self-signed
/// P-256 certificate with extension 1.3.6.1.4.1.53594.1.1,
/// <code>
/// SignedKey ::= SEQUENCE { publicKey OCTET STRING, signature OCTET STRING }
/// publicKey = 08 01 12 20 || Ed25519 key     (protobuf: type 1, 32 bytes)
/// signature = Ed25519("libp2p-tls-handshake:" || SubjectPublicKeyInfo of the certificate)
/// </code>
/// For an Ed25519 key its DER has one form only, 106 bytes, so it is compared rather than parsed.
/// The validity dates say 1975 to 4096 and are not checked: routers have no clock, and what is fresh in a connection
/// is proven by the handshake, not by a date. What makes a certificate old is a newer one: a second extension,
/// <code>
/// OCTET STRING (104 bytes)      see <see cref="CertificateNumber"/>
/// </code>
/// holds its number.
/// </summary>
public static class LinkCertificate
{
    private const string ExtensionOid = "1.3.6.1.4.1.53594.1.1";

    // Of a UUID (ITU-T X.667), which is that of the name "qpc-mesh/1 certificate number" in the name space of URLs.
    private const string NumberOid = "2.25.45347375840895571320617740952998190714";

    private const string BasicConstraintsOid = "2.5.29.19";
    private const string KeyUsageOid = "2.5.29.15";
    private const string EcdsaWithSha256Oid = "1.2.840.10045.4.3.2";

    private const int KeyOffset = 8;
    private const int SignatureOffset = KeyOffset + Ed25519.PublicKeySize + 2;
    private const int ExtensionSize = SignatureOffset + Ed25519.SignatureSize;

    private const int NumberOffset = 2;

    // Arbitrary; ours has about 570 bytes. A hostile one costs no more than this to look at.
    private const int MaxCertificateSize = 2048;

    private static ReadOnlySpan<byte> SigningLabel => "libp2p-tls-handshake:"u8;

    // SEQUENCE of 104 bytes, OCTET STRING of 36 bytes, protobuf head of an Ed25519 key.
    private static ReadOnlySpan<byte> BeforeKey => [0x30, 0x68, 0x04, 0x24, 0x08, 0x01, 0x12, 0x20];

    // OCTET STRING of 64 bytes.
    private static ReadOnlySpan<byte> BeforeSignature => [0x04, 0x40];

    // OCTET STRING of 104 bytes.
    private static ReadOnlySpan<byte> BeforeNumber => [0x04, 0x68];

    // SubjectPublicKeyInfo of an uncompressed point on P-256 (RFC 5480, section 2), 91 bytes with the point.
    private static ReadOnlySpan<byte> BeforePoint =>
        [0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86,
            0x48, 0xCE, 0x3D,
         0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04];

    /// <summary>Makes a certificate with a fresh P-256 key. The caller disposes of it.</summary>
    /// <param name="identity">Whose it is.</param>
    /// <param name="number">Higher than that of the certificate before; 0 for a certificate without a number.</param>
    public static X509Certificate2 Create(LocalIdentity identity, ulong number = 0)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Create(identity, number, key);
    }

    /// <summary>The same for a given P-256 key.</summary>
    internal static X509Certificate2 Create(LocalIdentity identity, ulong number, ECDsa key)
    {
        CertificateRequest request = new(new X500DistinguishedName("CN=qpc-mesh"), key, HashAlgorithmName.SHA256);
        byte[] extension = new byte[ExtensionSize];
        BeforeKey.CopyTo(extension);
        identity.PublicKey.Span.CopyTo(extension.AsSpan(KeyOffset));
        BeforeSignature.CopyTo(extension.AsSpan(SignatureOffset - BeforeSignature.Length));
        byte[] subjectPublicKeyInfo = key.ExportSubjectPublicKeyInfo();
        identity.Sign(SignedBytes(subjectPublicKeyInfo), extension.AsSpan(SignatureOffset));
        request.CertificateExtensions.Add(new X509Extension(ExtensionOid, extension, critical: false));
        if (number != 0)
        {
            byte[] numbered = new byte[NumberOffset + CertificateNumber.Size];
            BeforeNumber.CopyTo(numbered);
            CertificateNumber.Sign(identity, number, subjectPublicKeyInfo, numbered.AsSpan(NumberOffset));
            request.CertificateExtensions.Add(new X509Extension(NumberOid, numbered, critical: false));
        }

        DateTimeOffset notBefore = new(1975, 1, 1, 0, 0, 0, TimeSpan.Zero);
        DateTimeOffset notAfter = new(4096, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return request.CreateSelfSigned(notBefore, notAfter);
    }

    /// <summary>
    /// Verifies a certificate that a peer presented: its self-signature, and the identity's signature over its key.
    /// False with a reason for anything else; hostile certificates throw nothing.
    /// </summary>
    public static bool TryVerify(
        X509Certificate2? certificate, [NotNullWhen(true)] out VerifiedPeer? peer,
        [NotNullWhen(false)] out string? error)
    {
        peer = null;
        error = "the peer presented no certificate";
        if (certificate is null)
            return false;
        try
        {
            ReadOnlySpan<byte> encoded = certificate.RawDataMemory.Span;
            error = "the certificate is too large";
            if (encoded.Length > MaxCertificateSize)
                return false;
            if (!TryFindExtensions(certificate, out ReadOnlySpan<byte> extension,
                out ReadOnlySpan<byte> number, out error))
                return false;
            error = "the certificate's extension holds no Ed25519 identity";
            if (extension.Length != ExtensionSize || !extension.StartsWith(BeforeKey)
                || !extension[(KeyOffset + Ed25519.PublicKeySize)..].StartsWith(BeforeSignature))
                return false;
            byte[] subjectPublicKeyInfo = certificate.PublicKey.ExportSubjectPublicKeyInfo();
            error = "the certificate's key is not one on P-256";
            if (!subjectPublicKeyInfo.AsSpan().StartsWith(BeforePoint))
                return false;
            error = "the certificate is not signed by its own key with ECDSA and SHA-256";
            if (!IsSelfSigned(certificate, encoded))
                return false;
            ReadOnlySpan<byte> publicKey = extension.Slice(KeyOffset, Ed25519.PublicKeySize);
            error = "the identity's signature over the certificate's key does not hold";
            if (!Ed25519.Verify(SignedBytes(subjectPublicKeyInfo), publicKey, extension[SignatureOffset..]))
                return false;
            error = "the identity's signature over the certificate's number does not hold";
            if (!number.IsEmpty && (!number.StartsWith(BeforeNumber)
                || !CertificateNumber.TryVerify(number[NumberOffset..], publicKey, subjectPublicKeyInfo)))
                return false;

            peer = new VerifiedPeer(NodeAddress.Of(publicKey), publicKey.ToArray(), SHA256.HashData(encoded))
            {
                NumberProof = number.IsEmpty ? default : number[NumberOffset..].ToArray(),
            };
            error = null;
            return true;
        }
        catch (CryptographicException)
        {
            // The framework's parsers report a malformed key or extension this way.
            error = "the certificate is malformed";
            return false;
        }
    }

    private static bool TryFindExtensions(
        X509Certificate2 certificate, out ReadOnlySpan<byte> found, out ReadOnlySpan<byte> number,
        [NotNullWhen(false)] out string? error)
    {
        found = default;
        number = default;
        foreach (X509Extension extension in certificate.Extensions)
        {
            switch (extension.Oid?.Value)
            {
                case ExtensionOid when !found.IsEmpty:
                    error = "the certificate has the identity extension twice";
                    return false;
                case ExtensionOid:
                    found = extension.RawData;
                    break;
                case NumberOid when !number.IsEmpty:
                    error = "the certificate has the number extension twice";
                    return false;
                case NumberOid when extension.RawData.Length != NumberOffset + CertificateNumber.Size:
                    error = "the certificate's number extension is malformed";
                    return false;
                case NumberOid:
                    number = extension.RawData;
                    break;
                case not (BasicConstraintsOid or KeyUsageOid) when extension.Critical:
                    error = "the certificate has a critical extension that is unknown here";
                    return false;
            }
        }

        error = found.IsEmpty ? "the certificate lacks the identity extension" : null;
        return error is null;
    }

    private static bool IsSelfSigned(X509Certificate2 certificate, ReadOnlySpan<byte> encoded)
    {
        if (certificate.SignatureAlgorithm.Value != EcdsaWithSha256Oid)
            return false;
        using ECDsa? key = certificate.GetECDsaPublicKey();
        return key is not null
            && DerCertificate.TrySplit(encoded, out ReadOnlySpan<byte> signed, out ReadOnlySpan<byte> signature)
            && key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static byte[] SignedBytes(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        [.. SigningLabel, .. subjectPublicKeyInfo];
}
