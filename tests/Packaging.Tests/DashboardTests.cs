using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QuicProChat.Mesh.Packaging.Tests.Server;

namespace QuicProChat.Mesh.Packaging.Tests;

/// <summary>The dashboards for Grafana ask for what a node and a server have.</summary>
public sealed partial class DashboardTests
{
    [NeedsFact(Packages.Program)]
    public void Every_metric_and_every_label_of_the_dashboard_is_one_that_the_daemon_or_the_manual_names()
    {
        using LoneNode node = LoneNode.Start();
        string metrics = node.Ctl("metrics");
        // Series of radios are there where a radio is; the manual lists them.
        string manual = File.ReadAllText(Repository.File("docs/reference/control.md"));
        string[] expressions =
            [.. Expressions(Dashboard("qpc-mesh"))];
        Assert.True(expressions.Length >= 25, $"only {expressions.Length} expressions were found");
        foreach (string expression in expressions)
        {
            string[] names = [.. Metric().Matches(expression).Select(m => m.Value)];
            Assert.NotEmpty(names);
            foreach (string name in names)
            {
                bool known = name.StartsWith("qpc_radio_", StringComparison.Ordinal)
                    ? Regex.IsMatch(manual, $"`{name}\\b")
                    : metrics.Contains($"# TYPE {name} ", StringComparison.Ordinal);
                Assert.True(known, $"{name} in: {expression}");
                // A counter is read as a rate, a gauge as it is.
                bool isRate = Regex.IsMatch(expression, $@"(rate|increase)\({name}\b");
                Assert.Equal(name.EndsWith("_total", StringComparison.Ordinal), isRate);
            }

            foreach (Match label in EventLabel().Matches(expression))
            {
                var pattern = new Regex($"^(?:{label.Groups[1].Value})$");
                string[] events = [.. RouterEvent().Matches(metrics).Select(m => m.Groups[1].Value)];
                Assert.True(events.Count(pattern.IsMatch) >= 5, expression);
                foreach (string alternative in Alternatives(label.Groups[1].Value))
                    Assert.Contains(events, e => Regex.IsMatch(e, $"^(?:{alternative})$"));
            }
        }
    }

    [NeedsFact(LoneServer.Program)]
    public void Every_metric_of_the_servers_dashboard_is_one_that_the_server_has()
    {
        string folder = Directory.CreateTempSubdirectory("qpc-server-").FullName;
        try
        {
            int metricsPort = LoneServer.FreePort();
            using LoneServer server = LoneServer.Start(folder, LoneServer.FreePort(), metricsPort);
            using HttpClient client = new();
            string metrics = client.GetStringAsync($"http://127.0.0.1:{metricsPort}/metrics").GetAwaiter().GetResult();
            string[] expressions = [.. Expressions(Dashboard("qpc-server"))];
            Assert.True(expressions.Length >= 12, $"only {expressions.Length} expressions were found");
            string[] named = [.. expressions.SelectMany(e => Metric().Matches(e)).Select(m => m.Value).Distinct()];
            foreach (string name in named)
            {
                Assert.Contains($"# TYPE {name} ", metrics, StringComparison.Ordinal);
                Assert.All(expressions.Where(e => Regex.IsMatch(e, $@"\b{name}\b")), e => Assert.Equal(
                    name.EndsWith("_total", StringComparison.Ordinal), Regex.IsMatch(e, $@"rate\({name}\b")));
            }

            foreach (Match type in Regex.Matches(metrics, "# TYPE (qpc_[a-z_]+) "))
                Assert.Contains(type.Groups[1].Value, named);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("qpc-mesh")]
    [InlineData("qpc-server")]
    public void Panels_have_titles_units_and_places_that_do_not_overlap(string dashboard)
    {
        JsonNode[] panels = [.. Dashboard(dashboard)["panels"]!.AsArray().Select(p => p!)];
        var taken = new HashSet<(int X, int Y)>();
        Assert.Equal(panels.Length, panels.Select(p => (int)p["id"]!).Distinct().Count());
        foreach (JsonNode panel in panels)
        {
            Assert.NotEqual("", (string?)panel["title"]);
            JsonNode at = panel["gridPos"]!;
            for (int x = (int)at["x"]!; x < (int)at["x"]! + (int)at["w"]!; x++)
            {
                Assert.InRange(x, 0, 23);
                for (int y = (int)at["y"]!; y < (int)at["y"]! + (int)at["h"]!; y++)
                    Assert.True(taken.Add((x, y)), $"{panel["title"]} overlaps at {x}, {y}");
            }
        }
    }

    private static JsonNode Dashboard(string name) =>
        JsonNode.Parse(File.ReadAllText(Repository.File($"packaging/grafana/{name}.json")))!;

    private static IEnumerable<string> Expressions(JsonNode dashboard) =>
        dashboard["panels"]!.AsArray().Where(p => p!["targets"] is not null)
            .SelectMany(p => p!["targets"]!.AsArray().Select(t => (string)t!["expr"]!))
            .Concat(dashboard["templating"]!["list"]!.AsArray().Select(v => (string)v!["query"]!)
                .Where(q => q.Contains("qpc_", StringComparison.Ordinal)));

    /// <summary>a_(b|c) as a_b and a_c; one group is all that the dashboard has.</summary>
    private static IEnumerable<string> Alternatives(string pattern)
    {
        Match group = Regex.Match(pattern, @"\(([^)]*)\)");
        return group.Success ? group.Groups[1].Value.Split('|')
            .Select(a => pattern.Replace(group.Value, a, StringComparison.Ordinal)) : [pattern];
    }

    [GeneratedRegex(@"\bqpc_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("event=~?\"([^\"]*)\"")]
    private static partial Regex EventLabel();

    [GeneratedRegex("qpc_router_events_total\\{event=\"([a-z_]+)\"\\}")]
    private static partial Regex RouterEvent();
}
