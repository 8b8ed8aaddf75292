using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Packaging.Tests.Router;

/// <summary>The page for LuCI: what it asks, who may ask it, and what it does with the words of strangers.</summary>
public sealed partial class PageTests : IDisposable
{
    private const int User = 65_001;
    private const string Evil = "<img src=x onerror=alert(1)>";

    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-page-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NeedsFact(Packages.JavaScript, Packages.Busybox)]
    public void The_page_asks_for_what_the_script_answers_and_the_access_list_allows_and_no_more()
    {
        JsonNode shown = Show([]);
        string[] asked = [.. Strings(shown["declared"]!).Order()];

        JsonNode list = JsonNode.Parse(
            File.ReadAllText(
                $"{Packages.PageFiles}/root/usr/share/rpcd/acl.d/luci-app-qpc-mesh.json"))!["luci-app-qpc-mesh"]!;
        Assert.Equal(asked, Strings(list["read"]!["ubus"]!["qpc-mesh"]!).Select(m => $"qpc-mesh.{m}").Order());
        Assert.Null(list["write"]!["ubus"]);
        Assert.Equal("""["qpc-mesh"]""", list["write"]!["uci"]!.ToJsonString());
        Ran said = Shell.Run(Packages.Busybox, ["sh", $"{Packages.PageFiles}/root/usr/libexec/rpcd/qpc-mesh", "list"]);
        JsonObject answered = JsonNode.Parse(said.Output)!.AsObject();
        Assert.Equal(asked, answered.Select(m => $"qpc-mesh.{m.Key}").Order());
        // No method has an argument.
        Assert.All(answered, m => Assert.Empty(m.Value!.AsObject()));
        JsonNode menu = JsonNode.Parse(
            File.ReadAllText(
                $"{Packages.PageFiles}/root/usr/share/luci/menu.d/luci-app-qpc-mesh.json"))!["admin/services/qpc-mesh"]!;
        Assert.True(File.Exists(
            $"{Packages.PageFiles}/htdocs/luci-static/resources/view/{menu["action"]!["path"]}.js"));
        Assert.Equal("luci-app-qpc-mesh", (string?)menu["depends"]!["acl"]![0]);
    }

    [NeedsFact(Packages.JavaScript)]
    public void Every_option_of_the_form_is_one_that_the_service_knows()
    {
        string uci = File.ReadAllText(Path.Combine(Packages.RouterFiles, "uci.sh"));
        string main = uci[uci.IndexOf("qpc_main_option()", StringComparison.Ordinal)..uci.IndexOf(
            "qpc_radio_option()", StringComparison.Ordinal)];
        string radio = uci[uci.IndexOf("qpc_radio_option()", StringComparison.Ordinal)..uci.IndexOf(
            "qpc_radio_end()", StringComparison.Ordinal)];
        string[] options = [.. Strings(Show([])["options"]!)];
        Assert.Equal("config qpc-mesh", options[0]);
        Assert.Equal(options.Length, options.Distinct().Count());
        foreach (string[] option in options[1..].Select(o => o.Split('.')))
            Assert.Contains(option[1], Word().Matches(option[0] == "radio" ? radio : main).Select(w => w.Value));

        // Whoever adds a setting decides whether it is on the form.
        string[] elsewhere =
        [
            "keyFile", "control", "controlGroup", "passphraseFile", "quotaCount", "neighbourSharePercent",
            "destinationSharePercent",
            "queueMemoryBytes", "neighbourEnvelopesPerSecond", "linkMemoryBytes",
        ];
        string manual = File.ReadAllText(Repository.File("docs/reference/configuration.md"));
        string[] keys = [.. TableRow().Matches(manual).Select(m => m.Groups[1].Value)];
        keys = keys[..(keys.ToList().IndexOf("fappBlockFile") + 1)];
        Assert.Equal(
            keys.Except(elsewhere).Order(StringComparer.Ordinal),
            options.Where(o => o.StartsWith("qpc-mesh.", StringComparison.Ordinal) && o != "qpc-mesh.enabled")
                .Select(o => Camel(o["qpc-mesh.".Length..])).Order(StringComparer.Ordinal));
    }

    [NeedsFact(Packages.JavaScript)]
    public void The_form_refuses_what_is_no_size_and_no_duration_before_it_is_saved()
    {
        JsonNode shown = Show(new JsonObject
        {
            ["checks"] = JsonNode.Parse("""
                [["qpc-mesh.file_max_bytes", "50M"], ["qpc-mesh.file_max_bytes", ""], ["qpc-mesh.disk_bytes", "many"],
                 ["qpc-mesh.lifetime", "3d"], ["qpc-mesh.fapp_publish", "1"], ["qpc-mesh.fapp_delay", "-1m"]]
                """),
        });
        JsonNode said = shown["checked"]!;
        foreach (string good in new[] { "qpc-mesh.file_max_bytes 50M", "qpc-mesh.file_max_bytes ",
            "qpc-mesh.lifetime 3d" })
            Assert.True((bool)said[good]!, good);
        foreach (string bad in new[] { "qpc-mesh.disk_bytes many", "qpc-mesh.fapp_publish 1",
            "qpc-mesh.fapp_delay -1m" })
            Assert.StartsWith("A number", (string?)said[bad], StringComparison.Ordinal);
    }

    [NeedsFact(Packages.JavaScript)]
    public void Words_of_strangers_are_text_on_the_page_and_never_html()
    {
        JsonNode shown = Show(new JsonObject
        {
            ["status"] = JsonNode.Parse(
                $$"""{"name":"{{Evil}}","address":"qpc1a","version":"1","uptimeSeconds":90061,"listen":["{{Evil}}"],"peers":1,"routes":2,"memoryBytes":14000000,"warnings":["{{Evil}}"]}"""),
            ["peers"] = JsonNode.Parse(
                $$"""{"list":[{"address":"{{Evil}}","name":"{{Evil}}","transport":"tcp","uri":"{{Evil}}","rttMs":null,"rxBytes":5,"txBytes":7}]}"""),
            ["radio"] = JsonNode.Parse(
                $$"""{"list":[{"device":"/dev/ttyUSB0","state":"lost","why":"{{Evil}}","frequencyHz":868100000,"windowSeconds":3600,"budgetSeconds":36,"airtime":[{"class":"message","usedSeconds":1,"leftSeconds":30}],"queued":2,"neighbours":[{"address":"a","name":"{{Evil}}","rssiDbm":-90}]}]}"""),
            ["queue"] = JsonNode.Parse(
                $$"""{"count":3,"bytes":4000,"inFlight":0,"awaitingReceipt":1,"held":[{"destination":"d","name":"{{Evil}}","count":3,"bytes":4000}]}"""),
            ["doctor"] = JsonNode.Parse(
                $$"""{"list":[{"check":"clock","severity":"ok","text":"unseen","advice":null},{"check":"disk","severity":"problem","text":"{{Evil}}","advice":"{{Evil}}"}]}"""),
            ["check"] = JsonNode.Parse($$"""{"complaints":["{{Evil}}"]}"""),
        });

        Assert.Empty(Strings(shown["html"]!));
        string[] texts = [.. Strings(shown["first"]!)];
        Assert.Equal(12, texts.Count(t => t.Contains(Evil, StringComparison.Ordinal)));
        foreach (string expected in new[] { "1 d 1 h", "14.0 MB", "868.100 MHz", "message: 30 s", "36 s in 1 h 0 min",
            "3 envelopes, 4.0 kB; 1 of own messages wait for a receipt." })
            Assert.Contains(expected, texts);
        Assert.DoesNotContain("unseen", texts);
        Assert.Contains(texts, t => t.Contains("FORM", StringComparison.Ordinal));
        Assert.Equal(10, (int)shown["seconds"]![0]!);
        Assert.Contains("868.100 MHz", Strings(shown["again"]!));
    }

    [NeedsFact(Packages.JavaScript)]
    public void A_node_that_does_not_run_and_answers_of_another_form_leave_the_form_on_the_page()
    {
        foreach (string reply in new[] { """{"error":"stopped"}""", """{"error":"<b>"}""", "{}",
            """{"list":7,"listen":null,"held":null,"complaints":3}""", """{"list":[{}]}""", "null", "6", "[]" })
        {
            JsonNode shown = Show(new JsonObject(new[] { "status", "peers", "radio", "queue", "doctor", "check" }
                .Select(m => KeyValuePair.Create<string, JsonNode?>(m, JsonNode.Parse(reply)))));
            Assert.Contains("FORM", Strings(shown["first"]!));
            Assert.Empty(Strings(shown["html"]!));
            if (reply is "6" or "null" or "[]")
                Assert.Equal(5, Strings(shown["first"]!).Count(t => t == "The node did not answer."));
        }
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void The_script_tells_what_a_running_node_says_what_is_wrong_with_its_settings_and_that_none_runs()
    {
        using RouterRoot router = RouterRoot.Create(User).Install().InstallPage();
        Assert.Equal("""{"error":"stopped"}""", Call(router, "status").ToJsonString());
        using (RunningNode node = RunningNode.Start(router))
        {
            Assert.Equal(node.Address, (string?)Call(router, "status")["address"]);
            Assert.Empty(Call(router, "peers")["list"]!.AsArray());
            Assert.Empty(Call(router, "radio")["list"]!.AsArray());
            Assert.Equal(0, (int)Call(router, "queue")["count"]!);
            Assert.Contains(Call(router, "doctor")["list"]!.AsArray(), f => (string?)f!["check"] == "neighbours");
            Assert.Equal("""{"complaints":[]}""", Call(router, "check").ToJsonString());
        }

        int logged = router.Log.Length;
        File.AppendAllText(router.File("etc/config/qpc-mesh"),
            "\tlist peers 'a\\b\"c$(touch /tmp/pwned)ü'\n\toption hop_limt '`touch /tmp/pwned`'\n");
        string[] complaints = [.. Strings(Call(router, "check")["complaints"]!)];
        Assert.Contains(complaints, c => c == "section 'main': unknown option 'hop_limt'");
        router.Run("sed -i /hop_limt/d /etc/config/qpc-mesh");
        Assert.Contains(Strings(Call(router, "check")["complaints"]!),
            c => c.Contains("a\\b\"c$(touch /tmp/pwned)??", StringComparison.Ordinal));
        Assert.False(File.Exists(router.File("tmp/pwned")));
        Assert.Equal(logged, router.Log.Length);
        Assert.Empty(Directory.EnumerateFiles(router.File("var/etc"), "*check*"));
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void Nothing_that_a_caller_says_gets_into_a_command()
    {
        using RouterRoot router = RouterRoot.Create(User).Install().InstallPage();
        // Notes how it was called.
        router.Write("usr/bin/qpc-mesh", "#!/bin/sh\necho \"$*\" >>/tmp/calls\necho '{\"fine\":true}'\n", "755");
        string[] hostile =
            ["", "shutdown", "send", "status; touch /tmp/pwned", "$(touch /tmp/pwned)", "`touch /tmp/pwned`", "--help",
                "../status", "status\nshutdown", "*", "s[t]atus", "[a-z]*"];
        foreach (string method in hostile)
        {
            Ran ran = Shell.Run("chroot", [router.Path, "/usr/libexec/rpcd/qpc-mesh", "call", method], _path);
            Assert.True(ran is { ExitCode: 1, Output: "" }, $"{method}: {ran}");
        }

        foreach (string verb in new[] { "", "lists", "-c", "call; touch /tmp/pwned" })
            Assert.Equal(1, Shell.Run("chroot", [router.Path, "/usr/libexec/rpcd/qpc-mesh", verb, "status"],
                _path).ExitCode);
        Assert.False(File.Exists(router.File("tmp/calls")));
        router.Write("tmp/input", """{"to":"$(touch /tmp/pwned)","command":"shutdown","x":"\";touch /tmp/pwned;\""}""");
        Ran answered = router.Run("/usr/libexec/rpcd/qpc-mesh call status shutdown '; touch /tmp/pwned' </tmp/input");
        Assert.Equal("{\"fine\":true}\n", answered.Output);
        Assert.Equal("ctl --json status\n", File.ReadAllText(router.File("tmp/calls")));
        Assert.False(File.Exists(router.File("tmp/pwned")));
    }

    [RootTheory(Packages.Busybox, Packages.Program)]
    [InlineData("echo not json", "failed")]
    [InlineData("echo '{\"half\":'; exit 1", "failed")]
    [InlineData("exit 139", "failed")]
    [InlineData("exit 3", "stopped")]
    [InlineData("printf '{\"a\":\"'; head -c 300000 /dev/zero | tr '\\0' x; printf '\"}'", "too-long")]
    public void A_program_that_answers_strangely_is_an_error_with_a_name(string behaviour, string error)
    {
        using RouterRoot router = RouterRoot.Create(User).Install().InstallPage();
        router.Run("mknod -m 666 /dev/zero c 1 5");
        router.Write("usr/bin/qpc-mesh", $"#!/bin/sh\n{behaviour}\n", "755");
        Assert.Equal($$"""{"error":"{{error}}"}""", Call(router, "status").ToJsonString());
    }

    private static readonly Dictionary<string, string> _path = new() { ["PATH"] = "/bin:/usr/bin" };

    private static JsonNode Call(RouterRoot router, string method)
    {
        Ran ran = router.Run($"/usr/libexec/rpcd/qpc-mesh call {method} </dev/null");
        Assert.True(ran is { ExitCode: 0, Errors: "" }, ran.ToString());
        return JsonNode.Parse(ran.Output)!;
    }

    private JsonNode Show(JsonObject replies)
    {
        string file = Path.Combine(_folder, "replies.json");
        File.WriteAllText(file, replies.ToJsonString());
        return JsonNode.Parse(Shell.Do(
            Packages.JavaScript, Repository.File("tests/Packaging.Tests/Router/page.js"),
            $"{Packages.PageFiles}/htdocs/luci-static/resources/view/qpc-mesh.js", file))!;
    }

    private static IEnumerable<string> Strings(JsonNode list) => list.AsArray().Select(i => (string)i!);

    private static string Camel(string snake) =>
        AfterUnderscore().Replace(snake, m => m.Groups[1].Value.ToUpperInvariant());

    [GeneratedRegex("_([a-z])")]
    private static partial Regex AfterUnderscore();

    [GeneratedRegex(@"^\| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
