namespace QuicProChat.Mesh.Identity.Tests;

public class NodeAddressTests
{
    private static readonly NodeAddress Address = new(0x0011223344556677, 0x8899aabbccddeeff);

    [Fact]
    public void An_address_is_written_as_Bech32m_of_36_characters_and_read_back()
    {
        string text = Address.ToString();
        Assert.StartsWith("qpc1", text);
        Assert.Equal(36, text.Length);
        Assert.True(NodeAddress.TryParse(text, out NodeAddress lower, out _));
        Assert.True(NodeAddress.TryParse($"  {text.ToUpperInvariant()}\n", out NodeAddress upper, out _));
        Assert.Equal(Address, lower);
        Assert.Equal(Address, upper);
    }

    [Theory]
    [InlineData("00112233445566778899aabbccddeeff")]
    [InlineData("00112233445566778899AABBCCDDEEFF")]
    public void Hexadecimal_digits_are_accepted(string text)
    {
        Assert.True(NodeAddress.TryParse(text, out NodeAddress address, out _));
        Assert.Equal(Address, address);
        Assert.Equal(text.ToLowerInvariant(), address.ToHex());
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData(" ", "missing")]
    [InlineData("0011", "4 hexadecimal digits, not 32")]
    [InlineData("abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx", "begins with 'abcdef1', not with 'qpc1'")]
    [InlineData("hello", "no '1'")]
    public void What_is_no_address_is_refused_with_the_reason(string? text, string reason)
    {
        Assert.False(NodeAddress.TryParse(text, out _, out string? error));
        Assert.Contains(reason, error);
    }

    [Fact]
    public void An_address_of_another_length_is_refused()
    {
        Assert.False(NodeAddress.TryParse(Bech32m.Encode("qpc", new byte[15]), out _, out string? error));
        Assert.Contains("15 bytes, not 16", error);
    }
}
