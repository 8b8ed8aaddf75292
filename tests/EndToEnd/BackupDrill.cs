using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// The backup drill with real daemons: what comes back, what does not, and what two nodes with one backup are told.
/// </summary>
public class BackupDrill
{
    private const string Enemy = "qpc1ryq0v9k94xs02nnc2mvv2r7mkgrv43qc";

    [Fact]
    public async Task Identity_and_contacts_come_back_on_another_machine_and_the_group_has_to_be_joined_again()
    {
        await using var net = new TestNet();
        NodeProcess old = await net.Node("old").StartAsync();
        string address = old.Address;
        Assert.Equal(0, old.Ctl("alias", "me", address).ExitCode);
        Assert.Equal(0, old.Ctl("lite", "create", "friends").ExitCode);
        NodeProcess friend = await net.Node("friend").StartAsync();
        string card = friend.Ctl(Commands.ContactShow).Uri!;
        Assert.Equal(0, old.Ctl("contact", "add", card).ExitCode);
        Assert.Equal(0, old.Ctl("verify", friend.Address, "--confirm").ExitCode);
        Assert.Equal(0, old.Ctl("block", Enemy).ExitCode);
        (string file, string secret) = Files(net);

        Ran made = BackUp(old, file, secret);
        Assert.True(made.ExitCode == 0, made.Errors);
        Assert.Contains(
            "1 contact, 1 with a card or a compared number, 1 blocked\n  to be joined again: MLS-Lite group 'friends'",
            made.Output, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        // A second one would overwrite what may be the only copy.
        Assert.Equal(1, BackUp(old, file, secret).ExitCode);
        await old.StopAsync();

        NodeProcess anew = net.Node("anew");
        Ran restored = Restore(anew, file, secret);
        Assert.True(restored.ExitCode == 0, restored.Errors);
        Assert.Contains("1 of 1 contact added", restored.Output, StringComparison.Ordinal);
        Assert.Contains("To be joined again: MLS-Lite group 'friends'; it had no other member", restored.Output,
            StringComparison.Ordinal);
        await anew.StartAsync();
        Assert.Equal(address, anew.Address);
        Assert.Equal(address, (await anew.AskAsync(Commands.Alias)).List![0].Address);
        ContactInfo known = (await anew.AskAsync(Commands.ContactList)).Single();
        Assert.Equal((friend.Address, true, card), (known.Address, known.Verified, known.Uri));
        Assert.Equal(Enemy, (await anew.AskAsync(Commands.Blocked))[0].Address);
        Assert.Empty(await anew.AskAsync(Commands.LiteList));
        // A daemon that runs keeps its data to itself.
        Assert.Equal(1, Restore(anew, file, secret).ExitCode);
    }

    [Fact]
    public async Task A_backup_of_another_node_is_refused_without_replace_and_a_wrong_passphrase_always()
    {
        await using var net = new TestNet();
        NodeProcess one = await net.Node("one").StartAsync();
        NodeProcess two = await net.Node("two").StartAsync();
        (string file, string secret) = Files(net);
        Assert.Equal(0, BackUp(one, file, secret).ExitCode);
        await two.StopAsync();

        Ran ran = Restore(two, file, secret);
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("not replaced without being told to", ran.Errors, StringComparison.Ordinal);
        await File.WriteAllTextAsync(secret, "another\n");
        Assert.Equal(1, Restore(net.Node("three"), file, secret).ExitCode);
    }

    [Fact]
    public async Task Two_nodes_with_one_backup_are_told_so_by_their_doctor()
    {
        await using var net = new TestNet();
        NodeProcess relay = await net.Node("relay").Listening().StartAsync();
        NodeProcess one = net.Node("one");
        NodeProcess two = net.Node("two");
        string toOne = net.Connect(relay.Machine, one.Machine).AddressA;
        string toTwo = net.Connect(relay.Machine, two.Machine).AddressA;
        await one.Dialling(toOne).StartAsync();
        (string file, string secret) = Files(net);
        Assert.Equal(0, BackUp(one, file, secret).ExitCode);
        Assert.Equal(0, Restore(two, file, secret).ExitCode);
        await two.Dialling(toTwo).StartAsync();

        await two.EventuallyAsync("one of the two is told", () => Task.FromResult(new[] { one, two }.Any(n =>
        {
            Ran doctor = n.Ctl("--json", "doctor", "--data-dir", n.DataDirectory);
            return doctor.ExitCode == 1 && JsonNode.Parse(doctor.Output)!.AsArray().Any(f =>
                (string?)f!["check"] == "duplicates" && (string?)f["severity"] == "problem");
        })));
    }

    private static (string File, string Secret) Files(TestNet net)
    {
        string secret = Path.Combine(net.Directory, "secret");
        File.WriteAllText(secret, "correct horse\n");
        return (Path.Combine(net.Directory, "backup"), secret);
    }

    private static Ran BackUp(NodeProcess node, string file, string secret) =>
        node.Ctl("backup", file, "--data-dir", node.DataDirectory, "--backup-passphrase-file", secret);

    private static Ran Restore(NodeProcess node, string file, string secret) =>
        Shell.Run(node.Program,
            ["ctl", "restore", file, "--data-dir", node.DataDirectory, "--backup-passphrase-file", secret]);
}
