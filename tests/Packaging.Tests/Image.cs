using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Packaging.Tests;

/// <summary>
/// What a Containerfile makes: a tree of files, and how it is run. It knows the instructions that ours have.
/// </summary>
internal sealed partial class Image
{
    private const string Debian = "docker.io/library/debian:bookworm-slim";

    /// <summary>Numbers of user and group.</summary>
    internal string User { get; private set; } = "0:0";

    /// <summary>The health check.</summary>
    internal string[] Health { get; private set; } = [];

    /// <summary>Program and arguments.</summary>
    internal string[] Command { get; private set; } = [];

    /// <summary>Variables.</summary>
    internal Dictionary<string, string> Environment { get; } = [];

    /// <summary>Does the steps of a folder's Containerfile in an empty folder.</summary>
    internal static Image Make(string context, string root)
    {
        var image = new Image();
        string[] arguments = [];
        foreach (string line in File.ReadAllLines(Path.Combine(context, "Containerfile"))
            .Where(l => l.Length > 0 && l[0] != '#'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (words[0])
            {
                case "FROM":
                    if (words[1] == Debian)
                        Install(root, "libc6");
                    else
                        Assert.Equal("scratch", words[1]);
                    break;
                case "RUN":
                    Install(root, Packages().Match(line).Groups[1].Value.Split(' '));
                    break;
                case "COPY":
                    string to = Path.Combine(root, words[^1].TrimStart('/'));
                    Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                    Shell.Do("cp", "-a", Path.Combine(context, words[^2]), to);
                    Shell.Do("chown", "-R", words.Length == 4 ? words[1]["--chown=".Length..] : "0:0", to);
                    break;
                case "USER":
                    image.User = words[1];
                    break;
                case "ENV":
                    image.Environment[words[1].Split('=')[0]] = words[1].Split('=')[1];
                    break;
                case "HEALTHCHECK":
                    image.Health = List(line);
                    break;
                case "ENTRYPOINT":
                    image.Command = List(line);
                    break;
                case "CMD":
                    arguments = List(line);
                    break;
                case "VOLUME" or "EXPOSE" or "STOPSIGNAL":
                    break;
                default:
                    throw new InvalidOperationException(line);
            }
        }

        image.Command = [.. image.Command, .. arguments];
        Shell.Do("chmod", "755", root);
        return image;
    }

    /// <summary>The files of packages as they lie on this machine, which is a Debian too.</summary>
    private static void Install(string root, params string[] packages)
    {
        // What /lib and /lib64 lead to.
        foreach (string folder in (string[])["usr/lib", "usr/lib64"])
            Directory.CreateDirectory(Path.Combine(root, folder));
        foreach (string file in Shell.Do("dpkg", ["-L", .. packages]).Split('\n')
            .Where(f => f.StartsWith("/lib", StringComparison.Ordinal)
                || f.StartsWith("/usr/lib", StringComparison.Ordinal)))
        {
            string to = root + file;
            if (Directory.Exists(file) && new DirectoryInfo(file).LinkTarget is null)
                Directory.CreateDirectory(to);
            else if (!Path.Exists(to))
                Shell.Do("cp", "-a", file, to);
        }
    }

    private static string[] List(string line) =>
        [.. JsonNode.Parse(JsonList().Match(line).Value)!.AsArray().Select(w => (string)w!)];

    [GeneratedRegex(@"\[.*\]$")]
    private static partial Regex JsonList();

    [GeneratedRegex("apt-get install -y --no-install-recommends ([a-z0-9 .-]+?) &&")]
    private static partial Regex Packages();
}
