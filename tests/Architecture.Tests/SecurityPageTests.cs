using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Architecture.Tests;

/// <summary>
/// docs/security.md and docs/faults.md promise only what a test shows: each test that they name exists.
/// </summary>
public partial class SecurityPageTests
{
    private const int LeastPromises = 20;

    [Theory]
    [InlineData("security.md")]
    [InlineData("faults.md")]
    public void Every_test_that_a_page_of_promises_names_exists(string name)
    {
        string page = File.ReadAllText(Repository.File("docs", name));
        string[] named = [.. NamedTest().Matches(page).Select(m => m.Groups[1].Value).Distinct()];
        Assert.True(named.Length >= LeastPromises, $"{named.Length} tests are named");
        HashSet<string> there = [.. Directory.GetFiles(Repository.File("tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => TestMethod().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value))];
        Assert.All(named, test => Assert.Contains(test, there));
    }

    [GeneratedRegex(@"\[`(\w+_\w+)`\]")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"public (?:async )?(?:void|Task) (\w+)\(")]
    private static partial Regex TestMethod();
}
