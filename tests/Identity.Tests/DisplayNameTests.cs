using System.Text;

namespace QuicProChat.Mesh.Identity.Tests;

public class DisplayNameTests
{
    [Theory]
    [InlineData("", true, true, false)]
    [InlineData("Mühle", true, true, true)]
    [InlineData("two words", true, true, false)]
    [InlineData("two\u00a0words", true, true, false)]
    [InlineData("-x", true, true, false)]
    [InlineData("exactly twenty bytes", true, true, false)]
    [InlineData("twenty-one_bytes_long", false, false, false)]
    [InlineData("ÄÄÄÄÄÄÄÄÄÄÄ", false, false, false)]
    [InlineData("a\u202eb", false, false, false)]
    [InlineData("a\u2066b", false, false, false)]
    [InlineData("a\u200bb", false, false, false)]
    [InlineData("a\u00adb", false, false, false)]
    [InlineData("\ufeffab", false, false, false)]
    [InlineData("a\u2028b", false, false, false)]
    [InlineData("a\u001b[2J", false, false, false)]
    [InlineData("a\u0085b", false, false, false)]
    [InlineData("a\U000e0041b", false, false, false)]
    [InlineData("a\u200db", true, false, false)]
    [InlineData("ab\u200c", true, false, false)]
    [InlineData("می\u200cخواهم", true, true, true)]
    [InlineData("👩\u200d👧", true, true, true)]
    [InlineData("👩\u200d\u200d👧", true, false, false)]
    [InlineData("a\u3164", true, false, false)]
    [InlineData("\u2800", true, false, false)]
    [InlineData("bob\ufe0e", true, false, false)]
    [InlineData("bob\ufe0f", true, false, false)]
    [InlineData("bob\U000e0100", true, false, false)]
    [InlineData("b\u180bob", true, false, false)]
    [InlineData("bob\u17b4", true, false, false)]
    [InlineData("☀\ufe0f", true, true, true)]
    [InlineData("☀\ufe0f\ufe0f", true, false, false)]
    public void A_name_is_shown_only_if_it_cannot_pass_for_something_else(
        string name, bool valid, bool visible, bool handle)
    {
        Assert.Equal(valid, DisplayName.IsValid(name, 20));
        Assert.Equal(handle, DisplayName.IsHandle(name, 20));
        byte[] utf8 = Encoding.UTF8.GetBytes(name);
        Assert.Equal(valid, DisplayName.IsValid(utf8, 20));
        Assert.Equal(visible, DisplayName.IsVisible(utf8, 20));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_no_name()
    {
        foreach (byte[] bytes in new byte[][] { [0x61, 0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80] })
        {
            Assert.False(DisplayName.IsValid(bytes, 20));
            Assert.False(DisplayName.IsVisible(bytes, 20));
        }

        Assert.False(DisplayName.IsValid("half a pair \ud800", 20));
        Assert.False(DisplayName.IsHandle("half\udc00", 20));
    }

    [Fact]
    public void A_key_that_nobody_can_hold_is_told_from_one_that_somebody_can()
    {
        byte[] key = new byte[32];
        for (byte seed = 0; seed < 20; seed++)
        {
            Ed25519.KeyPairFromSeed([.. Enumerable.Repeat(seed, 32)], key, new byte[64]);
            Assert.True(Ed25519.IsValidPublicKey(key));
        }

        // The neutral element, points of order 2 and 4, a coordinate that is not reduced, and no point at all.
        foreach (string hex in new[]
                 {
                     "0100000000000000000000000000000000000000000000000000000000000000",
                     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                     "0000000000000000000000000000000000000000000000000000000000000000",
                     "0000000000000000000000000000000000000000000000000000000000000080",
                     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                     "0200000000000000000000000000000000000000000000000000000000000000",
                 })
            Assert.False(Ed25519.IsValidPublicKey(Convert.FromHexString(hex)));
        Assert.False(Ed25519.IsValidPublicKey(key.AsSpan(1)));
    }
}
