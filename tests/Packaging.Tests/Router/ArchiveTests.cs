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
        "./lib/upgrade/qpc-mesh.sh 644",
        "./usr/ 755",
        "./usr/bin/ 755",
        "./usr/bin/qpc-mesh 755",
        "./usr/lib/ 755",
        "./usr/lib/qpc-mesh/ 755",
        "./usr/lib/qpc-mesh/contacts.sh 644",
        "./usr/lib/qpc-mesh/uci.sh 644",
        "./usr/share/ 755",
        "./usr/share/qpc-mesh/ 755",
        "./usr/share/qpc-mesh/COMPONENTS 644",
    ];

    private static readonly string[] _page =
    [
        "./ 755",
        "./usr/ 755",
        "./usr/libexec/ 755",
        "./usr/libexec/rpcd/ 755",
        "./usr/libexec/rpcd/qpc-mesh 755",
        "./usr/share/ 755",
        "./usr/share/luci/ 755",
        "./usr/share/luci/menu.d/ 755",
        "./usr/share/luci/menu.d/luci-app-qpc-mesh.json 644",
        "./usr/share/rpcd/ 755",
        "./usr/share/rpcd/acl.d/ 755",
        "./usr/share/rpcd/acl.d/luci-app-qpc-mesh.json 644",
        "./www/ 755",
        "./www/luci-static/ 755",
        "./www/luci-static/resources/ 755",
        "./www/luci-static/resources/view/ 755",
        "./www/luci-static/resources/view/qpc-mesh.js 644",
    ];

    private static readonly string[] _control =
        ["./ 755", "./conffiles 644", "./control 644", "./postinst 755", "./postinst-pkg 755", "./preinst 755",
            "./prerm 755"];

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
        Assert.DoesNotContain(".db", Text(Entries(Content(outer[1])), "./lib/upgrade/keep.d/qpc-mesh"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_is_a_package_for_every_processor_that_asks_for_the_node_and_has_no_settings_of_its_own()
    {
        byte[] first = Build("first", "luci");
        Assert.True(first.AsSpan().SequenceEqual(Build("second", "luci")));

        List<TarEntry> outer = Entries(first);
        Check(Entries(Content(outer[1])), _page);
        List<TarEntry> control = Entries(Content(outer[2]));
        // The settings are the node's, and so is the list of files that a system upgrade keeps.
        Check(control, ["./ 755", "./control 644", "./postinst 755", "./postinst-pkg 755", "./prerm 755"]);
        string fields = Text(control, "./control");
        Assert.StartsWith(
            $"Package: luci-app-qpc-mesh\nVersion: {Packages.Version}\nDepends: libc, luci-base, rpcd, qpc-mesh\n",
            fields, StringComparison.Ordinal);
        Assert.Contains("\nArchitecture: all\n", fields, StringComparison.Ordinal);
    }

    [NeedsFact(Packages.Program)]
    public void The_index_names_each_package_with_its_size_and_digest()
    {
        byte[] package = Build("indexed");
        string index = File.ReadAllText(Path.Combine(_folder, "indexed/packages/Packages"));
        Assert.Contains($"Filename: qpc-mesh_{Packages.Version}_x86_64.ipk\nSize: {package.Length}\n", index,
            StringComparison.Ordinal);
        Assert.Contains(
            $"SHA256sum: {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(package))}\n", index,
            StringComparison.Ordinal);
        using var packed = new GZipStream(File.OpenRead(Path.Combine(_folder, "indexed/packages/Packages.gz")),
            CompressionMode.Decompress);
        Assert.Equal(index, new StreamReader(packed).ReadToEnd());
    }

    [Fact]
    public void The_recipe_for_the_sdk_has_the_version_and_the_scripts_of_the_package()
    {
        Assert.Contains($"\nPKG_VERSION:={Packages.Version}\n",
            File.ReadAllText(Repository.File("packaging/openwrt/luci-app-qpc-mesh/Makefile")),
            StringComparison.Ordinal);
        string recipe = File.ReadAllText(Repository.File("packaging/openwrt/qpc-mesh/Makefile"));
        Assert.Contains($"\nPKG_VERSION:={Packages.Version}\n", recipe, StringComparison.Ordinal);
        foreach ((string name, string file) in new[] { ("preinst", "preinst"), ("postinst", "postinst-pkg") })
        {
            string script = File.ReadAllText(Path.Combine(Packages.RouterFiles, file));
            Assert.Contains(
                $"define Package/qpc-mesh/{name}\n{script.Replace("$", "$$", StringComparison.Ordinal)}endef\n", recipe,
                StringComparison.Ordinal);
        }
    }

    private byte[] Build(string name, string package = "ipk:x86_64")
    {
        string artifacts = Path.Combine(_folder, name);
        Directory.CreateDirectory(artifacts);
        File.CreateSymbolicLink(Path.Combine(artifacts, "qpc-mesh"), Repository.File(Packages.Program));
        Ran ran = Shell.Run("bash", ["packaging/build.sh", artifacts, package],
            new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = "1700000000" });
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return File.ReadAllBytes(Directory.EnumerateFiles(Path.Combine(artifacts, "packages"), "*.ipk").Single());
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
