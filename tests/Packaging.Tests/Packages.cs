using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Packaging.Tests;

/// <summary>The packages that were built, and the names of their parts.</summary>
internal static partial class Packages
{
    internal const string Program = "artifacts/qpc-mesh";
    internal const string Folder = "artifacts/packages";
    internal const string Busybox = "/bin/busybox";
    internal const string JavaScript = "/usr/bin/node";

    internal static string Version { get; } =
        VersionElement().Match(File.ReadAllText(Repository.File("Directory.Build.props"))).Groups[1].Value;

    internal static string RouterFiles { get; } = Repository.File("packaging/openwrt/qpc-mesh/files");

    internal static string PageFiles { get; } = Repository.File("packaging/openwrt/luci-app-qpc-mesh");

    internal static string Ipk(string architecture) =>
        Repository.File($"{Folder}/qpc-mesh_{Version}_{architecture}.ipk");

    internal static string Page { get; } = Repository.File($"{Folder}/luci-app-qpc-mesh_{Version}_all.ipk");

    internal static string Deb(string architecture) =>
        Repository.File($"{Folder}/qpc-mesh_{Version}_{architecture}.deb");

    [GeneratedRegex("<Version>(.*?)</Version>")]
    private static partial Regex VersionElement();
}
