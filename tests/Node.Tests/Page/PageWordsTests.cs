using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Node.Tests.Page;

/// <summary>The page says everything in both of its languages.</summary>
public sealed partial class PageWordsTests
{
    private const int LeastWords = 200;

    [Fact]
    public void Both_languages_have_the_same_sentences_with_the_same_places_for_values()
    {
        Dictionary<string, string> english = Words("en"), german = Words("de");
        Assert.True(english.Count > LeastWords, $"{english.Count} were read");
        Assert.Equal(english.Keys.Order(StringComparer.Ordinal), german.Keys.Order(StringComparer.Ordinal));
        Assert.All(english, pair => Assert.Equal(Places(pair.Value), Places(german[pair.Key])));
    }

    [Fact]
    public void Every_sentence_that_the_page_names_is_there_and_each_is_named()
    {
        Dictionary<string, string> words = Words("en");
        string[] sources = [.. Directory.GetFiles(Repository.File("web"), "*.js", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/words/", StringComparison.Ordinal)).Select(File.ReadAllText)];
        string all = string.Join('\n', sources);
        foreach (Match named in Named().Matches(all))
            Assert.True(words.ContainsKey(named.Groups[1].Value), named.Value);
        // Those that begin with a word and a point are put together from values.
        Assert.All(
            words.Keys.Where(static k => !k.Contains('.', StringComparison.Ordinal)),
            key => Assert.Matches(
                $@"['`]{Regex.Escape(key)}['`]|\b{Regex.Escape(key)}: (chats|network|care|node)View", all));
    }

    private static Dictionary<string, string> Words(string language) =>
        Word().Matches(File.ReadAllText(Repository.File("web", "words", language + ".js")))
            .ToDictionary(static m => m.Groups[1].Value, static m => m.Groups[2].Value);

    private static string Places(string sentence) =>
        string.Join(' ', Place().Matches(sentence).Select(static m => m.Groups[1].Value).Distinct()
            .Order(StringComparer.Ordinal));

    [GeneratedRegex(@"(?<=[ \n])'?([\w.-]+)'?: '([^']*)'")]
    private static partial Regex Word();

    [GeneratedRegex(@"\{(\w+)")]
    private static partial Regex Place();

    [GeneratedRegex(@"\bt\('([^']+)'")]
    private static partial Regex Named();
}
