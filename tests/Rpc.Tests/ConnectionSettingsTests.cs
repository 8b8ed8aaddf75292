using QuicProChat.Mesh.Rpc.Connections;

namespace QuicProChat.Mesh.Rpc.Tests;

public sealed class ConnectionSettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-rpc-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("example.org", "wss://example.org:443")]
    [InlineData("example.org:8443", "wss://example.org:8443")]
    [InlineData("wss://example.org/rpc", "wss://example.org:443")]
    [InlineData("quic://[::1]:9000", "quic://[::1]:9000")]
    public void A_server_is_read_with_and_without_what_goes_without_saying(string text, string expected)
    {
        Assert.True(ServerEndpoint.TryParse(text, out ServerEndpoint? endpoint, out _));
        Assert.Equal(expected, endpoint.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("http://example.org")]
    [InlineData("wss://user@example.org")]
    [InlineData("wss://example.org/other")]
    [InlineData("wss://example.org?x")]
    [InlineData("wss://")]
    [InlineData("example.org:99999")]
    public void What_is_no_server_is_refused_with_what_to_write(string text)
    {
        Assert.False(ServerEndpoint.TryParse(text, out _, out string? error));
        Assert.Contains("write HOST", error);
    }

    [Fact]
    public void Pins_outlive_the_program_and_nobody_else_reads_them()
    {
        string path = Path.Combine(_directory, "pins");
        PinFile pins = new(path);
        Assert.Null(pins.Find("a:1"));
        pins.Add("a:1", new string('1', 64));
        pins.Add("b:2", new string('2', 64));
        Assert.Equal(new string('1', 64), new PinFile(path).Find("a:1"));
        Assert.Equal(new string('2', 64), new PinFile(path).Find("b:2"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData("a:1")]
    [InlineData("a:1 22")]
    [InlineData("a 1 2222222222222222222222222222222222222222222222222222222222222222")]
    public void A_damaged_file_of_pins_trusts_nobody(string line)
    {
        string path = Path.Combine(_directory, "pins");
        File.WriteAllText(path, line);
        Assert.Throws<IOException>(() => new PinFile(path).Find("a:1"));
    }
}
