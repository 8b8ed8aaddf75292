using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>The elliptic-curve key of a certificate, where this platform has its curve.</summary>
internal static class EllipticKey
{
    private const string Algorithm = "1.2.840.10045.2.1";

    /// <summary>
    /// Whether this platform can verify with the certificate's key: it may lack brainpool (Alpine, Fedora).
    /// </summary>
    internal static bool IsSupported(X509Certificate2 certificate)
    {
        try
        {
            if (certificate.PublicKey.Oid.Value != Algorithm)
                return false;
            byte[]? parameters = certificate.PublicKey.EncodedParameters?.RawData;
            return parameters is not null
                && Curves.Value.Contains(new AsnReader(parameters, AsnEncodingRules.DER).ReadObjectIdentifier());
        }
        catch (Exception fault) when (PlatformFaults.IsAboutData(fault))
        {
            return false;
        }
    }

    /// <summary>Tells whether a signature in DER holds; false also for a key that is no point of its curve.</summary>
    internal static bool Verify(
        X509Certificate2 certificate, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        try
        {
            using ECDsa? key = certificate.GetECDsaPublicKey();
            return key is not null && key.VerifyData(message, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception fault) when (PlatformFaults.IsAboutData(fault))
        {
            return false;
        }
    }

    // Cards have brainpoolP256r1; the others are those that gemSpec_Krypt allows beside it.
    private static readonly Lazy<string[]> Curves = new(() => [.. new[]
    {
        "1.3.36.3.3.2.8.1.1.7", "1.3.36.3.3.2.8.1.1.11", "1.3.36.3.3.2.8.1.1.13",
        "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35",
    }.Where(Exists)]);

    private static bool Exists(string curve)
    {
        try
        {
            using ECDsa key = ECDsa.Create(ECCurve.CreateFromValue(curve));
            return true;
        }
        catch (Exception fault) when (PlatformFaults.IsAboutData(fault))
        {
            return false;
        }
    }
}
