using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using QuicProChat.Mesh.Packaging.Tests.Debian;

namespace QuicProChat.Mesh.Packaging.Tests.Server;

/// <summary>The server's packages: Debian's, the archive, and the native program that is in them.</summary>
public sealed partial class ServerPackageTests : IDisposable
{
    private const string Settings = "packaging/server/debian/qpc-server.settings";
    private const string Lintian = "/usr/bin/lintian";

    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-server-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NeedsFact(LoneServer.Program, Lintian)]
    public void The_package_is_the_same_from_the_same_input_and_lintian_finds_nothing()
    {
        string first = Build("first", "server-deb:amd64", $"qpc-server_{Packages.Version}_amd64.deb");
        string second = Build("second", "server-deb:amd64", $"qpc-server_{Packages.Version}_amd64.deb");
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));

        Ran ran = Shell.Run(Lintian, ["--fail-on", "warning,error", "--tag-display-limit", "0", first]);
        Assert.True(ran.ExitCode == 0, ran.ToString());
        string listing = Shell.Do("dpkg-deb", "-c", first);
        foreach (string file in new[] { "usr/bin/qpc-server", "etc/qpc-server/qpc-server.settings",
            "lib/systemd/system/qpc-server.service", "usr/lib/sysusers.d/qpc-server.conf",
            "usr/share/man/man1/qpc-server.1.gz", "usr/share/bash-completion/completions/qpc-server",
            "usr/share/doc/qpc-server/COMPONENTS.gz" })
            Assert.Contains($" ./{file}\n", listing, StringComparison.Ordinal);
        Assert.Equal("/etc/qpc-server/qpc-server.settings\n", Shell.Do("dpkg-deb", "--info", first, "conffiles"));
        foreach (string script in new[] { "postinst", "prerm", "postrm" })
        {
            string path = Path.Combine(_folder, script);
            File.WriteAllText(path, Shell.Do("dpkg-deb", "--info", first, script));
            Ran checkedBy = Shell.Run("shellcheck", ["-s", "dash", path]);
            Assert.True(checkedBy.ExitCode == 0, checkedBy.ToString());
            Assert.DoesNotContain("@", File.ReadAllText(path), StringComparison.Ordinal);
        }
    }

    [NeedsFact(LoneServer.Program)]
    public void The_program_asks_for_no_newer_libc_and_no_other_library_than_the_package_depends_on() =>
        DebianTests.CheckLibraries(LoneServer.Program, "packaging/server/debian/control.in");

    [NeedsFact("/usr/bin/systemd-analyze")]
    public void Systemd_finds_the_service_little_exposed() =>
        Assert.InRange(DebianTests.Exposure("packaging/server/debian/qpc-server.service"), 0.1, 1.5);

    [NeedsFact(LoneServer.Program)]
    public void The_native_program_serves_a_client_that_shares_no_code_with_it_and_ends_in_order()
    {
        (int port, int metrics) = (LoneServer.FreePort(), LoneServer.FreePort());
        using LoneServer server = LoneServer.Start(_folder, port, metrics, "--registration", "open");
        string fingerprint = Shell.Do(
            Repository.File(LoneServer.Program), "fingerprint", "--data-dir", Path.Combine(_folder, "data")).Trim();

        string said = Shell.Do(
            "python3", "tests/Server.Tests/Python/client.py", "127.0.0.1", $"{port}", fingerprint, "guido",
            "pass word");

        Assert.Equal("done\n", said);
        Assert.Equal(0, server.Stop());
        Assert.Contains("audit registered user=guido", server.Log, StringComparison.Ordinal);
    }

    [NeedsFact(LoneServer.Program)]
    public void The_service_manager_is_told_that_the_server_is_ready_and_that_it_stops()
    {
        string path = Path.Combine(_folder, "notify");
        using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.ReceiveTimeout = 120_000;
        (int port, int metrics) = (LoneServer.FreePort(), LoneServer.FreePort());
        string program = Repository.File(LoneServer.Program);
        // As the unit starts it: with the package's settings, in which everything is a remark.
        ProcessStartInfo start = new(program,
            ["run", $"@{Repository.File(Settings)}", "--data-dir", Path.Combine(_folder, "data"), "--listen",
                $"wss://127.0.0.1:{port}", "--metrics-listen", $"127.0.0.1:{metrics}"]);
        start.Environment["NOTIFY_SOCKET"] = path;
        using LoneServer server = LoneServer.Start(
            start, () => Shell.Run(program, ["health", "--metrics-listen", $"127.0.0.1:{metrics}"]));

        Assert.Equal("READY=1", Receive(socket));
        Assert.Equal(0, server.Stop());
        Assert.Equal("STOPPING=1", Receive(socket));
        // The journal reads levels off the lines.
        Assert.StartsWith("<6>", server.Log, StringComparison.Ordinal);
    }

    [NeedsFact(LoneServer.Program)]
    public void Every_setting_of_the_package_is_an_option_of_the_program_and_every_option_is_in_the_manual()
    {
        string help = Shell.Do(Repository.File(LoneServer.Program), "run", "--help");
        string[] settings = [.. Setting().Matches(File.ReadAllText(Repository.File(Settings)))
            .Select(m => m.Groups[1].Value)];
        Assert.True(settings.Length >= 7, $"only {settings.Length} settings were found");
        foreach (string setting in settings)
            Assert.Contains($"  {setting} ", help, StringComparison.Ordinal);

        Shell.Do("python3", "packaging/manual.py", Repository.File(LoneServer.Program), Packages.Version, _folder);
        string page = Path.Combine(_folder, "qpc-server.1");
        Ran troff = Shell.Run("groff", ["-man", "-Tutf8", "-Kutf8", "-ww", "-z", page]);
        Assert.True(troff is { ExitCode: 0, Errors: "" }, troff.ToString());
        string manual = File.ReadAllText(page).Replace("\\-", "-", StringComparison.Ordinal);
        string guide = File.ReadAllText(Repository.File("docs/guide/server.md"));
        foreach (string option in Option().Matches(help).Select(o => o.Value).Where(o => o != "--help"))
        {
            Assert.Contains(option, manual, StringComparison.Ordinal);
            Assert.Contains(option, guide, StringComparison.Ordinal);
        }

        Ran completion = Shell.Run("bash", ["-c",
            $". '{_folder}/completion'; COMP_WORDS=(qpc-server run --metr); COMP_CWORD=2; _qpc_server; "
                + "echo \"${COMPREPLY[*]}\""]);
        Assert.Equal("--metrics-listen\n", completion.Output);
    }

    [NeedsFact(LoneServer.Program)]
    public void Health_is_an_error_with_a_reason_where_no_server_tells_it()
    {
        int port = LoneServer.FreePort();
        Ran ran = Shell.Run(Repository.File(LoneServer.Program), ["health", "--metrics-listen", $"127.0.0.1:{port}"]);
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains($"--metrics-listen 127.0.0.1:{port}", ran.Errors, StringComparison.Ordinal);
        ran = Shell.Run(Repository.File(LoneServer.Program), ["health", "--metrics-listen", "here"]);
        Assert.Equal(2, ran.ExitCode);
    }

    [NeedsFact(LoneServer.Program)]
    public void The_archive_has_the_program_its_unit_its_settings_and_every_licence()
    {
        string archive = Build("archive", "server-archive:x86_64",
            $"qpc-server-{Packages.Version}-linux-x86_64.tar.gz");
        using var reader = new TarReader(new GZipStream(File.OpenRead(archive), CompressionMode.Decompress));
        List<string> names = [];
        while (reader.GetNextEntry() is { } entry)
        {
            Assert.Equal((0, 0), (entry.Uid, entry.Gid));
            names.Add(Path.GetFileName(entry.Name));
        }

        foreach (string file in new[] { "COMPONENTS", "LICENSE", "qpc-server", "qpc-server.service",
            "qpc-server.settings", "qpc-server.sysusers" })
            Assert.Contains(file, names);
    }

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[256];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }

    private string Build(string name, string package, string file) =>
        ServerArtifacts.Build(Path.Combine(_folder, name), package, file);

    [GeneratedRegex("^#(--[a-z-]+) ", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex("--[a-z][a-z-]+")]
    private static partial Regex Option();
}

/// <summary>Packages of the server.</summary>
internal static class ServerArtifacts
{
    /// <summary>Makes one in a folder; the path of what is in its packages.</summary>
    internal static string Build(string artifacts, string package, string file)
    {
        Directory.CreateDirectory(Path.Combine(artifacts, "dynamic"));
        File.CreateSymbolicLink(
            Path.Combine(artifacts, "dynamic/qpc-server"), Repository.File(LoneServer.Program));
        Ran ran = Shell.Run("bash", ["packaging/build.sh", artifacts, package],
            new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = "1700000000" });
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return Path.Combine(artifacts, "packages", file);
    }
}
