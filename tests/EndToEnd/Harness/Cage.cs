using System.Globalization;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// A control group with a limit of memory, of version 2 or 1, whichever the machine has. A process that outgrows it is
/// killed, as on a small router.
/// </summary>
internal sealed class Cage : IDisposable
{
    private const string Unified = "/sys/fs/cgroup/cgroup.controllers";

    private readonly string _folder;
    private readonly bool _first = !File.Exists(Unified);

    internal Cage(string name, long bytes)
    {
        _folder = Path.Combine(_first ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup", name);
        if (!_first)
            File.WriteAllText("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
        Directory.CreateDirectory(_folder);
        string limit = bytes.ToString(CultureInfo.InvariantCulture);
        File.WriteAllText(Path.Combine(_folder, _first ? "memory.limit_in_bytes" : "memory.max"), limit);
        if (!_first)
            File.WriteAllText(Path.Combine(_folder, "memory.swap.max"), "0");
    }

    /// <summary>The most that was ever used, in bytes, what the kernel cached for it included.</summary>
    internal long Peak() =>
        long.Parse(File.ReadAllText(Path.Combine(_folder, _first ? "memory.max_usage_in_bytes" : "memory.peak")),
            CultureInfo.InvariantCulture);

    /// <summary>
    /// A command line that runs another one inside; for within a network namespace, where <c>ip</c> has put an empty
    /// <c>/sys</c>. The process sees its limit, as it does on a router.
    /// </summary>
    internal IReadOnlyList<string> Command =>
        ["sh", "-c", $"{Mount} && echo $$ > {_folder}/cgroup.procs && exec \"$@\"", "sh"];

    private string Mount => _first
        ? "mount -t tmpfs none /sys/fs/cgroup && mkdir /sys/fs/cgroup/memory && mount -t cgroup -o memory none "
            + "/sys/fs/cgroup/memory"
        : "mount -t cgroup2 none /sys/fs/cgroup";

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder);
}
