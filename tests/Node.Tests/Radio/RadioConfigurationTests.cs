using System.CommandLine;
using System.Text;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Transports;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Radio;

public class RadioConfigurationTests
{
    private const string Good =
        "lora:/dev/ttyUSB0?modem=rnode&frequency=868100000&bandwidth=125000&sf=9&cr=5&power=14&region=eu868";

    private static readonly string Key = new('c', 64);

    [Fact]
    public void A_radio_is_listened_on_like_anything_else()
    {
        var read = new NodeConfiguration();
        Assert.Null(Read($"{{\"listen\": [\"tcp://[::]:4711\", \"{Good}&networkkey={Key}\"]}}", read));
        Assert.Equal(["tcp://[::]:4711", $"{Good}&networkkey={Key}"], read.Listen);
        Assert.Equal([Good], Options("--listen", Good).Listen);
    }

    [Theory]
    [InlineData("lora:/dev/ttyUSB0?frequency=868100000&region=eu868&sf=13", "lora: sf (at character", "5 to 12")]
    [InlineData("lora:/dev/ttyUSB0?frequency=868100000", "lora: region", "eu868, eu433, us915, none")]
    [InlineData("lora:/dev/ttyUSB0?frequency=868100000&region=eu868&speed=9", "lora: speed (at character",
        "frequency, bandwidth, sf")]
    [InlineData("lora:ttyUSB0?frequency=868100000&region=eu868", "lora: device", "/dev/ttyUSB0")]
    [InlineData("wifi:/dev/wlan0", "wifi", "lora:/dev/...?key=value")]
    [InlineData("tcp://[::]", "tcp://[::]", "in brackets")]
    [InlineData("tcp://a:1,tcp://b:1", "several", "one for each")]
    public void What_is_wrong_is_named_with_its_line_its_key_and_what_is_accepted(
        string uri, string where, string accepted)
    {
        string error = Read($"{{\n\"listen\": [\n\"tcp://[::]:4711\",\n\"{uri}\"]}}", new NodeConfiguration())!;
        Assert.StartsWith("4: wrong value for 'listen': ", error, StringComparison.Ordinal);
        Assert.Contains(where, error, StringComparison.Ordinal);
        Assert.Contains(accepted, error, StringComparison.Ordinal);
        string complaint = Assert.Throws<UsageException>(() => Options("--listen", uri)).Message;
        Assert.StartsWith("--listen: ", complaint, StringComparison.Ordinal);
        Assert.Contains(accepted, complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Good + "&networkkey=KEY&sf=9")]
    [InlineData(Good + "&networkkey=KEY7")]
    [InlineData(Good + "&networkkey:KEY")]
    [InlineData(Good + "&KEY")]
    [InlineData("lora:/dev/ttyUSB0&networkkey=KEY")]
    [InlineData("lora:/dev/ttyUSB0&networkkey=KEY?frequency=868100000&region=eu868")]
    [InlineData("lora:/dev/ttyUSB0?networkkey=KEY")]
    [InlineData("lora:/dev/ttyUSB0?region=eu868&frequency=1&networkkey=KEY")]
    [InlineData("lora:/dev/ttyUSB0?networkkey=KEY#frequency=868100000&region=eu868")]
    [InlineData("lorra:/dev/ttyUSB0?networkkey=KEY")]
    [InlineData("/dev/ttyUSB0?networkkey=KEY")]
    [InlineData("tcp:/dev/ttyUSB0?networkkey=KEY")]
    public void No_complaint_shows_a_network_key(string uri)
    {
        uri = uri.Replace("KEY", Key, StringComparison.Ordinal);
        List<string> said =
        [
            Read($"{{\"listen\": [\"{uri}\"]}}", new NodeConfiguration())!,
            Read($"{{\"peers\": [\"{uri}\"]}}", new NodeConfiguration())!,
            Read($"{{\"listen\": [\n\"{uri}\n]}}", new NodeConfiguration())!,
            Assert.Throws<UsageException>(() => Options("--listen", uri)).Message,
            Assert.Throws<UsageException>(() => Options("--peer", uri)).Message,
        ];
        Assert.All(said, text => Assert.DoesNotContain("cccc", text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_radio_is_no_peer()
    {
        Assert.False(PeerUris.TryParse($"{Good}&networkkey={Key}", out _, out string? error));
        Assert.Equal("a radio is listened on, not dialled: write it under listen", error);
        Assert.True(LinkUri.TryParse($"{Good}&networkkey={Key}", out LinkUri? uri, out _));
        Assert.Equal("lora:/dev/ttyUSB0?...", uri.ToString());
    }

    private static string? Read(string text, NodeConfiguration into) =>
        ConfigurationFile.Read(Encoding.UTF8.GetBytes(text), into);

    private static NodeConfiguration Options(params string[] arguments)
    {
        var options = new NodeOptions();
        var command = new RootCommand();
        options.AddTo(command);
        return options.Load(command.Parse(arguments));
    }
}
