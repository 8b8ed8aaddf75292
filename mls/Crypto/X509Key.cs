using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>The public key of a certificate, in the encoding of RFC 9420, section 5.1.1.</summary>
internal static class X509Key
{
    /// <summary>
    /// Whether an end entity certificate is for a signature key (section 5.3): of the suite's algorithm, and the same
    /// key. For EC keys and Ed25519 alike, the bit string of subjectPublicKeyInfo is the MLS encoding.
    /// </summary>
    internal static bool Matches(ReadOnlySpan<byte> certificate, Suite suite, ReadOnlySpan<byte> signatureKey)
    {
        if (!IsOneDerSequence(certificate))
            return false;
        try
        {
            using X509Certificate2 parsed = X509CertificateLoader.LoadCertificate(certificate);
            return parsed.GetKeyAlgorithm() == suite.Signature.KeyAlgorithm
                && (parsed.GetKeyAlgorithmParameters() ?? []).AsSpan().SequenceEqual(suite.Signature.KeyParameters)
                && parsed.GetPublicKey().AsSpan().SequenceEqual(signatureKey);
        }
        catch (CryptographicException)
        {
            // The framework tells of a malformed certificate by throwing.
            return false;
        }
    }

    // The framework would take PEM too, which section 5.3 does not: members would part over it.
    private static bool IsOneDerSequence(ReadOnlySpan<byte> certificate)
    {
        if (certificate.Length < 2 || certificate[0] != 0x30)
            return false;
        int length = certificate[1];
        int header = 2;
        if (length >= 0x80)
        {
            int count = length & 0x7f;
            if (count is 0 or > 3 || certificate.Length < 2 + count)
                return false;
            length = 0;
            for (; header < 2 + count; header++)
                length = (length << 8) | certificate[header];
        }
        return certificate.Length == header + length;
    }
}
