using System.Buffers.Text;
using System.Text;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>
/// How much memory this process may use: that of the machine (proc(5), meminfo), or what a control group allows it
/// (cgroups(7), both versions), whichever is less.
/// </summary>
internal static class MachineMemory
{
    /// <summary>Bytes, or null where neither says it.</summary>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> are; empty for those of the machine.</param>
    internal static long? Find(string root = "")
    {
        long? least = OfMachine(root + "/proc/meminfo");
        foreach (string line in Lines(root + "/proc/self/cgroup"))
        {
            // number:controllers:path; version 2 has no controllers.
            string[] parts = line.Split(':', 3);
            if (parts.Length < 3 || !parts[2].StartsWith('/'))
                continue;
            string[] controllers = parts[1].Split(',');
            long? allowed = parts[1].Length == 0 ? LeastOnTheWay(root + "/sys/fs/cgroup", parts[2], "memory.max")
                : controllers.Contains("memory")
                ? LeastOnTheWay(root + "/sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes")
                : null;
            least = Less(least, allowed);
        }

        return least;
    }

    // A group has what each of those around it leaves it.
    private static long? LeastOnTheWay(string mount, string path, string file)
    {
        long? least = null;
        for (string at = path.TrimEnd('/'); ; at = at[..at.LastIndexOf('/')])
        {
            foreach (string line in Lines(mount + at + "/" + file))
                least = Less(least, Number(line)); // "max": no limit
            if (at.Length == 0)
                return least;
        }
    }

    private static long? OfMachine(string meminfo)
    {
        const string Key = "MemTotal:";
        const string Unit = " kB";
        foreach (string line in Lines(meminfo))
        {
            if (line.StartsWith(Key, StringComparison.Ordinal) && line.EndsWith(Unit, StringComparison.Ordinal))
                return Number(line[Key.Length..^Unit.Length].Trim()) * 1024;
        }

        return null;
    }

    private static long? Number(string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        // Version 1 writes "no limit" as almost 2^63.
        return Utf8Parser.TryParse(bytes, out long value, out int read) && read == bytes.Length && value is > 0
            and < long.MaxValue >> 10
            ? value : null;
    }

    private static long? Less(long? one, long? other) => one is null || other < one ? other ?? one : one;

    private static IEnumerable<string> Lines(string path)
    {
        try
        {
            return File.ReadLines(path).Take(4096).ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // This system has no such file: the others say what is to be said.
        }
    }
}
