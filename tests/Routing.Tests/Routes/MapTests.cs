using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed partial class MapTests
{
    [Fact]
    public void The_map_of_the_routing_page_names_every_file_of_the_protocol_and_none_that_is_gone()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "QuicProChat.Mesh.sln")))
            root = root.Parent;
        Assert.NotNull(root);
        string folder = Path.Combine(root.FullName, "routing", "Routes");
        string[] named = [.. File.ReadLines(Path.Combine(root.FullName, "docs", "reference", "routing.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .SelectMany(line => FileName().Matches(line.Split('|')[1]).Select(match => match.Value))
            .Select(name => name.StartsWith('.') ? "RouteProtocol" + name : name)];
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.True(File.Exists(Path.Combine(folder, name)), name));
        Assert.All(
            Directory.GetFiles(folder, "RouteProtocol.*.cs").Select(path => Path.GetFileName(path)!),
            name => Assert.Contains(name, named));
    }

    [GeneratedRegex(@"[A-Za-z.]+\.cs")]
    private static partial Regex FileName();
}
