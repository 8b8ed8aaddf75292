using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Records;
using static QuicProChat.Mesh.Fapp.Tests.Attestation.TestKeys;

namespace QuicProChat.Mesh.Fapp.Tests.Attestation;

/// <summary>
/// What cards' software makes is read in its forms; what others would refuse is refused at once, with the reason.
/// </summary>
public sealed class AttestationImportTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TestCard _card;
    private readonly MeshKey _practice = Key("practice");

    public AttestationImportTests() => _card = _authority.Professional();

    public void Dispose()
    {
        _card.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public void The_statement_is_a_text_that_names_key_address_and_days()
    {
        string text = Statement.Attest(_practice, Day).ToString();
        Assert.Contains(_practice.ToString(), text, StringComparison.Ordinal);
        Assert.Contains(_practice.Address.ToString(), text, StringComparison.Ordinal);
        Assert.Contains("Gilt ab (from): 2026-11-29\nGilt bis (until): 2027-11-29\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 90));
        Assert.True(Ascii.IsValid(text));
        Assert.NotEqual(Statement.Revoke(_practice, Day).ToString(), text);
    }

    [Fact]
    public void Detached_and_enveloping_in_DER_PEM_and_Base64_are_the_same_claim()
    {
        byte[] text = Statement.Attest(_practice, Day).Encode();
        byte[] detached = _card.Sign(text, detached: true), enveloping = _card.Sign(text, detached: false);
        foreach (byte[] message in (byte[][])[detached, enveloping])
        {
            string pem = PemEncoding.WriteString("PKCS7", message),
                base64 = Convert.ToBase64String(message, Base64FormattingOptions.InsertLineBreaks);
            foreach (byte[] file in (byte[][])[message, Encoding.ASCII.GetBytes(pem),
                Encoding.ASCII.GetBytes(base64 + "\n")])
            {
                Claim claim = Accepted(file);
                Assert.Equal((Day, Day + 365), (claim.From, claim.Until));
                Assert.Equal(_card.Certificate, claim.Certificate);
            }
        }
    }

    [Fact]
    public void A_timestamp_among_the_unsigned_attributes_is_left_out()
    {
        byte[] message = _card.Sign(Statement.Attest(_practice, Day).Encode(), detached: true, signer =>
            signer.UnsignedAttributes.Add(new Pkcs9DocumentName(new string('x', 900))));
        Assert.InRange(Accepted(message).SignerInfo.Length, 200, 600);
    }

    [Theory]
    [InlineData("2.16.840.1.101.3.4.2.2")]
    [InlineData("2.16.840.1.101.3.4.2.3")]
    public void Longer_hashes_are_taken_too(string digest) => Accepted(_card.Sign(
        Statement.Attest(_practice, Day).Encode(), detached: true, signer => signer.DigestAlgorithm = new Oid(digest)));

    [Fact]
    public void SHA_1_is_not_taken() => Assert.Contains("no statement that this node wrote", Refused(_card.Sign(
        Statement.Attest(_practice, Day).Encode(), detached: true,
        signer => signer.DigestAlgorithm = new Oid("1.3.14.3.2.26"))), StringComparison.Ordinal);

    [Fact]
    public void A_statement_of_three_months_ago_is_taken_and_an_older_one_is_not()
    {
        Accepted(_card.Sign(Statement.Attest(_practice, (ushort)(Day - 90)).Encode(), detached: true));
        Accepted(_card.Sign(Statement.Attest(_practice, (ushort)(Day + 1)).Encode(), detached: true));
        Assert.Contains("no statement that this node wrote", Refused(
            _card.Sign(Statement.Attest(_practice, (ushort)(Day - 91)).Encode(), detached: true)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Each_refusal_says_what_is_wrong_and_what_to_do()
    {
        byte[] text = Statement.Attest(_practice, Day).Encode();
        Assert.Contains("line endings", Refused(_card.Sign(
            Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(text).Replace("\n", "\r\n", StringComparison.Ordinal)),
            detached: false)), StringComparison.Ordinal);
        Assert.Contains(
            "another key", Refused(_card.Sign(Statement.Attest(Key("other"), Day).Encode(), detached: false)),
            StringComparison.Ordinal);
        Assert.Contains("lacks the card's certificate", Refused(
            _card.Sign(text, detached: true, signer => signer.IncludeOption = X509IncludeOption.None)),
            StringComparison.Ordinal);
        Assert.Contains("no CMS or CAdES message", Refused("hello"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("no CMS or CAdES message", Refused([]), StringComparison.Ordinal);
        Assert.Contains("more than", Refused(new byte[AttestationImport.MaxFile + 1]), StringComparison.Ordinal);
        using TestCard dentist = _authority.Issue(
            "2-2", ["1.2.276.0.76.4.51"], [ObjectIds.PracticeAuthentication], X509KeyUsageFlags.DigitalSignature);
        Assert.Equal(AttestationFault.Profession.Describe(), Refused(dentist.Sign(text, detached: true)));
    }

    [Fact]
    public void OpenSSLs_CMS_is_read()
    {
        string folder = Directory.CreateTempSubdirectory("qpc-cms-").FullName;
        try
        {
            byte[] text = Statement.Attest(_practice, Day).Encode();
            File.WriteAllBytes(Path.Combine(folder, "text"), text);
            using TestCard card = _authority.Practice();
            File.WriteAllText(Path.Combine(folder, "card.pem"), card.Pem());
            foreach (string[] form in (string[][])[["-cades"], ["-cades", "-nodetach"], ["-nodetach", "-stream"]])
            {
                using Process openssl = Process.Start("openssl", [
                    "cms", "-sign", "-binary", "-md", "sha256", "-in", Path.Combine(folder, "text"),
                    "-signer", Path.Combine(folder, "card.pem"), "-outform", "DER", "-out",
                    Path.Combine(folder, "signed"), .. form]);
                openssl.WaitForExit();
                Assert.Equal(0, openssl.ExitCode);
                Claim claim = Accepted(File.ReadAllBytes(Path.Combine(folder, "signed")));
                var book = new AttestationBook(_authority.Anchors, BlockList.Empty, []);
                Assert.True(book.Take(FappRecordType.Attestation, _practice.ToArray(), claim.Encode()));
                Assert.Equal(Level.Practice, book.Of(_practice.ToArray(), claim.Hash(), Seconds()));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_record_of_a_card_fits_into_two_kilobytes()
    {
        Claim claim = Accepted(_card.Sign(Statement.Attest(_practice, Day).Encode(), detached: true));
        Assert.InRange(claim.Encode().Length, 500, 2048 - FappRecord.Overhead);
    }

    private Claim Accepted(byte[] file)
    {
        Claim? claim = AttestationImport.Read(
            file, StatementKind.Attest, _practice, Day, _authority.Anchors, BlockList.Empty, out string? fault);
        Assert.True(claim is not null, fault);
        return claim;
    }

    private string Refused(byte[] file)
    {
        Assert.Null(AttestationImport.Read(
            file, StatementKind.Attest, _practice, Day, _authority.Anchors, BlockList.Empty, out string? fault));
        Assert.NotNull(fault);
        return fault;
    }
}
