using System.Diagnostics;
using System.Text.Json.Nodes;

namespace QuicProChat.Mesh.Packaging.Tests.Server;

/// <summary>
/// The server's container without an engine: the steps of its Containerfile by hand, and its Compose file against what
/// it names.
/// </summary>
public sealed class ServerContainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-container-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [RootFact(LoneServer.Program)]
    public void The_container_runs_as_nobody_of_note_with_the_packages_that_it_installs_and_its_health_check_tells()
    {
        string context = Context(), root = Directory.CreateDirectory(Path.Combine(_folder, "root")).FullName;
        Image image = Image.Make(context, root);
        Assert.NotEqual("0:0", image.User);
        // An engine gives each container a /dev; of it the framework reads this.
        Directory.CreateDirectory(Path.Combine(root, "dev"));
        Shell.Do("mknod", "-m", "666", Path.Combine(root, "dev/urandom"), "c", "1", "9");
        string[] inside = ["chroot", $"--userspec={image.User}", "--groups=", root];
        ProcessStartInfo start = new("unshare",
            ["--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", .. inside, .. image.Command]);
        int id = 0;
        // The process stays the same through unshare, sh and chroot.
        Ran Ask(params string[] words) =>
            Shell.Run("nsenter", [$"--net=/proc/{id}/ns/net", .. inside, .. words]);
        using LoneServer server = LoneServer.Start(start, () =>
        {
            id = Children().FirstOrDefault();
            return id == 0 ? new Ran(1, "", "it has not started") : Ask(image.Health);
        });
        Assert.Equal("ok\n", Ask(image.Health).Output);
        Ran invitation = Ask([image.Command[0], "invite", "--data-dir", "/data"]);
        Assert.True(invitation.ExitCode == 0, invitation.ToString());
        Assert.Equal(27, invitation.Output.Length);
        Assert.True(File.Exists(Path.Combine(root, "data/server.key")));
        Assert.Equal(0, server.Stop());
    }

    [NeedsFact(LoneServer.Program)]
    public void The_compose_file_names_options_files_secrets_and_ports_that_are_there()
    {
        string context = Context();
        JsonNode compose = Yaml(Path.Combine(context, "compose.yaml"));
        JsonNode services = compose["services"]!;
        string help = Shell.Do(Repository.File(LoneServer.Program), "run", "--help");
        string[] command = Texts(services["server"]!["command"]!);
        Assert.Equal("run", command[0]);
        foreach (string option in command[1..])
            Assert.Contains($"  {option.Split('=')[0]} ", help, StringComparison.Ordinal);

        // What is mounted and is no volume lies beside the file, or is a secret that the guide has the operator make.
        string[] secrets = ["./database-password", "./grafana-password", "./connection"];
        string guide = File.ReadAllText(Repository.File("docs/guide/server.md"));
        foreach (string secret in secrets)
            Assert.Contains(secret[2..], guide, StringComparison.Ordinal);
        foreach ((string name, JsonNode? service) in services.AsObject())
        {
            foreach (string volume in Texts(service!["volumes"] ?? new JsonArray()))
            {
                string from = volume.Split(':')[0];
                if (!from.StartsWith("./", StringComparison.Ordinal))
                    Assert.Contains(compose["volumes"]!.AsObject(), v => v.Key == from);
                else if (!secrets.Contains(from))
                    Assert.True(Path.Exists(Path.Combine(context, from)), $"{name}: {from}");
            }

            foreach (string secret in Texts(service["secrets"] ?? new JsonArray()))
                Assert.Contains((string?)compose["secrets"]![secret]!["file"], secrets);
            foreach (string network in Texts(service["networks"]!))
                Assert.Contains(compose["networks"]!.AsObject(), n => n.Key == network);
            // Nothing but the server itself is open to other machines.
            foreach (string port in Texts(service["ports"] ?? new JsonArray()))
                Assert.True(name == "server" || port.StartsWith("127.0.0.1:", StringComparison.Ordinal), port);
        }

        string target = (string)Yaml(Path.Combine(context, "prometheus.yml"))["scrape_configs"]![0]![
            "static_configs"]![0]!["targets"]![0]!;
        Assert.Equal("server:9465", target);
        Assert.Contains("--host=server", command);
        Assert.Contains("--metrics-listen=0.0.0.0:9465", command);
        JsonNode source = Yaml(Path.Combine(context, "grafana-sources.yaml"))["datasources"]![0]!;
        Assert.Equal("http://prometheus:9090", (string?)source["url"]);
        string dashboards =
            (string)Yaml(Path.Combine(context, "grafana-dashboards.yaml"))["providers"]![0]!["options"]!["path"]!;
        Assert.Contains($"./dashboards:{dashboards}:ro", Texts(services["grafana"]!["volumes"]!));
        Assert.NotNull(JsonNode.Parse(File.ReadAllText(Path.Combine(context, "dashboards/qpc-server.json"))));
    }

    private static IEnumerable<int> Children()
    {
        string children = $"/proc/{Environment.ProcessId}/task";
        return Directory.EnumerateDirectories(children)
            .SelectMany(t => File.ReadAllText(Path.Combine(t, "children")).Split(' ', StringSplitOptions.TrimEntries))
            .Where(c => c.Length > 0 && CommandOf(c).StartsWith("/usr/bin/qpc-server\0", StringComparison.Ordinal))
            .Select(int.Parse);
    }

    private static string CommandOf(string id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private string Context() =>
        ServerArtifacts.Build(Path.Combine(_folder, "context"), "server-container:x86_64", "server-container-x86_64");

    private static JsonNode Yaml(string path) => JsonNode.Parse(Shell.Do(
        "python3", "-c", "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)", path))!;

    private static string[] Texts(JsonNode list) => [.. list.AsArray().Select(t => (string)t!)];
}
