using QuicProChat.Mesh.Node.Configuration;

namespace QuicProChat.Mesh.Node.Tests.Configuration;

public sealed class SettingValuesTests
{
    [Fact]
    public void Every_key_has_a_value_to_show() =>
        Assert.All(Settings.All, static s => Assert.NotNull(SettingValues.Of(new NodeConfiguration(), s.Key)));

    [Fact]
    public void The_key_of_a_radio_s_network_is_not_shown()
    {
        var configuration =
            new NodeConfiguration
            {
                Listen =
                ["lora:/dev/ttyUSB0?frequency=868100000&region=eu868&networkkey=secretsecret"]
            };
        Assert.DoesNotContain("secret", SettingValues.Of(configuration, "listen"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:8420")]
    [InlineData("[::1]:8420")]
    [InlineData("127.3.2.1:1")]
    public void The_page_is_served_at_a_loopback_address(string text) => Assert.Null(PageEnd.Check(text));

    [Theory]
    [InlineData("0.0.0.0:8420", "ssh -L")]
    [InlineData("192.168.1.1:8420", "ssh -L")]
    [InlineData("[::]:8420", "ssh -L")]
    [InlineData("localhost:8420", "this is not")]
    [InlineData("127.0.0.1", "this is not")]
    [InlineData("8420", "this is not")]
    public void It_is_served_nowhere_else_and_the_error_says_what_to_do(string text, string expected) =>
        Assert.Contains(expected, PageEnd.Check(text), StringComparison.Ordinal);
}
