using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;

namespace QuicProChat.Mesh.Packaging.Tests.Plain;

/// <summary>The archive for any Linux, Alpine's recipe, the container, and the packages of apk-tools 3.</summary>
public sealed class PlainTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-plain-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NeedsFact(Packages.Program)]
    public void The_archive_has_the_program_and_every_licence_and_is_the_same_from_the_same_input()
    {
        byte[] first = File.ReadAllBytes(Archive("first"));
        Assert.True(first.AsSpan().SequenceEqual(File.ReadAllBytes(Archive("second"))));
        using var reader = new TarReader(new GZipStream(new MemoryStream(first), CompressionMode.Decompress));
        var names = new List<string>();
        while (reader.GetNextEntry() is { } entry)
        {
            Assert.Equal((0, 0), (entry.Uid, entry.Gid));
            names.Add(entry.Name);
        }

        string top = $"qpc-mesh-{Packages.Version}-linux-x86_64/";
        Assert.Equal([top, top + "COMPONENTS", top + "LICENSE"], names.Take(3));
        Assert.Equal(top + "qpc-mesh", names[^1]);
    }

    [NeedsFact(Packages.Program, Packages.Busybox)]
    public void Alpines_recipe_packs_what_its_service_names()
    {
        string folder = Path.Combine(Build("alpine", "alpine:x86_64"), "alpine-x86_64");
        string root = Path.Combine(_folder, "root");

        Ran ran = Shell.Run("bash", ["tests/Packaging.Tests/Plain/alpine.sh", folder, root]);

        Assert.True(ran.ExitCode == 0, ran.ToString());
        Assert.Contains($"name qpc-mesh {Packages.Version}-r0\n", ran.Output, StringComparison.Ordinal);
        Assert.Contains($"owner qpc-mesh:qpc-mesh {root}/var/lib/qpc-mesh\n", ran.Output, StringComparison.Ordinal);
        Assert.Equal(
            ["etc/init.d/qpc-mesh 755", "etc/qpc-mesh/qpc-mesh.conf 640", "usr/bin/qpc-mesh 755",
                "usr/share/licenses/qpc-mesh/COMPONENTS 644"],
            Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .Select(f => $"{Path.GetRelativePath(root, f)} {Convert.ToString((int)File.GetUnixFileMode(f), 8)}")
                .Order(StringComparer.Ordinal));
        string service = File.ReadAllText(Path.Combine(root, "etc/init.d/qpc-mesh"));
        Assert.Contains("command=/usr/bin/qpc-mesh\n", service, StringComparison.Ordinal);
        Ran check = Shell.Run(Path.Combine(root, "usr/bin/qpc-mesh"),
            ["run", "--check", "--config", Path.Combine(root, "etc/qpc-mesh/qpc-mesh.conf")]);
        Assert.True(check.ExitCode == 0, check.ToString());
    }

    [NeedsFact(Packages.Program, Packages.Busybox)]
    public void Alpines_service_gives_the_state_to_its_user_checks_the_settings_and_reloads_by_a_signal()
    {
        // openrc-run reads a service as shell and has these helpers.
        string helpers = Directory.CreateDirectory(Path.Combine(_folder, "helpers")).FullName;
        foreach (string helper in new[] { "checkpath", "chown", "supervise-daemon" })
        {
            File.WriteAllText(Path.Combine(helpers, helper), $"#!/bin/sh\necho \"{helper} $*\"\n");
            Shell.Do("chmod", "755", Path.Combine(helpers, helper));
        }

        Ran good = Service(helpers, Repository.File("packaging/debian/qpc-mesh.conf"));
        Assert.Contains("chown -hR qpc-mesh:qpc-mesh /var/lib/qpc-mesh\n", good.Output, StringComparison.Ordinal);
        Assert.Contains("code 0\n", good.Output, StringComparison.Ordinal);
        Assert.Contains("supervise-daemon qpc-mesh --signal HUP\n", good.Output, StringComparison.Ordinal);
        string wrong = Path.Combine(_folder, "wrong.conf");
        File.WriteAllText(wrong, "{ \"hopLimt\": 3 }");
        Ran bad = Service(helpers, wrong);
        Assert.Contains("code 2\n", bad.Output, StringComparison.Ordinal);
        Assert.Contains("hopLimt", bad.Errors, StringComparison.Ordinal);
    }

    private Ran Service(string helpers, string settings)
    {
        string copy = Path.Combine(_folder, "service");
        File.WriteAllText(copy, File.ReadAllText(Repository.File("packaging/alpine/qpc-mesh.initd"))
            .Replace("/etc/qpc-mesh/qpc-mesh.conf", settings, StringComparison.Ordinal));
        return Shell.Run("/bin/dash", ["-c",
            $"PATH='{helpers}':$PATH; need() {{ :; }}; after() {{ :; }}; use() {{ :; }}; RC_SVCNAME=qpc-mesh; . "
                + $"'{copy}';"
            + $"command='{Repository.File(Packages.Program)}'; depend && start_pre; echo \"code $?\"; reload"]);
    }

    [RootFact(Packages.Program)]
    public void The_container_runs_as_nobody_of_note_without_any_other_file_and_its_health_check_tells()
    {
        string folder = Path.Combine(Build("container", "container:x86_64"), "container-x86_64");
        string root = Directory.CreateDirectory(Path.Combine(_folder, "root")).FullName;
        Image image = Image.Make(folder, root);
        (string user, string[] health, string[] command, Dictionary<string, string> environment) =
            (image.User, image.Health, image.Command, image.Environment);
        Assert.Equal(["COMPONENTS", "data", "qpc-mesh"], Directory.EnumerateFileSystemEntries(root)
            .Select(e => Path.GetFileName(e)!).Order(StringComparer.Ordinal));
        Assert.NotEqual("0:0", user);

        Ran before = Shell.Run("chroot", [$"--userspec={user}", "--groups=", root, .. health], environment);
        Assert.Equal(3, before.ExitCode);
        // A network and a list of processes of its own; no /proc, no /dev, no /etc: the program needs none of them.
        var start = new ProcessStartInfo("unshare") { RedirectStandardError = true };
        foreach (string word in (string[])["--net", "chroot", $"--userspec={user}", "--groups=", root, .. command])
            start.ArgumentList.Add(word);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process node = Process.Start(start)!;
        Task<string> log = node.StandardError.ReadToEndAsync();
        try
        {
            var waited = Stopwatch.StartNew();
            while (Shell.Run("chroot", [$"--userspec={user}", "--groups=", root, .. health], environment).ExitCode != 0)
            {
                Assert.False(node.HasExited, node.HasExited ? log.GetAwaiter().GetResult() : "");
                Assert.True(waited.Elapsed < Patience);
                Thread.Sleep(50);
            }

            Ran status = Shell.Run("chroot",
                [$"--userspec={user}", "--groups=", root, "/qpc-mesh", "ctl", "--json", "status"], environment);
            Assert.Equal("tcp://[::]:4711", (string?)JsonNode.Parse(status.Output)!["listen"]![0]);
            Assert.True(File.Exists(Path.Combine(root, "data/identity.key")));
            Shell.Do("kill", "-TERM", $"{node.Id}");
            Assert.True(node.WaitForExit(Patience));
            Assert.True(node.ExitCode == 0, $"{node.ExitCode}: {log.GetAwaiter().GetResult()}");
        }
        finally
        {
            if (!node.HasExited)
                node.Kill(entireProcessTree: true);
        }
    }

    [NeedsFact(Packages.Program)]
    public void Where_apk_tools_3_are_the_package_has_what_openwrt_wants_of_it_and_where_not_that_is_said()
    {
        string apk = Environment.GetEnvironmentVariable("APK") ?? "apk";
        bool there = Shell.Run("sh", ["-c", $"'{apk}' --version 2>/dev/null | grep -q '^apk-tools 3[.]'"]).ExitCode
            == 0;
        Ran ran = RunBuild("apk", "luci", "luci-apk", "apk:x86_64");
        if (!there)
        {
            Assert.Equal(1, ran.ExitCode);
            Assert.Contains("apk-tools 3 is not here", ran.Errors, StringComparison.Ordinal);
            return;
        }

        Assert.True(ran.ExitCode == 0, ran.ToString());
        string packages = Path.Combine(_folder, "apk/packages");
        string dump = Shell.Do(apk, "adbdump", $"{packages}/qpc-mesh-{Packages.Version}-r1.x86_64.apk");
        foreach (string part in new[] { $"version: {Packages.Version}-r1\n", "arch: x86_64\n",
            "name: qpc-mesh.rusers\n", "name: qpc-mesh.conffiles\n", "post-install:", "post-upgrade:", "pre-deinstall:",
            "pre-install:" })
            Assert.Contains(part, dump, StringComparison.Ordinal);
        Assert.DoesNotMatch("(user|group): (?!root)", dump);
        string page = Shell.Do(apk, "adbdump", $"{packages}/luci-app-qpc-mesh-{Packages.Version}-r1.noarch.apk");
        Assert.Contains("- qpc-mesh\n", page, StringComparison.Ordinal);
        Assert.Contains("name: luci-app-qpc-mesh\n", Shell.Do(apk, "adbdump", $"{packages}/apk-x86_64/packages.adb"),
            StringComparison.Ordinal);
    }

    private string Archive(string name) => Directory.EnumerateFiles(Build(name, "static:x86_64"), "*.tar.gz").Single();

    private string Build(string name, string package)
    {
        Ran ran = RunBuild(name, package);
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return Path.Combine(_folder, name, "packages");
    }

    private Ran RunBuild(string name, params string[] packages)
    {
        string artifacts = Path.Combine(_folder, name);
        Directory.CreateDirectory(artifacts);
        File.CreateSymbolicLink(Path.Combine(artifacts, "qpc-mesh"), Repository.File(Packages.Program));
        return Shell.Run("bash", ["packaging/build.sh", artifacts, .. packages],
            new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = "1700000000" });
    }
}
