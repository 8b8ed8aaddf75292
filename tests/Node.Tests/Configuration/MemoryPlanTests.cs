using QuicProChat.Mesh.Node.Configuration;

namespace QuicProChat.Mesh.Node.Tests.Configuration;

public sealed class MemoryPlanTests : IDisposable
{
    private const long Mebi = 1 << 20;

    private readonly string _root = Directory.CreateTempSubdirectory("qpc-memory-").FullName;

    [Theory]
    [InlineData(8)]
    [InlineData(24)]
    [InlineData(64)]
    [InlineData(1024)]
    public void The_parts_leave_a_sixth_of_the_budget_to_the_collector(int mebi)
    {
        var plan = new MemoryPlan(mebi * Mebi);

        // Routes, links, what is queued with half as much again, clients, held envelopes (800 bytes), seen ids (80
        // bytes), gossip records (320 bytes), ids (128 bytes), those announced (256 bytes) and bytes, groups with what
        // is made of them, chunks of files (64 KiB) with half as many that are read or hold hashes.
        long parts = plan.Routes + plan.Links + plan.Queue * 3 / 2 + plan.Control + plan.HeldCount * 800L
            + plan.SeenCount * 80L
            + plan.GossipCount * 320L + plan.GossipRemembered * 128L + plan.GossipAnnounced * 256L + plan.GossipCache
            + plan.Groups * 2
            + plan.FileChunks * (64L << 10) * 3 / 2;

        Assert.InRange(parts, plan.Total / 2, plan.Total * 5 / 6);
    }

    [Fact]
    public void A_budget_stays_between_its_bounds()
    {
        Assert.Equal(8 * Mebi, new MemoryPlan(1).Total);
        Assert.Equal(1024 * Mebi, new MemoryPlan(long.MaxValue).Total);
    }

    [Fact]
    public void A_third_of_a_small_machine_is_used_and_64_MB_of_a_large_one()
    {
        Assert.Equal(20 * Mebi, MemoryPlan.UsualOn(60 * Mebi));
        Assert.Equal(64 * Mebi, MemoryPlan.UsualOn(1L << 40));
        Assert.Equal(64 * Mebi, MemoryPlan.UsualOn(null));
    }

    [Fact]
    public void A_machine_has_what_meminfo_says()
    {
        Write("proc/meminfo", "MemTotal:          59784 kB\nMemFree:          1 kB\n");

        Assert.Equal(59784L << 10, MachineMemory.Find(_root));
    }

    [Fact]
    public void A_control_group_allows_less_and_so_does_the_one_around_it()
    {
        Write("proc/meminfo", "MemTotal:        2097152 kB\n");
        Write("proc/self/cgroup", "0::/system.slice/qpc-mesh.service\n");
        Write("sys/fs/cgroup/system.slice/qpc-mesh.service/memory.max", "max\n");
        Assert.Equal(2048 * Mebi, MachineMemory.Find(_root));

        Write("sys/fs/cgroup/system.slice/qpc-mesh.service/memory.max", "100663296\n");
        Assert.Equal(96 * Mebi, MachineMemory.Find(_root));

        Write("sys/fs/cgroup/system.slice/memory.max", "50331648\n");
        Assert.Equal(48 * Mebi, MachineMemory.Find(_root));
    }

    [Fact]
    public void Control_groups_of_version_1_are_understood_and_their_way_of_saying_no_limit()
    {
        Write("proc/meminfo", "MemTotal:        2097152 kB\n");
        Write("proc/self/cgroup", "9:cpu,cpuacct:/a\n4:memory:/a/b\n0::/\n");
        Write("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
        Assert.Equal(2048 * Mebi, MachineMemory.Find(_root));

        Write("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "50331648\n");
        Assert.Equal(48 * Mebi, MachineMemory.Find(_root));
    }

    [Theory]
    [InlineData("")]
    [InlineData("MemTotal: kB\n")]
    [InlineData("MemTotal: -5 kB\n")]
    [InlineData("MemTotal: 99999999999999999999 kB\n")]
    public void What_cannot_be_read_says_nothing(string meminfo)
    {
        Write("proc/meminfo", meminfo);
        Write("proc/self/cgroup", "::\n0\n0::relative\n:memory:/x\n");

        Assert.Null(MachineMemory.Find(_root));
    }

    [Fact]
    public void A_system_without_these_files_says_nothing() => Assert.Null(MachineMemory.Find(_root));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string path, string text)
    {
        string full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
