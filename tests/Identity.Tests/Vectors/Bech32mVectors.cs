namespace QuicProChat.Mesh.Identity.Tests.Vectors;

// BIP-350, section "Test vectors".
public class Bech32mVectors
{
    [Theory]
    [InlineData("A1LQFN3A", "a", "")]
    [InlineData("a1lqfn3a", "a", "")]
    [InlineData("an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
        "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber1", "")]
    [InlineData("abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx", "abcdef", "ffbbcdeb38bdab49ca307b9ac5a928398a418820")]
    [InlineData("split1checkupstagehandshakeupstreamerranterredcaperredlc445v", "split",
        "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d")]
    [InlineData("?1v759aa", "?", "")]
    public void Valid_strings_decode_and_encode_again(string text, string prefix, string data)
    {
        Assert.True(Bech32m.TryDecode(text, out string? actualPrefix, out byte[]? actual, out string? error), error);
        Assert.Equal(prefix, actualPrefix);
        Assert.Equal(data, Convert.ToHexStringLower(actual));
        Assert.Equal(text.ToLowerInvariant(), Bech32m.Encode(prefix, actual));
    }

    // The data part is 82 five-bit groups of all ones: right as Bech32m, but no encoder of bytes writes such padding.
    [Fact]
    public void A_valid_checksum_over_groups_that_are_no_bytes_is_refused_as_padding()
    {
        string text = "11" + new string('l', 82) + "ludsr8";
        Assert.False(Bech32m.TryDecode(text, out _, out _, out string? error));
        Assert.Contains("bits that no encoder writes", error);
    }

    [Theory]
    [InlineData("\u00201xj0phk", "not printable")]
    [InlineData("\u007f1g6xzxy", "not printable")]
    [InlineData("\u00801vctc34", "not printable")]
    [InlineData("an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
        "at most 90")]
    [InlineData("qyrz8wqd2c9m", "no '1'")]
    [InlineData("1qyrz8wqd2c9m", "no prefix")]
    [InlineData("y1b0jsk6g", "character 3, 'b'")]
    [InlineData("lt1igcx5c0", "character 4, 'i'")]
    [InlineData("in1muywd", "too short")]
    [InlineData("mm1crxm3i", "character 9, 'i'")]
    [InlineData("au1s5cgom", "character 8, 'o'")]
    [InlineData("M1VUXWEZ", "checksum")]
    [InlineData("16plkw9", "no prefix")]
    [InlineData("1p2gdwpf", "no prefix")]
    [InlineData("a1lQfn3a", "mixes")]
    public void Invalid_strings_are_refused_with_the_reason(string text, string reason)
    {
        Assert.False(Bech32m.TryDecode(text, out _, out _, out string? error));
        Assert.Contains(reason, error);
    }

    [Fact]
    public void Any_single_mistyped_character_of_an_address_is_noticed()
    {
        const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        string text = new NodeAddress(0x0123456789abcdef, 0xfedcba9876543210).ToString();
        for (int i = NodeAddress.Prefix.Length + 1; i < text.Length; i++)
        {
            foreach (char c in Alphabet.Where(c => c != text[i]))
                Assert.False(NodeAddress.TryParse(text[..i] + c + text[(i + 1)..], out _, out _));
        }
    }
}
