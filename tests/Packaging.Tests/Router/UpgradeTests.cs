namespace QuicProChat.Mesh.Packaging.Tests.Router;

/// <summary>What a system upgrade leaves of a node: the files that keep.d names, and nothing else.</summary>
public class UpgradeTests
{
    [RootFact(Packages.Busybox, Packages.Program)]
    public void After_a_system_upgrade_under_another_user_number_the_node_is_who_it_was()
    {
        using RouterRoot before = RouterRoot.Create(65_001).Install();
        string address;
        using (RunningNode node = RunningNode.Start(before))
        {
            address = node.Address;
            Assert.Equal(0, node.Ctl($"send {address} hello --wait delivered").ExitCode);
        }

        // sysupgrade(8): every file below what keep.d names, with numeric owners.
        before.Run("find $(cat /lib/upgrade/keep.d/qpc-mesh) /etc/config -type f >/tmp/kept; tar -czf /tmp/backup.tgz $(cat /tmp/kept)");
        Assert.Contains("/etc/qpc-mesh/identity.key", File.ReadAllText(before.File("tmp/kept")), StringComparison.Ordinal);
        Assert.DoesNotContain("store.db", File.ReadAllText(before.File("tmp/kept")), StringComparison.Ordinal);

        using RouterRoot after = RouterRoot.Create(65_077);
        Shell.Do("tar", "-xzf", before.File("tmp/backup.tgz"), "--numeric-owner", "-C", after.Path);
        after.Install();
        using (RunningNode node = RunningNode.Start(after))
        {
            Assert.Equal(address, node.Address);
            Assert.Equal("65077 600\n", after.Run("stat -c '%u %a' /etc/qpc-mesh/identity.key").Output);
            Assert.Equal(0, node.Ctl($"send {address} again --wait delivered").ExitCode);
        }
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void A_key_that_cannot_be_read_is_fatal_and_never_a_reason_for_a_new_one()
    {
        using RouterRoot router = RouterRoot.Create(65_001).Install();
        using (RunningNode.Start(router))
        {
        }

        byte[] key = File.ReadAllBytes(router.File("etc/qpc-mesh/identity.key"));
        router.Run("rm -f /srv/qpc-mesh/store.db*");
        foreach (string spoil in new[] { "chown 65002 /etc/qpc-mesh/identity.key", "chown 65002 /etc/qpc-mesh" })
        {
            router.Run(spoil);
            Ran ran = router.RunAsNode("qpc-mesh run --config /var/etc/qpc-mesh.json");
            Assert.Equal(1, ran.ExitCode);
            Assert.Contains("may not be read by this user", ran.Errors, StringComparison.Ordinal);
            Assert.Equal(key, File.ReadAllBytes(router.File("etc/qpc-mesh/identity.key")));
        }
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void On_a_root_that_cannot_be_written_the_node_runs_with_its_key_and_a_disk_for_its_data()
    {
        using RouterRoot router = RouterRoot.Create(65_001).Install();
        string address;
        using (RunningNode node = RunningNode.Start(router))
            address = node.Address;
        foreach (string place in new[] { "etc", "srv/qpc-mesh" })
            Shell.Do("mount", "--bind", router.File(place), router.File(place));
        try
        {
            Shell.Do("mount", "-o", "remount,bind,ro", router.File("etc"));
            using RunningNode node = RunningNode.Start(router);
            Assert.Equal(address, node.Address);
        }
        finally
        {
            Shell.Do("umount", router.File("etc"));
            Shell.Do("umount", router.File("srv/qpc-mesh"));
        }
    }
}
