using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>The public key of a certificate, in the encoding of RFC 9420, section 5.1.1.</summary>
internal static class X509Key
{
    /// <summary>
    /// Whether an end entity certificate is for a signature key (section 5.3). For EC keys and Ed25519 alike, the bit
    /// string of subjectPublicKeyInfo is the MLS encoding.
    /// </summary>
    internal static bool Matches(ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> signatureKey)
    {
        try
        {
            using X509Certificate2 parsed = X509CertificateLoader.LoadCertificate(certificate);
            return parsed.GetPublicKey().AsSpan().SequenceEqual(signatureKey);
        }
        catch (CryptographicException)
        {
            // The framework tells of a malformed certificate by throwing.
            return false;
        }
    }
}
