using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Architecture.Tests;

/// <summary>The guide walks through the code by the names of its files: each of them exists.</summary>
public partial class GuideTests
{
    public static TheoryData<string, int> Pages => new()
    {
        { "life-of-an-envelope.md", 25 },
        { "adding-a-conversation.md", 15 },
        { "adding-a-command.md", 15 },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_file_that_a_page_of_the_guide_names_exists(string page, int least)
    {
        string[] named = [.. FileName().Matches(File.ReadAllText(Repository.File("docs", "guide", page)))
            .Select(m => m.Groups[1].Value).Distinct()];
        Assert.True(named.Length >= least, $"{named.Length} files are named");
        Assert.All(named, name => Assert.True(File.Exists(Repository.File(name.Split('/'))), name));
    }

    [GeneratedRegex(@"`([A-Za-z0-9./-]+/[A-Za-z0-9.-]+\.(?:cs|txt|md))`")]
    private static partial Regex FileName();
}
