using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Architecture.Tests;

/// <summary>docs/security.md promises only what a test shows: each test that it names exists.</summary>
public partial class SecurityPageTests
{
    private const int LeastPromises = 20;

    [Fact]
    public void Every_test_that_the_security_page_names_exists()
    {
        string page = File.ReadAllText(Repository.File("docs", "security.md"));
        string[] named = [.. NamedTest().Matches(page).Select(m => m.Groups[1].Value).Distinct()];
        Assert.True(named.Length >= LeastPromises, $"{named.Length} tests are named");
        HashSet<string> there = [.. Directory.GetFiles(Repository.File("tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => TestMethod().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value))];
        Assert.All(named, name => Assert.Contains(name, there));
    }

    [GeneratedRegex(@"\[`(\w+_\w+)`\]")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"public (?:async )?(?:void|Task) (\w+)\(")]
    private static partial Regex TestMethod();
}
