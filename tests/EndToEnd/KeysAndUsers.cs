using System.Diagnostics;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>Keys that are lost or will be, and users of the machine whom nobody thought of.</summary>
public class KeysAndUsers
{
    /// <summary>A user and a group without names.</summary>
    private const string Nobody = "12345";

    private const string RamWarning = "lies on a RAM disk";

    [Fact]
    public async Task A_key_that_is_gone_beside_its_store_is_missed_not_replaced_and_taken_back()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice");
        await alice.StartAsync();
        string address = alice.Address;
        await alice.SendAsync(alice, "to myself", wait: "delivered");
        Assert.Equal(0, await alice.StopAsync());
        Ran exported = Shell.Run(alice.Program, ["identity", "export", "--data-dir", alice.DataDirectory]);
        string secret = exported.Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)[0];
        string key = Path.Combine(alice.DataDirectory, "identity.key");
        File.Delete(key);

        Process refused = alice.Launch();
        await refused.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, refused.ExitCode);
        await alice.EventuallyAsync(
            "the reason", () => Task.FromResult(alice.Log.Contains(key, StringComparison.Ordinal)));
        Assert.Contains("identity import", alice.Log, StringComparison.Ordinal);
        Assert.False(File.Exists(key));

        Ran imported = Shell.Run(alice.Program, ["identity", "import", "--data-dir", alice.DataDirectory, "-"],
            secret + "\n");
        Assert.Equal((0, ""), (imported.ExitCode, imported.Errors));
        await alice.StartAsync();
        Assert.Equal(address, (await alice.AskAsync(Commands.Identity)).Address);
        Assert.Equal("to myself", (await alice.AskAsync(Commands.Messages))[0].Text);
    }

    [RealRootFact]
    public async Task A_key_on_a_RAM_disk_is_said_to_be_gone_after_a_reboot_at_every_start()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice");
        RamDisk disk = net.Own(new RamDisk(alice.DataDirectory));
        await alice.StartAsync();
        string before = alice.Address;
        Assert.Contains(RamWarning, alice.Log, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(alice.DataDirectory, "identity.key"), alice.Log, StringComparison.Ordinal);
        await alice.StopAsync();
        disk.Reboot();
        await alice.StartAsync();
        // It is as the warning says.
        Assert.NotEqual(before, (await alice.AskAsync(Commands.Identity)).Address);
        await alice.StopAsync();

        NodeProcess bob = net.Node("bob");
        net.Own(new LoopDisk(bob.DataDirectory, megabytes: 8));
        await bob.StartAsync();
        Assert.DoesNotContain(RamWarning, bob.Log, StringComparison.Ordinal);
        await bob.StopAsync();
    }

    /// <summary>
    /// A static program cannot load the modules of libc that answer for users. Where the machine's table of them names
    /// such modules, and the user has neither name nor home, the runtime's question who that is once ended it.
    /// </summary>
    [Fact]
    public async Task A_user_without_name_and_home_runs_the_static_program_whatever_modules_answer_for_users()
    {
        await using var net = new TestNet();
        string modules = Path.Combine(net.Directory, "nsswitch.conf");
        File.WriteAllText(
            modules, "passwd: files systemd compat hesiod nosuch\ngroup: files systemd compat\nhosts: files dns\n");
        string data = Path.Combine(net.Directory, "data");
        Directory.CreateDirectory(data);
        File.SetUnixFileMode(net.Directory, (UnixFileMode)0b111_101_101);
        Shell.Do("chown", $"{Nobody}:{Nobody}", data);

        Ran ctl = AsNobody(modules, Binary.Static, "ctl", "--control", "/nowhere/none.sock", "status");
        Assert.Equal(3, ctl.ExitCode);
        Assert.Contains("no daemon", ctl.Errors, StringComparison.Ordinal);
        Ran lost = AsNobody(modules, Binary.Static, "run");
        Assert.Equal(2, lost.ExitCode);
        Assert.Contains("--data-dir", lost.Errors, StringComparison.Ordinal);
        // 124: it ran until it was told to stop.
        Ran run = AsNobody(modules, "timeout", "-s", "TERM", "5", Binary.Static, "run", "--data-dir", data);
        Assert.Equal(124, run.ExitCode);
        Assert.Contains("stopped", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_of_the_group_of_the_control_socket_gets_in_and_nobody_else()
    {
        // A group that every Linux has.
        const string group = "daemon";
        await using var net = new TestNet();
        File.SetUnixFileMode(net.Directory, (UnixFileMode)0b111_101_101);
        string number = File.ReadLines("/etc/group").Select(static l => l.Split(':'))
            .Single(static words => words[0] == group)[2];
        string sockets = Directory.CreateDirectory(Path.Combine(net.Directory, "run")).FullName;
        string configuration = Path.Combine(net.Directory, "node.json");
        File.WriteAllText(configuration, $$"""{ "controlGroup": "{{group}}" }""");
        NodeProcess alice = net.Node("alice").Controlled(Path.Combine(sockets, "control.sock"))
            .With("--config", configuration);
        await alice.StartAsync();

        Ran member = Ask(alice, number);
        Assert.Equal(0, member.ExitCode);
        Assert.Contains(alice.Address, member.Output, StringComparison.Ordinal);
        // Who may use the node does not get its key.
        string[] recovery = ["account", "recovery", "create", "chat.example.org", "alice"];
        Ran taker = Ask(alice, number, recovery);
        Assert.NotEqual(0, taker.ExitCode);
        Assert.Contains("lets another be this node", taker.Errors, StringComparison.Ordinal);
        Ran owner = Shell.Run(alice.Program, ["ctl", "--control", alice.Control, .. recovery]);
        Assert.Contains("chat.example.org", owner.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("lets another", owner.Errors, StringComparison.Ordinal);
        Ran stranger = Ask(alice, Nobody);
        Assert.NotEqual(0, stranger.ExitCode);
        Assert.Contains("ermission", stranger.Errors, StringComparison.Ordinal);
        Assert.Empty(stranger.Output);
    }

    private static Ran Ask(NodeProcess node, string group, params string[] command) => Shell.Run(
        "setpriv", ["--reuid", Nobody, "--regid", Nobody, "--groups", group, node.Program, "ctl", "--control",
            node.Control, .. command is [] ? ["identity"] : command]);

    private static Ran AsNobody(string modules, params string[] command) => Shell.Run("unshare",
    [
        "--mount", "sh", "-ec", $"mount --bind {modules} /etc/nsswitch.conf; cd /; exec \"$@\"", "sh",
        "env", "-i", "setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", .. command,
    ]);
}
