namespace QuicProChat.Mesh.Packaging.Tests.Router;

/// <summary>What a system upgrade leaves of a node: the files that keep.d names, and nothing else.</summary>
public class UpgradeTests
{
    private const string Friend = "qpc1ryq0v9k94xs02nnc2mvv2r7mkgrv43qc";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [RootFact(Packages.Busybox, Packages.Program)]
    public void After_a_system_upgrade_under_another_user_number_the_node_is_who_it_was_and_knows_whom_it_knew()
    {
        using RouterRoot before = RouterRoot.Create(65_001).Install();
        string address;
        using (RunningNode node = RunningNode.Start(before))
        {
            address = node.Address;
            Assert.Equal(0, node.Ctl($"send {address} hello --wait delivered").ExitCode);
            foreach (string name in new[] { "bob", "jürgen", "a*b", "$(id)" })
                Assert.Equal(0, node.Ctl($"alias -- '{name}' {Friend}").ExitCode);
            SaveForUpgrade(before);
        }

        string kept = File.ReadAllText(before.File("tmp/kept"));
        Assert.Contains("/etc/qpc-mesh/identity.key", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("store.db", kept, StringComparison.Ordinal);
        Assert.Equal("0 0 600\n", before.Run("stat -c '%u %g %a' /etc/qpc-mesh-contacts").Output);

        using RouterRoot after = RouterRoot.Create(65_077);
        Shell.Do("tar", "-xzf", before.File("tmp/backup.tgz"), "--numeric-owner", "-C", after.Path);
        after.Install();
        using (RunningNode node = RunningNode.Start(after))
        {
            Assert.Equal(address, node.Address);
            Assert.Equal("65077 600\n", after.Run("stat -c '%u %a' /etc/qpc-mesh/identity.key").Output);
            Assert.Equal(0, node.Ctl($"send {address} again --wait delivered").ExitCode);
            UntilLogged(after, "the store was empty; it has the contacts");
            Assert.Equal(["$(id)", "a*b", "bob", "jürgen"], Contacts(node));
        }
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void After_a_system_upgrade_cards_compared_numbers_and_blocks_are_as_they_were_whatever_a_card_calls_itself()
    {
        using RouterRoot before = RouterRoot.Create(65_001).Install();
        // Two others, whose cards this node takes: one calls itself something that reads like a part of the answer.
        (string card, string address) = CardOf("x{\"address\":\"q");
        (string other, string enemy) = CardOf("eve");
        string key;
        using (RunningNode node = RunningNode.Start(before))
        {
            Assert.Equal(0, node.Ctl($"contact add --alias bob '{card}'").ExitCode);
            Assert.Equal(0, node.Ctl($"verify {address} --confirm").ExitCode);
            Assert.Equal(0, node.Ctl($"contact add '{other}'").ExitCode);
            Assert.Equal(0, node.Ctl($"block {enemy}").ExitCode);
            Assert.Equal(0, node.Ctl($"block {Friend}").ExitCode);
            key = Contact(node, address)["key"]!.GetValue<string>();
            // A key is of one address alone.
            (_, string known) = CardOf("known");
            Assert.Equal(1, node.Ctl($"verify {known} --key {key} --confirm").ExitCode);
            SaveForUpgrade(before);
        }

        string[] lines =
            [$"-blocked {Friend}", $"-blocked {enemy}", $"-card {card}", $"-card {other}", $"-verified {address} {key}",
                $"bob {address}"];
        Assert.Equal(lines.Order(StringComparer.Ordinal), File.ReadAllLines(before.File("etc/qpc-mesh-contacts"))
            .Order(StringComparer.Ordinal));

        using RouterRoot after = RouterRoot.Create(65_077);
        Shell.Do("tar", "-xzf", before.File("tmp/backup.tgz"), "--numeric-owner", "-C", after.Path);
        after.Install();
        using (RunningNode node = RunningNode.Start(after))
        {
            UntilLogged(after, "the store was empty; it has the contacts");
            Assert.DoesNotContain("was not taken", after.Log, StringComparison.Ordinal);
            Assert.Equal(card, (string?)Contact(node, address)["uri"]);
            Assert.True((bool)Contact(node, address)["verified"]!);
            Assert.Equal(other, (string?)Contact(node, enemy)["uri"]);
            Assert.False((bool)Contact(node, enemy)["verified"]!);
            Assert.Equal(["bob"], Contacts(node));
            Assert.Equal(
                new[] { Friend, enemy }.Order(StringComparer.Ordinal),
                System.Text.Json.Nodes.JsonNode.Parse(node.Ctl("--json blocked").Output)!.AsArray()
                    .Select(b => (string)b!["address"]!).Order(StringComparer.Ordinal));
        }
    }

    private static System.Text.Json.Nodes.JsonNode Contact(RunningNode node, string address) =>
        System.Text.Json.Nodes.JsonNode.Parse(node.Ctl("--json contact list").Output)!.AsArray()
            .Single(c => (string?)c!["address"] == address)!;

    /// <summary>The card and the address of a node of that name.</summary>
    private static (string Card, string Address) CardOf(string name)
    {
        using LoneNode node = LoneNode.Start("--name", name);
        System.Text.Json.Nodes.JsonNode shown =
            System.Text.Json.Nodes.JsonNode.Parse(node.Ctl("--json", "contact", "show"))!;
        return ((string)shown["uri"]!, (string)shown["address"]!);
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void A_contact_that_was_deleted_after_a_backup_stays_deleted_and_the_file_is_written_only_where_it_changes()
    {
        using RouterRoot router = RouterRoot.Create(65_001).Install();
        using (RunningNode node = RunningNode.Start(router))
        {
            SaveForUpgrade(router);
            Assert.False(File.Exists(router.File("etc/qpc-mesh-contacts")));
            Assert.Equal(0, node.Ctl($"alias bob {Friend}").ExitCode);
            Assert.Equal(0, node.Ctl($"alias eve {Friend}").ExitCode);
            SaveForUpgrade(router);
            string number = router.Run("stat -c '%i %Y' /etc/qpc-mesh-contacts").Output;
            SaveForUpgrade(router);
            Assert.Equal(number, router.Run("stat -c '%i %Y' /etc/qpc-mesh-contacts").Output);
            Assert.Equal(0, node.Ctl("alias eve --remove").ExitCode);
        }

        // The store is there: what the file has is older than what the store has.
        using (RunningNode node = RunningNode.Start(router))
            Assert.Equal(["bob"], Contacts(node));
        Assert.True(File.Exists(router.File("etc/qpc-mesh-contacts")));
        Assert.DoesNotContain("contacts", router.Log, StringComparison.Ordinal);
    }

    [RootFact(Packages.Busybox, Packages.Program)]
    public void Reading_contacts_back_goes_on_at_the_next_start_keeps_those_that_are_there_and_survives_a_spoilt_file()
    {
        using RouterRoot router = RouterRoot.Create(65_001).Install();
        router.Write("etc/qpc-mesh-contacts", $"bob {Friend}\n\n-x {Friend}\nno address\nann {Friend} trailing\ncut");
        // The first start is cut short: nothing is lost, for the name of the file says that it is still wanted.
        Assert.Equal(0, router.Run(". /usr/lib/qpc-mesh/contacts.sh; qpc_want_contacts /srv/qpc-mesh").ExitCode);
        Assert.False(File.Exists(router.File("etc/qpc-mesh-contacts")));

        using RunningNode node = RunningNode.Start(router);
        UntilLogged(router, "the store was empty; it has the contacts");
        Assert.Equal(["bob"], Contacts(node));
        Assert.Contains("the contact '-x qpc1", router.Log, StringComparison.Ordinal);
        Assert.True(File.Exists(router.File("etc/qpc-mesh-contacts")));
    }

    [RootTheory(Packages.Busybox)]
    [InlineData("ext4", 40_000, 0)]
    [InlineData("ext4", 30_000, 1)]
    [InlineData("ubifs", 30_000, 0)]
    [InlineData("jffs2", 20_000, 1)]
    public void The_package_is_refused_where_the_overlay_has_no_room_for_it(
        string kind, int freeKilobytes, int exitCode)
    {
        using RouterRoot router = RouterRoot.Create(65_001);
        // A function: busybox runs what it has itself before any file.
        string line = $"df() {{ printf 'head\\nroot 99999 1 {freeKilobytes} 1%% /overlay\\n'; }}; . /tmp/preinst";
        router.Write("proc/mounts", $"/dev/mtdblock6 /overlay {kind} rw 0 0\n");
        Shell.Do("cp", Path.Combine(Packages.RouterFiles, "preinst"), router.File("tmp/preinst"));

        Ran ran = router.Run(line);

        Assert.Equal(exitCode, ran.ExitCode);
        Assert.Equal(exitCode == 1, ran.Errors.Contains("MB free on the overlay", StringComparison.Ordinal));
        // An upgrade is not asked.
        router.Write("usr/bin/qpc-mesh", "", "755");
        Assert.Equal(0, router.Run(line).ExitCode);
    }

    /// <summary>sysupgrade(8): the functions that the scripts of /lib/upgrade register run in their order, then every
    /// file below what keep.d names goes into the archive, with numeric owners.</summary>
    private static void SaveForUpgrade(RouterRoot router)
    {
        Ran ran = router.Run(
            "add_conffiles() { find $(cat /lib/upgrade/keep.d/qpc-mesh) /etc/config -type f >\"$1\" 2>/dev/null || "
                + "true; };"
            + "sysupgrade_init_conffiles=add_conffiles; for f in /lib/upgrade/*.sh; do . \"$f\"; done;"
            + "for f in $sysupgrade_init_conffiles; do eval \"$f /tmp/kept\" || exit 1; done; tar -czf "
            + "/tmp/backup.tgz $(cat /tmp/kept)");
        Assert.True(ran.ExitCode == 0, ran.ToString());
    }

    private static void UntilLogged(RouterRoot router, string text)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!router.Log.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(waited.Elapsed < Patience, router.Log);
            Thread.Sleep(50);
        }
    }

    private static string[] Contacts(RunningNode node) =>
        [.. System.Text.Json.Nodes.JsonNode.Parse(node.Ctl("--json alias").Output)!.AsArray()
        .Select(a => (string)a!["alias"]!).Order(StringComparer.Ordinal)];

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
