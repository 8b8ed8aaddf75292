using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Packaging.Tests.Router;

/// <summary>
/// From UCI to the configuration file, in the shell of a router and with the program's own check behind it.
/// </summary>
public sealed partial class UciTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-uci-").FullName;

    /// <summary>A value for each key that is not a text: what the file has for it.</summary>
    private static readonly Dictionary<string, (string Uci, string Json)> _values = new()
    {
        ["dataDir"] = ("/srv/qpc-mesh", "\"/srv/qpc-mesh\""),
        ["keyFile"] = ("/etc/qpc-mesh/other.key", "\"/etc/qpc-mesh/other.key\""),
        ["control"] = ("/var/run/qpc-mesh/c.sock", "\"/var/run/qpc-mesh/c.sock\""),
        ["controlGroup"] = ("root", "\"root\""),
        ["name"] = ("att\"ic \\o/ ü", "\"att\\\"ic \\\\o/ ü\""),
        ["listen"] = ("tcp://[::]:4711", "[\"tcp://[::]:4711\"]"),
        ["peers"] = ("tcp://10.0.0.7:4711", "[\"tcp://10.0.0.7:4711\"]"),
        ["networkKeyFile"] = ("/etc/qpc-mesh/network.key", "\"/etc/qpc-mesh/network.key\""),
        ["passphraseFile"] = ("/etc/qpc-mesh/passphrase", "\"/etc/qpc-mesh/passphrase\""),
        ["durability"] = ("full", "\"full\""),
        ["logLevel"] = ("debug", "\"debug\""),
        ["discovery"] = ("announce", "\"announce\""),
        ["discoveryInterfaces"] = ("br-lan", "[\"br-lan\"]"),
        ["metricsListen"] = ("127.0.0.1:9469", "\"127.0.0.1:9469\""),
        ["webListen"] = ("127.0.0.1:8420", "\"127.0.0.1:8420\""),
        ["relay"] = ("off", "false"),
        ["storeAndForward"] = ("1", "true"),
        ["hopLimit"] = ("0012", "12"),
        ["lifetime"] = ("2d", "\"2d\""),
        ["quotaBytes"] = ("16M", "\"16M\""),
        ["quotaCount"] = ("1000", "1000"),
        ["neighbourSharePercent"] = ("40", "40"),
        ["destinationSharePercent"] = ("40", "40"),
        ["memoryBytes"] = ("32M", "\"32M\""),
        ["queueMemoryBytes"] = ("1M", "\"1M\""),
        ["neighbourEnvelopesPerSecond"] = ("500", "500"),
        ["diskBytes"] = ("64M", "\"64M\""),
        ["receipts"] = ("contacts", "\"contacts\""),
        ["directMessages"] = ("auto", "\"auto\""),
        ["postQuantumOverRadio"] = ("1", "true"),
        ["maxLinks"] = ("32", "32"),
        ["linkMemoryBytes"] = ("2M", "\"2M\""),
        ["fileMaxBytes"] = ("20M", "\"20M\""),
        ["fileAutoAcceptBytes"] = ("1M", "\"1M\""),
        ["fileBytesPerSecond"] = ("2M", "\"2M\""),
        ["downloads"] = ("/srv/downloads", "\"/srv/downloads\""),
        ["fapp"] = ("relay", "\"relay\""),
        ["fappRegions"] = ("04", "[\"04\"]"),
        ["fappRelays"] = ("qpc1x36slx9at870e9rd53d2405n8vg8ml84", "\"qpc1x36slx9at870e9rd53d2405n8vg8ml84\""),
        ["fappPublish"] = ("2h", "\"2h\""),
        ["fappDelay"] = ("30s", "\"30s\""),
        ["fappCover"] = ("20m", "\"20m\""),
        ["fappTrustsClock"] = ("1", "true"),
        ["fappAnchorsFile"] = ("/etc/qpc-mesh/anchors.pem", "\"/etc/qpc-mesh/anchors.pem\""),
        ["fappBlockFile"] = ("/etc/qpc-mesh/blocked", "\"/etc/qpc-mesh/blocked\""),
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NeedsFact(Packages.Busybox, Packages.Program)]
    public void Every_option_of_the_manual_has_its_place_and_the_program_takes_the_result()
    {
        string[] keys = [.. TableRow().Matches(File.ReadAllText(Repository.File("docs/reference/configuration.md")))
            .Select(m => m.Groups[1].Value)];
        keys = keys[..(keys.ToList().IndexOf("fappBlockFile") + 1)];
        Assert.Equal(keys.Order(), _values.Keys.Order());
        IEnumerable<string> lines = _values.Select(v =>
            $"\t{(v.Key is "listen" or "peers" or "discoveryInterfaces" or "fappRegions" ? "list" : "option")} "
                + $"{Snake(v.Key)} '{v.Value.Uci}'");

        Ran ran = Convert($"config qpc-mesh 'main'\n\toption enabled '0'\n{string.Join('\n', lines)}\n");

        Assert.True(ran.ExitCode == 0, ran.ToString());
        JsonObject made = JsonNode.Parse(File.ReadAllText(Made))!.AsObject();
        foreach ((string key, (_, string json)) in _values)
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), made[key]), $"{key}: {made[key]}");
        Ran check = Shell.Run(Repository.File(Packages.Program), ["run", "--check", "--config", Made]);
        Assert.True(check.ExitCode == 0, check.ToString());
    }

    [NeedsFact(Packages.Busybox, Packages.Program)]
    public void Every_option_of_a_radio_has_its_place_and_the_program_takes_the_result()
    {
        const string uci = """
            config qpc-mesh 'main'
            	list listen 'tcp://[::]:4711'
            config radio 'lora0'
            	option enabled '1'
            	option device '/dev/serial/by-id/usb-RNode_1-if00'
            	option modem 'rnode'
            	option frequency '868100000'
            	option region 'eu868'
            	option bandwidth '125000'
            	option sf '9'
            	option cr '5'
            	option power '14'
            	option baud '115200'
            	option network_key '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
            config radio
            	option device '/dev/ttyUSB1'
            	option modem 'e22'
            	option frequency '868125000'
            	option region 'eu868'
            	option air_rate '300'
            	option network_id '7'
            	option mode_switch 'gpio'
            	option gpio_chip '/dev/gpiochip0'
            	option m0 '22'
            	option m1 '27'
            	option power '10'
            config radio 'off'
            	option enabled '0'
            	option device '/dev/ttyUSB2'
            """;

        Ran ran = Convert(uci);

        Assert.True(ran.ExitCode == 0, ran.ToString());
        string[] listen = [.. JsonNode.Parse(File.ReadAllText(Made))!["listen"]!.AsArray().Select(u => (string)u!)];
        Assert.Equal(
            [
                "tcp://[::]:4711",
                "lora:/dev/serial/by-id/usb-RNode_1-if00?modem=rnode&frequency=868100000&region=eu868&bandwidth=125000&sf=9&cr=5&power=14&baud=115200"
                    + "&networkkey=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                "lora:/dev/ttyUSB1?modem=e22&frequency=868125000&region=eu868&airrate=300&networkid=7&modeswitch=gpio&gpiochip=/dev/gpiochip0&m0=22&m1=27&power=10",
            ],
            listen);
        Ran check = Shell.Run(Repository.File(Packages.Program), ["run", "--check", "--config", Made]);
        Assert.True(check.ExitCode == 0, check.ToString());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Made));
    }

    [Theory]
    [InlineData("config qpc-mesh 'main'\n\toption hop_limt '9'", "section 'main': unknown option 'hop_limt'")]
    [InlineData("config qpc-mesh 'main'\n\toption hop_limit 'many'", "section 'main': option 'hop_limit' is 'many'")]
    [InlineData("config qpc-mesh 'main'\n\toption hop_limit ''", "section 'main': option 'hop_limit' is ''")]
    [InlineData("config qpc-mesh 'main'\n\toption relay 'maybe'", "section 'main': option 'relay' is 'maybe'")]
    [InlineData("config qpc-mesh 'main'\n\toption enabled 'x'", "section 'main': option 'enabled' is 'x'")]
    [InlineData("config qpc-mesh 'main'\n\toption listen 'tcp://[::]:1'", "section 'main': 'listen' is a list")]
    [InlineData("config qpc-mesh 'main'\n\tlist peer 'tcp://[::]:1'", "section 'main': unknown list 'peer'")]
    [InlineData("config qpc-mesh 'main'\n\toption name 'a\nb'", "section 'main': option 'name' holds a line break")]
    [InlineData("config qpc-mesh 'main'\n\toption key_file '/tmp/qpc-mesh/k'",
        "section 'main': option 'key_file' is '/tmp/qpc-mesh/k': a reboot empties that")]
    [InlineData("config qpc-mesh 'main'\n\toption key_file '/etc/identity.key'",
        "accepted is a place in a directory called qpc-mesh")]
    [InlineData("config qpc-mesh 'main'\n\toption data_dir '/srv'",
        "accepted is a place in a directory called qpc-mesh")]
    [InlineData("config qpc-mesh 'main'\n\toption data_dir '/srv/../qpc-mesh'", "accepted is a path without ..")]
    [InlineData("config qpc-mesh 'main'\n\toption data_dir '/var/lib/qpc-mesh'", "a reboot empties that")]
    [InlineData("config qpc-mesh 'main'\n\toption downloads 'downloads'",
        "option 'downloads' is 'downloads'; accepted is a path that begins with /")]
    [InlineData("config qpc-mesh 'main'\n\toption downloads '/mnt/my disk'",
        "accepted is a path that begins with /, without blanks")]
    [InlineData("config qpc-mesh 'main'\n\toption fapp_anchors_file '/'",
        "section 'main': option 'fapp_anchors_file' is '/'")]
    [InlineData("config qpc-mesh 'main'\n\toption control '/var/run/c.sock'",
        "option 'control' is '/var/run/c.sock'; accepted is a place in a directory called qpc-mesh")]
    [InlineData("config qpc-mesh 'main'\nconfig qpc-mesh 'two'",
        "section 'two': there is one section of this type already: 'main'")]
    [InlineData("config qpc-mesh 'main'\nconfig antenna 'a'", "section 'a': unknown type of section 'antenna'")]
    [InlineData("config radio 'r'\n\toption device '/dev/ttyUSB0'", "there is no section of type 'qpc-mesh'")]
    [InlineData("config qpc-mesh 'main'\nconfig radio 'r'\n\toption region 'eu868'",
        "section 'r': a radio needs 'device'")]
    [InlineData("config qpc-mesh 'main'\nconfig radio 'r'\n\toption device '/dev/../etc/x y'",
        "section 'r': option 'device' is")]
    [InlineData("config qpc-mesh 'main'\nconfig radio 'r'\n\toption devise '/dev/ttyUSB0'",
        "section 'r': unknown option 'devise'")]
    [InlineData("config qpc-mesh 'main'\nconfig radio 'r'\n\toption sf '9&networkkey=1'",
        "section 'r': option 'sf' is '9&networkkey=1'")]
    [InlineData("config qpc-mesh 'main'\nconfig radio 'r'\n\tlist sf '9'", "section 'r': 'sf' is no list")]
    public void What_is_wrong_is_said_with_its_section_and_nothing_is_made(string uci, string complaint)
    {
        Ran ran = Convert(uci + "\n");

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains(complaint, ran.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Made));
    }

    private string Made => Path.Combine(_folder, "made.json");

    private static string Snake(string key) => Capital().Replace(key, m => "_" + m.Value.ToLowerInvariant());

    private Ran Convert(string uci)
    {
        File.WriteAllText(Path.Combine(_folder, "qpc-mesh"), uci);
        string functions = Repository.File("tests/Packaging.Tests/Router/functions.sh");
        string[] shell = File.Exists(Packages.Busybox) ? [Packages.Busybox, "sh"] : ["/bin/dash"];
        return Shell.Run(
            shell[0],
            [.. shell[1..], "-c", $". '{functions}'; . '{Packages.RouterFiles}/uci.sh'; qpc_write_config '{Made}'"],
            new Dictionary<string, string> { ["UCI_CONFIG_DIR"] = _folder });
    }

    [GeneratedRegex(@"^\| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
