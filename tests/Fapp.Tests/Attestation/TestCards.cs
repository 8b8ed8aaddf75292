using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Fapp.Attestation;

namespace QuicProChat.Mesh.Fapp.Tests.Attestation;

/// <summary>
/// An authority of the tests, whose cards have the curve, the extensions and the policies of real ones.
/// </summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly ECCurve Brainpool = ECCurve.NamedCurves.brainpoolP256r1;
    private readonly ECDsa _key = ECDsa.Create(Brainpool);
    private readonly X509Certificate2 _certificate;
    private long _serial;

    internal static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    internal static readonly DateTimeOffset End = Begin.AddYears(5);

    internal TestAuthority(string name = "Test CA")
    {
        var request = new CertificateRequest($"C=DE, O=Test, CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        _certificate = request.CreateSelfSigned(Begin, End);
    }

    internal string Pem => _certificate.ExportCertificatePem();

    internal byte[] Certificate => _certificate.RawData;

    internal TrustAnchors Anchors
    {
        get
        {
            Assert.True(TrustAnchors.TryLoad(Pem, out TrustAnchors? anchors, out string? fault), fault);
            return anchors;
        }
    }

    /// <summary>A professional card of a psychotherapist.</summary>
    internal TestCard Professional(string telematikId = "4-1-test-01") =>
        Issue(telematikId, [ObjectIds.Psychotherapist], [ObjectIds.ProfessionalSigning],
            X509KeyUsageFlags.NonRepudiation);

    /// <summary>A practice card.</summary>
    internal TestCard Practice(string telematikId = "5-2-test-01") =>
        Issue(telematikId, [ObjectIds.PsychotherapyPractice], [ObjectIds.PracticeAuthentication],
            X509KeyUsageFlags.DigitalSignature);

    internal TestCard Issue(
        string telematikId, string[] professions, string[] policies, X509KeyUsageFlags usage,
        DateTimeOffset? from = null, DateTimeOffset? until = null, bool authority = false)
    {
        ECDsa key = ECDsa.Create(Brainpool);
        var request = new CertificateRequest("C=DE, CN=Babette Beyer TEST-ONLY", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        request.CertificateExtensions.Add(
            new X509Extension(ObjectIds.Admission, AdmissionOf(telematikId, professions), false));
        request.CertificateExtensions.Add(
            new X509Extension(ObjectIds.CertificatePolicies, PoliciesOf(policies), false));
        byte[] serial = BitConverter.GetBytes(++_serial);
        X509Certificate2 issued = request.Create(
            _certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), from ?? Begin,
            until ?? End.AddDays(-1), serial);
        return new TestCard(issued, key);
    }

    public void Dispose()
    {
        _key.Dispose();
        _certificate.Dispose();
    }

    private static byte[] AdmissionOf(string telematikId, string[] professions)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, "Psychotherapeut/-in");
            if (professions.Length > 0)
            {
                using (writer.PushSequence())
                    Array.ForEach(professions, p => writer.WriteObjectIdentifier(p));
            }

            if (telematikId.Length > 0)
                writer.WriteCharacterString(UniversalTagNumber.PrintableString, telematikId);
        }

        return writer.Encode();
    }

    private static byte[] PoliciesOf(string[] policies)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string policy in policies)
            {
                using (writer.PushSequence())
                    writer.WriteObjectIdentifier(policy);
            }
        }

        return writer.Encode();
    }
}

/// <summary>A card of the tests, and its software.</summary>
internal sealed class TestCard(X509Certificate2 certificate, ECDsa key) : IDisposable
{
    internal byte[] Certificate => certificate.RawData;

    /// <summary>Certificate and key for another program.</summary>
    internal string Pem() => certificate.ExportCertificatePem() + "\n" + key.ExportECPrivateKeyPem() + "\n";

    /// <summary>Signs as card software does: a CMS message with the signing time among its attributes.</summary>
    internal byte[] Sign(byte[] content, bool detached, Action<CmsSigner>? change = null)
    {
        using X509Certificate2 withKey = certificate.CopyWithPrivateKey(key);
        var signer = new CmsSigner(SubjectIdentifierType.IssuerAndSerialNumber, withKey)
        {
            IncludeOption = X509IncludeOption.EndCertOnly,
            DigestAlgorithm = new Oid(ObjectIds.Sha256),
        };
        signer.SignedAttributes.Add(new Pkcs9SigningTime(new DateTime(2026, 11, 29, 12, 0, 0, DateTimeKind.Utc)));
        change?.Invoke(signer);
        var message = new SignedCms(new ContentInfo(content), detached);
        message.ComputeSignature(signer);
        return message.Encode();
    }

    /// <summary>An attestation of a key, imported as its practice would.</summary>
    internal Claim Attest(TestAuthority authority, MeshKey about, ushort day) =>
        Import(StatementKind.Attest, authority, about, day);

    /// <summary>A revocation of a key.</summary>
    internal Claim Revoke(TestAuthority authority, MeshKey about, ushort day) =>
        Import(StatementKind.Revoke, authority, about, day);

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }

    private Claim Import(StatementKind kind, TestAuthority authority, MeshKey about, ushort day)
    {
        Statement statement = kind == StatementKind.Attest ? Statement.Attest(about, day)
            : Statement.Revoke(about, day);
        Claim? claim = AttestationImport.Read(
            Sign(statement.Encode(), detached: true), kind, about, day, authority.Anchors, BlockList.Empty,
            out string? fault);
        Assert.True(claim is not null, fault);
        return claim;
    }
}
