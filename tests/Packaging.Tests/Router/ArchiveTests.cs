using System.Formats.Tar;
using System.IO.Compression;

namespace QuicProChat.Mesh.Packaging.Tests.Router;

/// <summary>The archive that opkg reads, entry by entry.</summary>
public sealed class ArchiveTests : IDisposable
{
    private static readonly string[] _files =
    [
        "./ 755",
        "./etc/ 755",
        "./etc/capabilities/ 755",
        "./etc/capabilities/qpc-mesh.json 644",
        "./etc/config/ 755",
        "./etc/config/qpc-mesh 600",
        "./etc/hotplug.d/ 755",
        "./etc/hotplug.d/tty/ 755",
        "./etc/hotplug.d/tty/50-qpc-mesh 644",
        "./etc/hotplug.d/usb/ 755",
        "./etc/hotplug.d/usb/50-qpc-mesh 644",
        "./etc/init.d/ 755",
        "./etc/init.d/qpc-mesh 755",
        "./etc/qpc-mesh/ 700",
        "./etc/uci-defaults/ 755",
        "./etc/uci-defaults/95-qpc-mesh 755",
        "./lib/ 755",
        "./lib/upgrade/ 755",
        "./lib/upgrade/keep.d/ 755",
        "./lib/upgrade/keep.d/qpc-mesh 644",
        "./usr/ 755",
        "./usr/bin/ 755",
        "./usr/bin/qpc-mesh 755",
        "./usr/lib/ 755",
        "./usr/lib/qpc-mesh/ 755",
        "./usr/lib/qpc-mesh/uci.sh 644",
    ];

    private static readonly string[] _control = ["./ 755", "./conffiles 644", "./control 644", "./postinst 755", "./postinst-pkg 755", "./preinst 755", "./prerm 755"];

    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-pack-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NeedsFact(Packages.Program)]
    public void The_package_has_exactly_these_members_owners_modes_and_times_and_the_same_input_gives_the_same_bytes()
    {
        byte[] first = Build("first");
        byte[] second = Build("second");
        Assert.True(first.AsSpan().SequenceEqual(second));

        // RFC 1952, section 2.3: no name and no time in the header.
        Assert.Equal([0x1f, 0x8b, 8, 0, 0, 0, 0, 0], first[..8]);
        List<TarEntry> outer = Entries(first);
        Assert.Equal(["./debian-binary", "./data.tar.gz", "./control.tar.gz"], outer.Select(e => e.Name));
        Assert.Equal("2.0\n"u8.ToArray(), Content(outer[0]));
        Check(outer, ["./debian-binary 644", "./data.tar.gz 644", "./control.tar.gz 644"]);
        Check(Entries(Content(outer[1])), _files);
        List<TarEntry> control = Entries(Content(outer[2]));
        Check(control, _control);
        Assert.Equal("/etc/config/qpc-mesh\n", Text(control, "./conffiles"));
        string fields = Text(control, "./control");
        Assert.StartsWith($"Package: qpc-mesh\nVersion: {Packages.Version}\n", fields, StringComparison.Ordinal);
        Assert.Contains("\nArchitecture: x86_64\n", fields, StringComparison.Ordinal);
        Assert.Contains("\nRequire-User: qpc-mesh:qpc-mesh\n", fields, StringComparison.Ordinal);
        // The program is static: whatever else it asked of a router would be one thing more that may be missing.
        Assert.DoesNotContain("Depends:", fields, StringComparison.Ordinal);
        Assert.DoesNotContain(".db", Text(Entries(Content(outer[1])), "./lib/upgrade/keep.d/qpc-mesh"), StringComparison.Ordinal);
    }

    [NeedsFact(Packages.Program)]
    public void The_index_names_each_package_with_its_size_and_digest()
    {
        byte[] package = Build("indexed");
        string index = File.ReadAllText(Path.Combine(_folder, "indexed/packages/Packages"));
        Assert.Contains($"Filename: qpc-mesh_{Packages.Version}_x86_64.ipk\nSize: {package.Length}\n", index, StringComparison.Ordinal);
        Assert.Contains($"SHA256sum: {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(package))}\n", index, StringComparison.Ordinal);
        using var packed = new GZipStream(File.OpenRead(Path.Combine(_folder, "indexed/packages/Packages.gz")), CompressionMode.Decompress);
        Assert.Equal(index, new StreamReader(packed).ReadToEnd());
    }

    [Fact]
    public void The_recipe_for_the_sdk_has_the_version_and_the_scripts_of_the_package()
    {
        string recipe = File.ReadAllText(Repository.File("packaging/openwrt/qpc-mesh/Makefile"));
        Assert.Contains($"\nPKG_VERSION:={Packages.Version}\n", recipe, StringComparison.Ordinal);
        foreach ((string name, string file) in new[] { ("preinst", "preinst"), ("postinst", "postinst-pkg") })
        {
            string script = File.ReadAllText(Path.Combine(Packages.RouterFiles, file));
            Assert.Contains($"define Package/qpc-mesh/{name}\n{script.Replace("$", "$$", StringComparison.Ordinal)}endef\n", recipe, StringComparison.Ordinal);
        }
    }

    private byte[] Build(string name)
    {
        string artifacts = Path.Combine(_folder, name);
        Directory.CreateDirectory(artifacts);
        File.CreateSymbolicLink(Path.Combine(artifacts, "qpc-mesh"), Repository.File(Packages.Program));
        Ran ran = Shell.Run("bash", ["packaging/build.sh", artifacts, "ipk:x86_64"], new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = "1700000000" });
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return File.ReadAllBytes(Path.Combine(artifacts, $"packages/qpc-mesh_{Packages.Version}_x86_64.ipk"));
    }

    private static void Check(List<TarEntry> entries, string[] expected)
    {
        Assert.Equal(expected, entries.Select(e => $"{e.Name} {System.Convert.ToString((int)e.Mode, 8)}"));
        Assert.All(entries, e =>
        {
            Assert.Equal((0, 0), (e.Uid, e.Gid));
            Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), e.ModificationTime);
        });
    }

    private static List<TarEntry> Entries(byte[] archive)
    {
        using var reader = new TarReader(new GZipStream(new MemoryStream(archive), CompressionMode.Decompress));
        var entries = new List<TarEntry>();
        while (reader.GetNextEntry(copyData: true) is { } entry)
            entries.Add(entry);
        return entries;
    }

    private static byte[] Content(TarEntry entry)
    {
        var copy = new MemoryStream();
        entry.DataStream!.Position = 0;
        entry.DataStream.CopyTo(copy);
        return copy.ToArray();
    }

    private static string Text(List<TarEntry> entries, string name) =>
        System.Text.Encoding.UTF8.GetString(Content(entries.Single(e => e.Name == name)));
}
