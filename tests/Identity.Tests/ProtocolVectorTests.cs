using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace QuicProChat.Mesh.Identity.Tests;

/// <summary>
/// The test vectors of docs/reference/protocol.md, section 7: keys, addresses, sealing, certificates.
/// </summary>
public sealed class ProtocolVectorTests
{
    private static readonly JsonElement Vectors = Documents.Vectors("protocol.md");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_seed_gives_the_keys_and_the_address_of_the_page(int index)
    {
        JsonElement person = Vectors.GetProperty("people")[index];
        using LocalIdentity identity = LocalIdentity.FromSeed(person.HexAt("seed"));
        Assert.Equal(person.HexAt("publicKey"), identity.PublicKey.ToArray());
        Assert.Equal(person.HexAt("x25519"), identity.X25519PublicKey.ToArray());
        Assert.Equal(NodeAddress.Read(person.HexAt("address")), identity.Address);
        Assert.Equal(person.GetProperty("shown").GetString(), identity.Address.ToString());
        Assert.Equal(person.GetProperty("backup").GetString(), BackupString.Export(identity));
        Assert.True(NodeAddress.TryParse(person.GetProperty("shown").GetString(), out NodeAddress read, out _));
        Assert.Equal(identity.Address, read);
    }

    [Fact]
    public void Sealing_with_the_ephemeral_key_of_the_page_gives_its_envelope_which_opens()
    {
        byte[] envelope = Vectors.HexAt("sealing.envelope"), content = Vectors.HexAt("sealing.content");
        byte[] payload = envelope[21..];
        SealContext context = SealContext.Of(envelope);
        using LocalIdentity alice = Person(0), bob = Person(1);
        using Sealer sealer = new(bob, destination => Vectors.HexAt("sealing.ephemeral").CopyTo(destination));
        byte[] made = new byte[payload.Length], key = new byte[Sealer.ReceiptKeySize];
        Assert.True(sealer.TrySeal(context, alice.PublicKey.Span, content, made, key));
        Assert.Equal(payload, made);
        Assert.Equal(Vectors.HexAt("sealing.receiptKey"), key);

        using Sealer opener = new(alice);
        byte[] buffer = new byte[payload.Length], openersKey = new byte[Sealer.ReceiptKeySize];
        Assert.True(opener.TryOpen(context, payload, buffer, openersKey, out OpenedMessage message, out _));
        Assert.Equal(bob.Address, message.Sender);
        Assert.Equal(content, message.Content.ToArray());
        Assert.Equal(key, openersKey);
    }

    [Fact]
    public void A_certificate_for_the_TLS_key_of_the_page_has_its_extensions()
    {
        using LocalIdentity alice = Person(0);
        using ECDsa key = ECDsa.Create();
        key.ImportParameters(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = [.. new byte[31], 1] });
        Assert.Equal(Vectors.HexAt("certificate.subjectPublicKeyInfo"), key.ExportSubjectPublicKeyInfo());
        using X509Certificate2 certificate = LinkCertificate.Create(alice, 1_700_000_000, key);
        byte[][] extensions = [.. certificate.Extensions.Select(e => e.RawData)];
        Assert.Equal([Vectors.HexAt("certificate.signedKey"), Vectors.HexAt("certificate.number")], extensions);
        Assert.True(LinkCertificate.TryVerify(certificate, out VerifiedPeer? peer, out _));
        Assert.Equal((alice.Address, 1_700_000_000UL), (peer.Address, peer.Number));
    }

    private static LocalIdentity Person(int index) =>
        LocalIdentity.FromSeed(Vectors.GetProperty("people")[index].HexAt("seed"));
}
