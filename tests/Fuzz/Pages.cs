using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>Inputs from the pages of docs/.</summary>
internal static partial class Pages
{
    /// <summary>The hexadecimal examples of a page, by name.</summary>
    internal static IEnumerable<(string Name, byte[] Bytes)> Hex(string page)
    {
        foreach (Match match in HexBlock().Matches(Read(page)))
        {
            string digits = Space().Replace(Comment().Replace(match.Groups["hex"].Value, ""), "");
            yield return (match.Groups["name"].Value, Convert.FromHexString(digits));
        }
    }

    /// <summary>What stands in the fenced blocks of a language.</summary>
    internal static IEnumerable<string> Blocks(string page, string language) =>
        from match in Block().Matches(Read(page))
        where match.Groups["language"].Value == language
        select match.Groups["text"].Value;

    internal static string Read(string page) => File.ReadAllText(Repository.File("docs", "reference", page));

    [GeneratedRegex("^```hex (?<name>\\w+)\n(?<hex>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex HexBlock();

    [GeneratedRegex("^```(?<language>\\w*)[^\n]*\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(";.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
