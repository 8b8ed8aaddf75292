namespace QuicProChat.Mesh.Packaging.Tests;

/// <summary>Every script of the repository, in the shells that run it and under shellcheck.</summary>
public class ScriptTests
{
    private const string ShellCheck = "/usr/bin/shellcheck";

    private static readonly string[] _roots = ["build", "packaging", "tests/Packaging.Tests", ".ci", "samples"];

    [NeedsFact(ShellCheck, Packages.Busybox)]
    public void Every_script_parses_in_its_shell_and_passes_shellcheck()
    {
        (string Path, string Shell)[] scripts = [.. Scripts()];
        Assert.True(scripts.Length >= 20, $"only {scripts.Length} scripts were found");
        foreach ((string path, string shell) in scripts)
        {
            // What a router runs, busybox has to read; everything else is Debian's.
            string[] parse = shell == "bash" ? ["bash", "-n", path] : path.Contains("openwrt", StringComparison.Ordinal)
                ? [Packages.Busybox, "sh", "-n", path]
                : ["dash", "-n", path];
            Ran parsed = Shell.Run(parse[0], parse[1..]);
            Assert.True(parsed.ExitCode == 0, $"{path}: {parsed}");
            // What a script sources is read along (-x). SC1091: what a router sources is not here.
            string dialect = shell == "bash" ? "bash" : "dash";
            Ran checkedBy = Shell.Run(ShellCheck, ["-x", "-s", dialect, "-e", "SC1091", path]);
            Assert.True(checkedBy.ExitCode == 0, $"{path}: {checkedBy}");
        }
    }

    private static IEnumerable<(string Path, string Shell)> Scripts()
    {
        IEnumerable<string> files = _roots.Select(r => Repository.File(r)).Where(Directory.Exists)
            .SelectMany(r => Directory.EnumerateFiles(r, "*", SearchOption.AllDirectories))
            .Where(f => !f.Contains("/bin/", StringComparison.Ordinal)
                && !f.Contains("/obj/", StringComparison.Ordinal))
            .Append(Repository.File("cross-compile.sh"));
        foreach (string file in files)
        {
            string first = File.ReadLines(file).FirstOrDefault() ?? "";
            if (first.StartsWith("#!", StringComparison.Ordinal) && first.Contains("bash", StringComparison.Ordinal))
                yield return (file, "bash");
            else if (first.StartsWith("#!/bin/sh", StringComparison.Ordinal)
                || first.StartsWith("# shellcheck shell=", StringComparison.Ordinal))
                yield return (file, "sh");
        }
    }
}
