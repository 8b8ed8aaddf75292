using QuicProChat.Mesh.Fapp.Attestation;

namespace QuicProChat.Mesh.Fapp.Tests.Attestation;

/// <summary>The operator's files are taken whole, or refused with what is wrong and where.</summary>
public sealed class OperatorFilesTests : IDisposable
{
    private readonly TestAuthority _authority = new(), _other = new("Other CA");

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Certificates_that_were_put_together_without_a_line_feed_are_all_read()
    {
        Assert.True(TrustAnchors.TryLoad("A text\n" + _authority.Pem.Trim()
            + _other.Pem, out TrustAnchors? anchors, out _));
        Assert.Equal(2, anchors.Count);
    }

    [Fact]
    public void A_file_with_a_certificate_that_is_none_or_no_authoritys_is_refused_with_its_number()
    {
        using TestCard card = _authority.Professional();
        string leaf = System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", card.Certificate);
        Assert.Equal("certificate 2 of the trust anchors is not that of an authority",
            Fault(_authority.Pem + "\n" + leaf));
        Assert.Equal("certificate 1 of the trust anchors cannot be read",
            Fault("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"));
        Assert.Equal("the file of trust anchors has no certificate in PEM", Fault("nothing"));
        Assert.Equal(
            "the file of trust anchors begins 2 certificates, of which 1 can be read",
            Fault(_authority.Pem + "\n-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----"));
    }

    [Theory]
    [InlineData("certificate 00")]
    [InlineData("holder")]
    [InlineData("holder a b")]
    [InlineData("key 0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("authority 1111111111111111111111111111111111111111111111111111111111111111 2026-02-01 2026-01-01")]
    [InlineData("authority 1111111111111111111111111111111111111111111111111111111111111111 2026-01-01")]
    [InlineData("card 1111111111111111111111111111111111111111111111111111111111111111")]
    public void A_line_of_the_block_list_that_is_not_understood_is_named(string line)
    {
        Assert.False(BlockList.TryLoad("# batch of spring\n\n" + line, out BlockList? list, out string? fault));
        Assert.Null(list);
        Assert.StartsWith("line 3 of the block list", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_block_list_blocks_nothing()
    {
        Assert.True(BlockList.TryLoad("\n  # nothing\r\n", out BlockList? list, out _));
        Assert.Equal(0, list.Count);
    }

    private static string? Fault(string pem)
    {
        Assert.False(TrustAnchors.TryLoad(pem, out _, out string? fault));
        return fault;
    }
}
