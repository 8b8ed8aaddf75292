using System.Globalization;
using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// The pages of the program's own file in memory. A start touches nearly all of them, and the kernel maps sixteen at a
/// time; what only the start needed stays mapped for ever. Once a burst is over the node lets them go: what is used
/// again is mapped again from the page cache, at a microsecond each, and the rest is what the kernel can drop first.
/// </summary>
internal static partial class ProgramPages
{
    // madvise(2): the same on all processors that .NET runs on.
    private const int DontNeed = 4;

    private const string Maps = "/proc/self/smaps";
    private const string Program = "/proc/self/exe";

    /// <summary>Lets them go; nothing happens where the system does not show them.</summary>
    /// <returns>Bytes of the mappings.</returns>
    internal static long LetGo()
    {
        if (!File.Exists(Maps) || File.ResolveLinkTarget(Program, returnFinalTarget: false) is not { } program)
            return 0;
        long bytes = 0;
        using StreamReader maps = new(Maps);
        foreach ((nuint start, nuint end) in Unchanged(maps, program.FullName))
            bytes += madvise(start, end - start, DontNeed) == 0 ? (long)(end - start) : 0;
        return bytes;
    }

    /// <summary>
    /// Mappings of a file that are not writable and have no page of their own (<c>Anonymous: 0 kB</c>): nothing in them
    /// was changed since, so the file has all of it. What the loader relocated and made read-only has such pages.
    /// </summary>
    /// <param name="maps">Lines as of proc_pid_smaps(5).</param>
    /// <param name="file">The path of the file.</param>
    internal static List<(nuint Start, nuint End)> Unchanged(TextReader maps, string file)
    {
        List<(nuint, nuint)> found = [];
        (nuint Start, nuint End)? mapping = null;
        while (maps.ReadLine() is { } line)
        {
            if (IsHead(line, out nuint start, out nuint end))
                mapping = line.EndsWith(" " + file, StringComparison.Ordinal)
                    && line.Split(' ')[1] is ['r', '-', _, 'p'] ? (start, end) : null;
            else if (mapping is { } whole && line.StartsWith("Anonymous:", StringComparison.Ordinal))
            {
                if (line.AsSpan("Anonymous:".Length).Trim() is "0 kB")
                    found.Add(whole);
                mapping = null;
            }
        }

        return found;
    }

    private static bool IsHead(string line, out nuint start, out nuint end)
    {
        (start, end) = (0, 0);
        int dash = line.IndexOf('-'), blank = line.IndexOf(' ');
        return dash > 0 && blank > dash
            && nuint.TryParse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out start)
            && nuint.TryParse(line.AsSpan(dash + 1, blank - dash - 1), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out end);
    }

    [LibraryImport("libc")]
    private static partial int madvise(nuint address, nuint length, int advice);
}
