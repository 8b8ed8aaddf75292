using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>
/// The certificate of a professional card or a practice card, or of the authority that issued one, taken apart. Nothing
/// in it is proven before <see cref="TrustAnchors.Judge"/>.
/// </summary>
internal sealed class CardCertificate : IDisposable
{
    /// <summary>Most bytes of a certificate; cards have about 960.</summary>
    internal const int MaxSize = 2048;

    private readonly X509Certificate2 _certificate;

    private CardCertificate(
        X509Certificate2 certificate, ReadOnlyMemory<byte> signed, string algorithm, byte[] signature)
    {
        _certificate = certificate;
        Signed = signed;
        Algorithm = algorithm;
        Signature = signature;
        Hash = CardHash.OfCertificate(certificate.RawDataMemory.Span);
        foreach (X509Extension extension in certificate.Extensions)
            ReadExtension(extension);
    }

    /// <summary>SHA-256 of the whole certificate.</summary>
    internal CardHash Hash { get; }

    /// <summary>The bytes that the issuer signed.</summary>
    internal ReadOnlyMemory<byte> Signed { get; }

    /// <summary>The algorithm with which the issuer signed.</summary>
    internal string Algorithm { get; }

    /// <summary>The issuer's signature.</summary>
    internal byte[] Signature { get; }

    /// <summary>Whether it says that it is an authority's.</summary>
    internal bool IsAuthority { get; private set; }

    /// <summary>What its key is for.</summary>
    internal X509KeyUsageFlags Usage { get; private set; }

    /// <summary>Its policies.</summary>
    internal IReadOnlyList<string> Policies { get; private set; } = [];

    /// <summary>What it says of its holder.</summary>
    internal Admission Admission { get; private set; } = new([], "");

    /// <summary>When it begins to hold.</summary>
    internal DateTimeOffset NotBefore => _certificate.NotBefore.ToUniversalTime();

    /// <summary>When it ends.</summary>
    internal DateTimeOffset NotAfter => _certificate.NotAfter.ToUniversalTime();

    /// <summary>Whose it is, in DER.</summary>
    internal ReadOnlySpan<byte> Subject => _certificate.SubjectName.RawData;

    /// <summary>Who issued it, in DER.</summary>
    internal ReadOnlySpan<byte> Issuer => _certificate.IssuerName.RawData;

    /// <summary>The holder's name as the card has it; not proven, and not from this program.</summary>
    internal string HolderName => _certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    /// <summary>The platform's certificate.</summary>
    internal X509Certificate2 Platform => _certificate;

    /// <summary>Reads a certificate in DER; null if it is malformed.</summary>
    internal static CardCertificate? TryRead(ReadOnlySpan<byte> der)
    {
        if (!DerShape.IsPlausible(der, MaxSize))
            return null;
        X509Certificate2? certificate = null;
        try
        {
            certificate = X509CertificateLoader.LoadCertificate(der);
            AsnReader parts = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
            ReadOnlyMemory<byte> signed = parts.ReadEncodedValue();
            string algorithm = parts.ReadSequence().ReadObjectIdentifier();
            byte[] signature = parts.ReadBitString(out _);
            return new CardCertificate(certificate, signed, algorithm, signature);
        }
        catch (Exception fault) when (PlatformFaults.IsAboutData(fault))
        {
            certificate?.Dispose();
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private void ReadExtension(X509Extension extension)
    {
        switch (extension)
        {
            case X509BasicConstraintsExtension constraints:
                IsAuthority = constraints.CertificateAuthority;
                break;
            case X509KeyUsageExtension usage:
                Usage = usage.KeyUsages;
                break;
            default:
                if (extension.Oid?.Value == ObjectIds.Admission)
                    Admission = Admission.Read(extension.RawData);
                else if (extension.Oid?.Value == ObjectIds.CertificatePolicies)
                    Policies = ReadPolicies(extension.RawData);
                break;
        }
    }

    // RFC 5280, section 4.2.1.4: SEQUENCE OF SEQUENCE { policyIdentifier OBJECT IDENTIFIER, qualifiers OPTIONAL }
    private static List<string> ReadPolicies(byte[] value)
    {
        var policies = new List<string>();
        AsnReader sequence = new AsnReader(value, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
            policies.Add(sequence.ReadSequence().ReadObjectIdentifier());
        return policies;
    }
}
