using System.Text;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Tests.Configuration;

public class ConfigurationFileTests
{
    [Fact]
    public void Comments_and_trailing_commas_are_allowed()
    {
        NodeConfiguration read = Accepted("""
            {
              // who we are
              "name": "attic",
              "listen": ["tcp://[::]:4711", "quic://[::]:4711",],
              /* the neighbour */
              "peers": ["tcp://10.0.0.1:4711"],
              "durability": "full",
              "logLevel": "debug",
              "lifetime": "12h",
              "quotaBytes": "64M",
              "relay": false,
            }
            """);

        Assert.Equal("attic", read.Name);
        Assert.Equal(["tcp://[::]:4711", "quic://[::]:4711"], read.Listen);
        Assert.Equal(["tcp://10.0.0.1:4711"], read.Peers);
        Assert.Equal(Durability.Full, read.Durability);
        Assert.Equal(LogLevel.Debug, read.LogLevel);
        Assert.Equal(TimeSpan.FromHours(12), read.Lifetime);
        Assert.Equal(64L << 20, read.QuotaBytes);
        Assert.False(read.Relay);
    }

    [Fact]
    public void What_is_not_written_keeps_its_default()
    {
        Assert.Equal(new NodeConfiguration().HopLimit, Accepted("{}").HopLimit);
        Assert.True(Accepted("{}").StoreAndForward);
    }

    [Fact]
    public void An_unknown_key_is_refused_with_its_line_and_the_known_ones()
    {
        string error = Refused("{\n  \"name\": \"a\",\n  \"lisen\": []\n}");

        Assert.StartsWith("3: unknown key 'lisen'", error, StringComparison.Ordinal);
        foreach (Setting setting in Settings.All)
            Assert.Contains(setting.Key, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"durability\": \"always\"", "full, normal, memory")]
    [InlineData("\"durability\": 1", "full, normal, memory")]
    [InlineData("\"logLevel\": \"loud\"", "trace, debug, info, warning, error")]
    [InlineData("\"hopLimit\": 1025", "a number from 1 to 1024")]
    [InlineData("\"hopLimit\": 0", "a number from 1 to 1024")]
    [InlineData("\"relay\": \"yes\"", "true or false")]
    [InlineData("\"listen\": \"tcp://[::]:1\"", "a list of link URIs")]
    [InlineData("\"listen\": [1]", "a list of link URIs")]
    [InlineData("\"listen\": [\"nowhere\"]", "a list of link URIs")]
    [InlineData("\"lifetime\": \"30d\"", "at most 7d")]
    [InlineData("\"lifetime\": \"169h\"", "at most 7d")]
    [InlineData("\"lifetime\": 5", "a duration")]
    [InlineData("\"quotaBytes\": \"64X\"", "k, M or G")]
    [InlineData("\"quotaBytes\": -1", "k, M or G")]
    [InlineData("\"memoryBytes\": \"7M\"", "from 8M to 1G")]
    [InlineData("\"memoryBytes\": \"2G\"", "from 8M to 1G")]
    [InlineData("\"metricsListen\": \"everywhere\"", "address:port")]
    [InlineData("\"name\": \"a name that is much too long\"", "20 bytes")]
    [InlineData("\"dataDir\": \"\"", "a path")]
    public void A_wrong_value_is_refused_with_its_line_and_what_would_be_accepted(string property, string accepted)
    {
        string error = Refused("{\n\n" + property + "\n}");

        Assert.StartsWith("3: wrong value for", error, StringComparison.Ordinal);
        Assert.Contains(accepted, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_there_twice_is_refused() =>
        Assert.StartsWith("2: key 'name' is there twice", Refused("{\"name\": \"a\",\n\"name\": \"b\"}"),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"name\": \"a\"")]
    [InlineData("{\"name\" \"a\"}")]
    [InlineData("{} {}")]
    public void What_is_not_one_object_is_refused_with_a_line(string text) =>
        Assert.Matches("^[0-9]+: ", Refused(text));

    [Fact]
    public void A_file_cut_anywhere_is_refused_and_never_throws()
    {
        byte[] whole = Encoding.UTF8.GetBytes(
            """{"name": "a", "listen": ["tcp://h:1"], "hopLimit": 3, /* c */ "relay": true}""");
        for (int length = 0; length < whole.Length; length++)
            Assert.NotNull(ConfigurationFile.Read(whole.AsSpan(0, length), new NodeConfiguration()));
    }

    [Theory]
    [InlineData("{\n\"name\": \"M\u00fcller\"}", "iso-8859-1", "2:11: byte 0xFC is not UTF-8")]
    [InlineData("{\"name\": \"\u00c4\u00d6\"}", "iso-8859-1", "1:11: byte 0xC4 is not UTF-8")]
    [InlineData("{\"\u00e9\": 1}", "iso-8859-1", "1:3: byte 0xE9")]
    [InlineData("// Gr\u00fc\u00dfe\n{}", "iso-8859-1", "1:6: byte 0xFC")]
    [InlineData("{}", "utf-16", "1:1: this is UTF-16")]
    [InlineData("{}", "utf-16BE", "1:1: this is UTF-16")]
    public void A_file_that_is_not_UTF8_is_refused_with_line_and_column(string text, string encoding, string complaint)
    {
        Encoding other = Encoding.GetEncoding(encoding);
        string? error = ConfigurationFile.Read([.. other.Preamble, .. other.GetBytes(text)], new NodeConfiguration());
        Assert.StartsWith(complaint, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"name\": \"\\ud800\"}", "1:10: ")]
    [InlineData("{\n \"peers\": [\"\\udfff\"]}", "2:12: ")]
    [InlineData("{\"\\ud800\": 1}", "1:2: ")]
    public void Half_a_character_is_refused_with_line_and_column(string text, string place)
    {
        string error = Refused(text);
        Assert.StartsWith(place, error, StringComparison.Ordinal);
        Assert.Contains("surrogate", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("metricsListen", "9469")]
    [InlineData("metricsListen", "127.1:9469")]
    [InlineData("metricsListen", "0x7f.0.0.1:9469")]
    [InlineData("metricsListen", "127.0.0.010:9469")]
    [InlineData("metricsListen", "127.0.0.1")]
    [InlineData("metricsListen", "127.0.0.1:")]
    [InlineData("metricsListen", "127.0.0.1:0")]
    [InlineData("metricsListen", "127.0.0.1:65536")]
    [InlineData("metricsListen", "127.0.0.1:+80")]
    [InlineData("metricsListen", " 127.0.0.1:80")]
    [InlineData("metricsListen", "::1")]
    [InlineData("metricsListen", "::1:9469")]
    [InlineData("metricsListen", "[127.0.0.1]:9469")]
    [InlineData("lifetime", "+5d")]
    [InlineData("lifetime", "5d ")]
    [InlineData("lifetime", "5\\u0000d")]
    [InlineData("lifetime", "5D")]
    [InlineData("quotaBytes", "1e6")]
    [InlineData("quotaBytes", "64K")]
    [InlineData("quotaBytes", "64\\u0000")]
    [InlineData("quotaBytes", "\u0664")]
    [InlineData("relay", "true")]
    [InlineData("maxLinks", "7")]
    [InlineData("dataDir", "here")]
    [InlineData("control", "./control.sock")]
    [InlineData("passphraseFile", "~/pass")]
    [InlineData("networkKeyFile", "/a\\u0000b")]
    [InlineData("controlGroup", "two words")]
    [InlineData("peers", "tcp://host:4711")]
    public void No_value_is_taken_for_what_it_does_not_say(string key, string value) =>
        Assert.StartsWith("1: wrong value for", Refused($"{{\"{key}\": \"{value}\"}}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("tcp://4711:1")]
    [InlineData("tcp://127.1:1")]
    [InlineData("tcp://0x7f000001:1")]
    [InlineData("tcp://1.2.3.256:1")]
    [InlineData("tcp://1.2.3.4.5:1")]
    [InlineData("tcp://[localhost]:1")]
    [InlineData("tcp://[127.0.0.1]:1")]
    [InlineData("tcp://::1:1")]
    [InlineData("tcp://a b:1")]
    [InlineData("tcp://a,b:1")]
    [InlineData("tcp://host:+1")]
    [InlineData("tcp://host:1//")]
    [InlineData("tcp://host: 1")]
    [InlineData("tcp://host:0001")]
    public void No_host_is_taken_for_what_it_does_not_say(string uri)
    {
        Assert.Contains("wrong value", Refused($"{{\"peers\": [\"{uri}\"]}}"), StringComparison.Ordinal);
        Assert.Contains("wrong value", Refused($"{{\"listen\": [\"{uri}\"]}}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a name that is much too long", "28 bytes")]
    [InlineData("\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc", "22 bytes")]
    [InlineData("a\\u0007b", "U+0007")]
    [InlineData("a\\u202eb", "character 2, U+202E")]
    public void A_refused_name_is_explained_with_the_right_reason(string name, string reason) =>
        Assert.Contains(reason, Refused($"{{\"name\": \"{name}\"}}"), StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named_in_the_error()
    {
        string? error = ConfigurationFile.Load("/nowhere/node.json", new NodeConfiguration());
        Assert.StartsWith("/nowhere/node.json: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_manual_describes_every_key_and_no_other()
    {
        string manual = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", "configuration.md"))
            .Split("## Durability")[0];
        string[] described = [.. manual.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .Select(l => l.Split('`')[1])];
        Assert.Equal(Settings.All.Select(s => s.Key), described);
    }

    private static NodeConfiguration Accepted(string text)
    {
        var configuration = new NodeConfiguration();
        Assert.Null(ConfigurationFile.Read(Encoding.UTF8.GetBytes(text), configuration));
        return configuration;
    }

    private static string Refused(string text)
    {
        string? error = ConfigurationFile.Read(Encoding.UTF8.GetBytes(text), new NodeConfiguration());
        Assert.NotNull(error);
        return error;
    }
}
