using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Architecture.Tests;

/// <summary>Lines keep within the width that .editorconfig gives, where they can be broken.</summary>
public sealed partial class LineLengthTests
{
    [Fact]
    public void Lines_keep_within_the_width_of_editorconfig()
    {
        int width = int.Parse(Width().Match(File.ReadAllText(Repository.File(".editorconfig"))).Groups[1].Value);
        var tooLong = new List<string>();
        int files = 0;
        foreach (string file in Directory.GetFiles(Repository.Root, "*.cs", SearchOption.AllDirectories))
        {
            if (file.Contains("/obj/", StringComparison.Ordinal))
                continue;
            files++;
            bool isRaw = false;
            int number = 0;
            foreach (string line in File.ReadLines(file))
            {
                number++;
                bool wasRaw = isRaw;
                isRaw ^= line.Split("\"\"\"").Length % 2 == 0;
                if (line.Length > width && !wasRaw && !isRaw && !CannotBeBroken(line))
                    tooLong.Add($"{Path.GetRelativePath(Repository.Root, file)}:{number}: {line.Length}");
            }
        }

        Assert.True(files > 1000, $"only {files} files were looked at");
        Assert.Empty(tooLong);
    }

    // A text that is one, such as a vector or a JSON answer, and the name of a test, which is a sentence.
    private static bool CannotBeBroken(string line) => TestName().IsMatch(line) || Literal().IsMatch(line);

    [GeneratedRegex(@"max_line_length = (\d+)")]
    private static partial Regex Width();

    [GeneratedRegex(@"^\s+public (async Task|Task|void) \w+_\w+\(\)$")]
    private static partial Regex TestName();

    [GeneratedRegex(@"""[^""]{60,}|""""""")]
    private static partial Regex Literal();
}
