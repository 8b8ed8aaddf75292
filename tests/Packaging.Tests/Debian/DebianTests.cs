using System.Globalization;
using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Packaging.Tests.Debian;

/// <summary>
/// The Debian package as an archive; <c>make packages-test</c> installs it in a Debian that systemd boots (drill.sh).
/// </summary>
public sealed partial class DebianTests : IDisposable
{
    private const string DynamicProgram = "artifacts/dynamic/qpc-mesh";
    private const string Lintian = "/usr/bin/lintian";

    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-deb-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NeedsFact(Packages.Program, DynamicProgram, Lintian)]
    public void The_package_is_the_same_from_the_same_input_and_lintian_finds_nothing()
    {
        string first = Build("first");
        string second = Build("second");
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));

        Ran ran = Shell.Run(Lintian, ["--fail-on", "warning,error", "--tag-display-limit", "0", first]);
        Assert.True(ran.ExitCode == 0, ran.ToString());
        string listing = Shell.Do("dpkg-deb", "-c", first);
        Assert.All(listing.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Contains(" root/root ", line, StringComparison.Ordinal));
        foreach (string file in new[] { "usr/bin/qpc-mesh", "etc/qpc-mesh/qpc-mesh.conf",
            "lib/systemd/system/qpc-mesh.service", "usr/lib/sysusers.d/qpc-mesh.conf",
            "usr/share/man/man1/qpc-mesh.1.gz", "usr/share/man/man5/qpc-mesh.conf.5.gz",
            "usr/share/bash-completion/completions/qpc-mesh", "usr/share/doc/qpc-mesh/COMPONENTS.gz" })
            Assert.Contains($" ./{file}\n", listing, StringComparison.Ordinal);
    }

    [NeedsFact(DynamicProgram)]
    public void The_program_asks_for_no_newer_libc_and_no_other_library_than_the_package_depends_on() =>
        CheckLibraries(DynamicProgram, "packaging/debian/control.in");

    [NeedsFact("/usr/bin/systemd-analyze")]
    public void Systemd_finds_the_service_little_exposed() =>
        Assert.InRange(Exposure("packaging/debian/qpc-mesh.service"), 0.1, 2.0);

    [NeedsFact(Packages.Program)]
    public void The_settings_of_the_package_are_accepted_by_the_program()
    {
        Ran ran = Shell.Run(Repository.File(Packages.Program),
            ["run", "--check", "--config", Repository.File("packaging/debian/qpc-mesh.conf")]);
        Assert.True(ran.ExitCode == 0, ran.ToString());
    }

    [NeedsFact(Packages.Program)]
    public void The_manual_pages_say_what_help_and_the_manual_say_and_troff_has_no_complaint()
    {
        Manual();
        foreach (string page in new[] { "qpc-mesh.1", "qpc-mesh.conf.5" })
        {
            Ran ran = Shell.Run("groff", ["-man", "-Tutf8", "-Kutf8", "-ww", "-z", Path.Combine(_folder, page)]);
            Assert.True(ran is { ExitCode: 0, Errors: "" }, $"{page}: {ran}");
        }

        string commands = File.ReadAllText(Path.Combine(_folder, "qpc-mesh.1"))
            .Replace("\\-", "-", StringComparison.Ordinal);
        string help = Shell.Do(Repository.File(Packages.Program), "ctl", "send", "--help");
        foreach (Match option in Option().Matches(help).Where(o => o.Value != "--help"))
            Assert.Contains(option.Value, commands, StringComparison.Ordinal);
        string settings = File.ReadAllText(Path.Combine(_folder, "qpc-mesh.conf.5"));
        foreach (Match key in TableRow().Matches(File.ReadAllText(Repository.File("docs/reference/configuration.md"))))
            Assert.Contains($"\\fB{key.Groups[1].Value}\\fR", settings, StringComparison.Ordinal);
    }

    [NeedsFact(Packages.Program)]
    public void Bash_completes_commands_and_options()
    {
        Manual();
        string script = Path.Combine(_folder, "completion");
        Ran checkedBy = Shell.Run("shellcheck", ["-s", "bash", script]);
        Assert.True(checkedBy.ExitCode == 0, checkedBy.ToString());
        Assert.Equal("run", Complete(script, "qpc-mesh", "ru"));
        Assert.Equal("requests", Complete(script, "qpc-mesh", "ctl", "req"));
        Assert.Equal("rekey rename", Complete(script, "qpc-mesh", "ctl", "lite", "re"));
        Assert.Equal("--lifetime", Complete(script, "qpc-mesh", "ctl", "send", "bob", "text", "--life"));
        Assert.Equal("--backup-passphrase-file", Complete(script, "qpc-mesh", "identity", "export", "--b"));
    }

    internal static void CheckLibraries(string program, string controlFile)
    {
        string needed = Shell.Do("objdump", "-p", Repository.File(program));
        Version newest = LibcVersion().Matches(needed).Select(m => Version.Parse(m.Groups[1].Value)).Max()!;
        string control = File.ReadAllText(Repository.File(controlFile));
        Assert.Contains($"libc6 (>= {newest})", control, StringComparison.Ordinal);
        Assert.Equal(["libc.so.6", "libm.so.6"], Needed().Matches(needed).Select(m => m.Groups[1].Value)
            .Where(l => !l.StartsWith("ld-", StringComparison.Ordinal)).Order());
    }

    /// <summary>The exposure that systemd finds in a unit, from 0 to 10.</summary>
    internal static double Exposure(string unit)
    {
        string said = Shell.Do("systemd-analyze", "security", "--offline=true", Repository.File(unit));
        return double.Parse(ExposureLevel().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private void Manual() => Shell.Do(
        "python3", "packaging/manual.py", Repository.File(Packages.Program), Packages.Version, _folder,
        Repository.File("docs/reference/configuration.md"));

    private static string Complete(string script, params string[] words)
    {
        string line = string.Join(' ', words.Select(w => $"'{w}'"));
        return Shell.Do(
            "bash", "-c", $". '{script}'; COMP_WORDS=({line}); COMP_CWORD={words.Length - 1}; _qpc_mesh; echo "
                + $"\"${{COMPREPLY[*]}}\"").Trim();
    }

    private string Build(string name)
    {
        string artifacts = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.Combine(artifacts, "dynamic"));
        File.CreateSymbolicLink(Path.Combine(artifacts, "qpc-mesh"), Repository.File(Packages.Program));
        File.CreateSymbolicLink(Path.Combine(artifacts, "dynamic/qpc-mesh"), Repository.File(DynamicProgram));
        Ran ran = Shell.Run("bash", ["packaging/build.sh", artifacts, "deb:amd64"],
            new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = "1700000000" });
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return Path.Combine(artifacts, $"packages/qpc-mesh_{Packages.Version}_amd64.deb");
    }

    [GeneratedRegex(@"GLIBC_([0-9.]+)")]
    private static partial Regex LibcVersion();

    [GeneratedRegex(@"NEEDED +(\S+)")]
    private static partial Regex Needed();

    [GeneratedRegex(@"exposure level[^:]*: ([0-9.]+)")]
    private static partial Regex ExposureLevel();

    [GeneratedRegex(@"--[a-z][a-z-]+")]
    private static partial Regex Option();

    [GeneratedRegex(@"^\| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
