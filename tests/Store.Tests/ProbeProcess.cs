using System.Diagnostics;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>A real process that uses a store, so that it can be killed.</summary>
internal static class ProbeProcess
{
    private static string Assembly => Path.Combine(AppContext.BaseDirectory, "QuicProChat.Mesh.StoreProbe.dll");

    internal static Process Start(params string[] arguments) => Start("dotnet", [Assembly, .. arguments]);

    /// <summary>
    /// Runs it on a disk of its own of a given size, mounted where <paramref name="directory"/> is, for it alone.
    /// </summary>
    internal static Process StartOnSmallDisk(string directory, string size, params string[] arguments) => Start(
        "unshare",
        ["--map-root-user", "--mount", "sh", "-ec",
            $"mount -t tmpfs -o size={size} tmpfs \"$0\"; exec dotnet \"$@\"", directory, Assembly, .. arguments]);

    /// <summary>Runs it with so many descriptors and no more.</summary>
    internal static Process StartWithDescriptors(int count, params string[] arguments) => Start(
        "sh", ["-ec", $"ulimit -n {count}; exec dotnet \"$0\" \"$@\"", Assembly, .. arguments]);

    private static Process Start(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
}
