using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Groups;

public class CredentialTests
{
    private const CipherSuite P256 = CipherSuite.P256Aes128GcmSha256P256;

    [Fact]
    public void Members_with_x509_credentials_meet_if_the_certificate_is_for_their_key_5_3()
    {
        Capabilities both = new() { Credentials = [CredentialType.Basic, CredentialType.X509] };
        TestClient alice = new("alice", P256, supported: both, identity: WithCertificate("alice", matching: true));
        TestClient bob = new("bob", P256, supported: both, identity: WithCertificate("bob", matching: true));
        Group[] g = TestClient.GroupOf("g", alice, bob);
        Assert.Equal("hi", g[0].Process(g[1].Send("hi")).Text());
        Assert.Single(g[0].Members[1].Credential.Certificates);

        TestClient mallory =
            new("mallory", P256, supported: both, identity: WithCertificate("mallory", matching: false));
        alice.Client.Verify(UnverifiedKeyPackage.Parse(mallory.KeyPackage().ToMessage()).Value)
            .Fails(MlsErrorCode.InvalidCredential, "5.3");
    }

    [Fact]
    public void A_certificate_counts_as_one_DER_value_and_for_the_algorithm_of_the_suite_5_3()
    {
        using MlsIdentity identity = WithCertificate("alice", matching: true);
        Suite suite = Suite.Require(P256);
        byte[] der = identity.Credential.Certificates[0].ToArray(), key = identity.PublicKey.ToArray();
        Assert.True(X509Key.Matches(der, suite, key));
        Assert.False(X509Key.Matches(Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE", der)), suite, key));
        Assert.False(X509Key.Matches([.. der, 0], suite, key));
        for (int length = 0; length < der.Length; length++)
            Assert.False(X509Key.Matches(der.AsSpan(0, length), suite, key));

        // The same point under another curve's name: prime239v3 for prime256v1 (RFC 5480, section 2.1.1.1).
        byte[] curve = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
        byte[] other = [.. der];
        other[der.AsSpan().IndexOf(curve) + curve.Length - 1] = 0x06;
        Assert.False(X509Key.Matches(other, suite, key));
    }

    [Fact]
    public void A_member_takes_a_new_identity_by_commit_and_by_update()
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        MlsIdentity next = MlsIdentity.Generate(TestClient.DefaultSuite, alice.Identity.Credential);
        alice.Client.AddIdentity(next);
        g[1].Follow(g[0].Commit(new CommitRequest { NewIdentity = next }).Value.Message);
        g[0].MergePending();
        Assert.Equal(next.PublicKey.ToArray(), g[1].Members[0].Leaf.SignatureKey.ToArray());
        Assert.Equal("x", g[1].Process(g[0].Send("x")).Text());

        MlsIdentity third = MlsIdentity.Generate(TestClient.DefaultSuite, alice.Identity.Credential);
        alice.Client.AddIdentity(third);
        Assert.True(g[1].Process(g[0].ProposeUpdate(third).Value).IsOk);
        PendingCommit commit = g[1].Commit(new CommitRequest()).Value;
        g[0].Follow(commit.Message);
        g[1].MergePending();
        GroupTests.AssertAgreed(g);
        Assert.Equal("y", g[1].Process(g[0].Send("y")).Text());
    }

    internal static MlsIdentity WithCertificate(string name, bool matching)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", matching ? key : other, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate =
            request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        byte[] scalar = key.ExportParameters(includePrivateParameters: true).D!;
        return MlsIdentity.Import(P256, scalar, Credential.X509([certificate.RawData]));
    }
}
