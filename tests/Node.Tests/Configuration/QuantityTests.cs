using QuicProChat.Mesh.Node.Configuration;

namespace QuicProChat.Mesh.Node.Tests.Configuration;

public class QuantityTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("2m", 120)]
    [InlineData("12h", 43_200)]
    [InlineData("7d", 604_800)]
    public void A_duration_is_a_number_and_a_unit(string text, int seconds)
    {
        Assert.True(Quantity.TryParseDuration(text, out TimeSpan duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("5")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("99999999999999999999d")]
    [InlineData("9999999999999d")]
    public void Anything_else_is_no_duration(string text) => Assert.False(Quantity.TryParseDuration(text, out _));

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("64k", 65_536)]
    [InlineData("32M", 33_554_432)]
    [InlineData("1G", 1_073_741_824)]
    public void A_size_is_a_number_with_or_without_a_unit(string text, long bytes)
    {
        Assert.True(Quantity.TryParseSize(text, out long size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("-1")]
    [InlineData("1T")]
    [InlineData("9999999999999G")]
    public void Anything_else_is_no_size(string text) => Assert.False(Quantity.TryParseSize(text, out _));
}
