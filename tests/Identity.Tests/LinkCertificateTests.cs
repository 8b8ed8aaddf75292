using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QuicProChat.Mesh.Identity.Tests;

public sealed class LinkCertificateTests : IDisposable
{
    private const string Oid = "1.3.6.1.4.1.53594.1.1";

    private const string NumberOid = "2.25.45347375840895571320617740952998190714";

    private readonly LocalIdentity _identity = LocalIdentity.Generate();

    public void Dispose() => _identity.Dispose();

    // libp2p TLS specification, section "Test vectors", 1.
    private const string ValidEd25519 =
        "308201ae30820156a0030201020204499602d2300a06082a8648ce3d040302302031123010060355040a13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030305a180f34303936303130313133303030305a302031123010060355040a13096c69627032702e696f310a300806035504051301313059301306072a8648ce3d020106082a8648ce3d030107034200040c901d423c831ca85e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec878504c174144fa4b14b66a651691606d8173e55bd37e381569ea37c307a3078060a2b0601040183a25a0101046a3068042408011220a77f1d92fedb59dddaea5a1c4abd1ac2fbde7d7b879ed364501809923d7c11b90440d90d2769db992d5e6195dbb08e706b6651e024fda6cfb8846694a435519941cac215a8207792e42849cccc6cd8136c6e4bde92a58c5e08cfd4206eb5fe0bf909300a06082a8648ce3d0403020346003043021f50f6b6c52711a881778718238f650c9fb48943ae6ee6d28427dc6071ae55e702203625f116a7a454db9c56986c82a25682f7248ea1cb764d322ea983ed36a31b77";

    // Likewise 2: an ECDSA identity, which this network does not have; 4: its signature is by another key.
    private const string ValidEcdsa =
        "308201f63082019da0030201020204499602d2300a06082a8648ce3d040302302031123010060355040a13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030305a180f34303936303130313133303030305a302031123010060355040a13096c69627032702e696f310a300806035504051301313059301306072a8648ce3d020106082a8648ce3d030107034200040c901d423c831ca85e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec878504c174144fa4b14b66a651691606d8173e55bd37e381569ea381c23081bf3081bc060a2b0601040183a25a01010481ad3081aa045f0803125b3059301306072a8648ce3d020106082a8648ce3d03010703420004bf30511f909414ebdd3242178fd290f093a551cf75c973155de0bb5a96fedf6cb5d52da7563e794b512f66e60c7f55ba8a3acf3dd72a801980d205e8a1ad29f2044730450220064ea8124774caf8f50e57f436aa62350ce652418c019df5d98a3ac666c9386a022100aa59d704a931b5f72fb9222cb6cc51f954d04a4e2e5450f8805fe8918f71eaae300a06082a8648ce3d04030203470030440220799395b0b6c1e940a7e4484705f610ab51ed376f19ff9d7c16757cfbf61b8d4302206205c03fbb0f95205c779be86581d3e31c01871ad5d1f3435bcf375cb0e5088a";

    private const string Invalid =
        "308201f73082019da0030201020204499602d2300a06082a8648ce3d040302302031123010060355040a13096c69627032702e696f310a300806035504051301313020170d3735303130313133303030305a180f34303936303130313133303030305a302031123010060355040a13096c69627032702e696f310a300806035504051301313059301306072a8648ce3d020106082a8648ce3d030107034200040c901d423c831ca85e27c73c263ba132721bb9d7a84c4f0380b2a6756fd601331c8870234dec878504c174144fa4b14b66a651691606d8173e55bd37e381569ea381c23081bf3081bc060a2b0601040183a25a01010481ad3081aa045f0803125b3059301306072a8648ce3d020106082a8648ce3d03010703420004bf30511f909414ebdd3242178fd290f093a551cf75c973155de0bb5a96fedf6cb5d52da7563e794b512f66e60c7f55ba8a3acf3dd72a801980d205e8a1ad29f204473045022100bb6e03577b7cc7a3cd1558df0da2b117dfdcc0399bc2504ebe7de6f65cade72802206de96e2a5be9b6202adba24ee0362e490641ac45c240db71fe955f2c5cf8df6e300a06082a8648ce3d0403020348003045022100e847f267f43717358f850355bdcabbefb2cfbf8a3c043b203a14788a092fe8db022027c1d04a2d41fd6b57a7e8b3989e470325de4406e52e084e34a3fd56eef0d0df";

    [Fact]
    public void The_specifications_Ed25519_certificate_names_its_key()
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Convert.FromHexString(ValidEd25519));
        Assert.True(LinkCertificate.TryVerify(certificate, out VerifiedPeer? peer, out string? error), error);
        Assert.Equal(
            "a77f1d92fedb59dddaea5a1c4abd1ac2fbde7d7b879ed364501809923d7c11b9",
            Convert.ToHexStringLower(peer.PublicKey.Span));
    }

    [Theory]
    [InlineData(ValidEcdsa)]
    [InlineData(Invalid)]
    public void The_specifications_other_certificates_are_refused(string hex)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Convert.FromHexString(hex));
        Assert.False(LinkCertificate.TryVerify(certificate, out _, out string? error));
        Assert.Contains("no Ed25519 identity", error);
    }

    [Fact]
    public void Every_bit_flipped_in_a_certificate_is_noticed()
    {
        byte[] encoded = Convert.FromHexString(ValidEd25519);
        for (int bit = 0; bit < encoded.Length * 8; bit++)
        {
            encoded[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(TryVerify(encoded), $"bit {bit}");
            encoded[bit / 8] ^= (byte)(1 << bit % 8);
        }

        Assert.True(TryVerify(encoded));
    }

    [Fact]
    public void Our_own_certificate_proves_our_identity_and_is_new_each_time()
    {
        using X509Certificate2 first = LinkCertificate.Create(_identity), second = LinkCertificate.Create(_identity);
        Assert.True(first.HasPrivateKey);
        Assert.True(LinkCertificate.TryVerify(first, out VerifiedPeer? peer, out string? error), error);
        Assert.Equal(_identity.Address, peer.Address);
        Assert.True(peer.PublicKey.Span.SequenceEqual(_identity.PublicKey.Span));
        Assert.Equal(SHA256.HashData(first.RawData), peer.Fingerprint.ToArray());
        Assert.NotEqual(first.GetPublicKey(), second.GetPublicKey());
    }

    [Fact]
    public void A_numbered_certificate_shows_its_number_and_anyone_can_prove_that_it_exists()
    {
        using X509Certificate2 certificate = LinkCertificate.Create(_identity, 0x0102030405060708);
        Assert.True(LinkCertificate.TryVerify(certificate, out VerifiedPeer? peer, out string? error), error);
        Assert.Equal(0x0102030405060708UL, peer.Number);
        Assert.True(CertificateNumber.TryVerify(peer.NumberProof.Span, _identity.PublicKey.Span, out ulong number));
        Assert.Equal(0x0102030405060708UL, number);
        using LocalIdentity other = LocalIdentity.Generate();
        Assert.False(CertificateNumber.TryVerify(peer.NumberProof.Span, other.PublicKey.Span, out _));
        using X509Certificate2 plain = LinkCertificate.Create(_identity);
        Assert.True(LinkCertificate.TryVerify(plain, out peer, out error), error);
        Assert.Equal(0UL, peer.Number);
    }

    [Fact]
    public void A_number_is_proven_by_all_of_its_bytes_and_no_others()
    {
        byte[] proof = new byte[CertificateNumber.Size];
        CertificateNumber.Sign(_identity, 7, "a key"u8, proof);
        Assert.True(CertificateNumber.TryVerify(proof, _identity.PublicKey.Span, out ulong number));
        Assert.Equal(7UL, number);
        for (int length = 0; length < proof.Length; length++)
            Assert.False(CertificateNumber.TryVerify(proof.AsSpan(0, length), _identity.PublicKey.Span, out _));
        Assert.False(CertificateNumber.TryVerify([.. proof, 0], _identity.PublicKey.Span, out _));
        for (int bit = 0; bit < proof.Length * 8; bit++)
        {
            proof[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(CertificateNumber.TryVerify(proof, _identity.PublicKey.Span, out _), $"bit {bit}");
            proof[bit / 8] ^= (byte)(1 << bit % 8);
        }

        CertificateNumber.Sign(_identity, 0, "a key"u8, proof);
        Assert.False(CertificateNumber.TryVerify(proof, _identity.PublicKey.Span, out _));
    }

    [Fact]
    public void A_number_moved_to_the_certificate_of_another_key_is_refused()
    {
        using X509Certificate2 numbered = LinkCertificate.Create(_identity, 9);
        // The thief of a TLS key has the identity's signature over that key, and none over a higher number with it.
        using X509Certificate2 stolen = LinkCertificate.Create(_identity, 3);
        using ECDsa stolenKey = stolen.GetECDsaPrivateKey()!;
        CertificateRequest raised = new("CN=test", stolenKey, HashAlgorithmName.SHA256);
        raised.CertificateExtensions.Add(stolen.Extensions.Single(e => e.Oid!.Value == Oid));
        raised.CertificateExtensions.Add(numbered.Extensions.Single(e => e.Oid!.Value == NumberOid));
        using X509Certificate2 forged =
            raised.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        Assert.False(LinkCertificate.TryVerify(forged, out _, out string? error));
        Assert.Contains("certificate's number does not hold", error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(105)]
    [InlineData(107)]
    public void A_number_extension_of_another_size_is_refused(int size)
    {
        using X509Certificate2 own = LinkCertificate.Create(_identity);
        using X509Certificate2 certificate = SelfSigned(
            own.Extensions.Single(e => e.Oid!.Value == Oid),
            new X509Extension(NumberOid, new byte[size], critical: false));
        Assert.False(LinkCertificate.TryVerify(certificate, out _, out string? error));
        Assert.Contains("malformed", error);
    }

    [Fact]
    public void A_certificate_on_another_curve_is_refused()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using X509Certificate2 own = LinkCertificate.Create(_identity);
        CertificateRequest request = new("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(own.Extensions.Single(e => e.Oid!.Value == Oid));
        using X509Certificate2 certificate =
            request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        Assert.False(LinkCertificate.TryVerify(certificate, out _, out string? error));
        Assert.Contains("P-256", error);
    }

    [Fact]
    public void A_certificate_out_of_its_dates_is_as_good_as_any()
    {
        using X509Certificate2 own = LinkCertificate.Create(_identity);
        using ECDsa key = own.GetECDsaPrivateKey()!;
        CertificateRequest request = new("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(own.Extensions.Single(e => e.Oid!.Value == Oid));
        using X509Certificate2 expired =
            request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
        Assert.True(LinkCertificate.TryVerify(expired, out _, out string? error), error);
    }

    [Fact]
    public void Every_byte_altered_in_a_numbered_certificate_is_noticed()
    {
        using X509Certificate2 numbered = LinkCertificate.Create(_identity, 5);
        byte[] encoded = numbered.RawData;
        Assert.True(TryVerify(encoded));
        for (int i = 0; i < encoded.Length; i++)
        {
            encoded[i] ^= 0x55;
            Assert.False(TryVerify(encoded), $"byte {i}");
            encoded[i] ^= 0x55;
            Assert.False(TryVerify(encoded[..i]), $"cut at {i}");
        }
    }

    [Fact]
    public void No_certificate_is_refused()
    {
        Assert.False(LinkCertificate.TryVerify(null, out _, out string? error));
        Assert.Contains("no certificate", error);
    }

    [Fact]
    public void A_certificate_without_the_extension_is_refused()
    {
        using X509Certificate2 certificate = SelfSigned();
        Assert.False(LinkCertificate.TryVerify(certificate, out _, out string? error));
        Assert.Contains("lacks the identity extension", error);
    }

    [Fact]
    public void An_identity_extension_moved_to_another_key_is_refused()
    {
        using X509Certificate2 stolen = LinkCertificate.Create(_identity);
        using X509Certificate2 certificate = SelfSigned(stolen.Extensions.Single(e => e.Oid!.Value == Oid));
        Assert.False(LinkCertificate.TryVerify(certificate, out _, out string? error));
        Assert.Contains("signature over the certificate's key", error);
    }

    [Fact]
    public void An_unknown_critical_extension_is_refused()
    {
        using X509Certificate2 own = LinkCertificate.Create(_identity);
        using X509Certificate2 certificate = SelfSigned(
            own.Extensions.Single(e => e.Oid!.Value == Oid), new X509Extension("1.2.3.4", [5, 0], critical: true));
        Assert.False(LinkCertificate.TryVerify(certificate, out _, out string? error));
        Assert.Contains("critical", error);
    }

    [Fact]
    public void An_oversized_certificate_is_refused_before_it_is_looked_into()
    {
        using X509Certificate2 certificate = SelfSigned(new X509Extension("1.2.3.4", new byte[4096], critical: false));
        Assert.False(LinkCertificate.TryVerify(certificate, out _, out string? error));
        Assert.Contains("too large", error);
    }

    private static X509Certificate2 SelfSigned(params X509Extension[] extensions)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=test", key, HashAlgorithmName.SHA256);
        foreach (X509Extension extension in extensions)
            request.CertificateExtensions.Add(extension);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }

    private static bool TryVerify(byte[] encoded)
    {
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(encoded);
            return LinkCertificate.TryVerify(certificate, out _, out _);
        }
        catch (CryptographicException)
        {
            // The loader itself refuses most of them, as the TLS stack does before it asks us.
            return false;
        }
    }
}
