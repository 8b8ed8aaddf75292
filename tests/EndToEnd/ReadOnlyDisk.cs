using System.Diagnostics;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>A flash that takes nothing any more: the file system of the data directory becomes read-only.</summary>
public class ReadOnlyDisk
{
    [RealRootFact]
    public async Task A_data_directory_that_becomes_read_only_refuses_what_it_cannot_keep_and_starts_again_when_it_is_repaired()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening();
        NodeProcess bob = net.Node("bob");
        // First bob: what is mounted later is not mounted for him, and can be taken away to be repaired.
        await bob.Dialling(net.Connect(alice.Machine, bob.Machine).AddressA).StartAsync();
        LoopDisk disk = net.Own(new LoopDisk(alice.DataDirectory, megabytes: 16));
        await alice.StartAsync();
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        await bob.SendAsync(alice, "while it took them", wait: "delivered");

        disk.Fail();
        // What this node cannot keep it does not take: not from its owner, and not from others.
        Ran refused = alice.Ctl("send", bob.Address, "nowhere to keep it");
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("the store is full or failing: nothing was sent", refused.Errors, StringComparison.Ordinal);
        string id = await bob.SendAsync(alice, "is kept by who sent it");
        await bob.EventuallyAsync("a state that says why", async () =>
            (await bob.AskAsync(Commands.Message, new() { Id = id })).Reason
                == "the next hop has no space");
        Assert.Equal(1, await alice.MetricAsync("qpc_store_failing"));
        // What is there can still be read, and the node is asked and ended as ever.
        Assert.Equal(["while it took them"], await alice.ReceivedAsync(bob));
        Assert.Equal(1, await alice.MetricAsync("qpc_store_failing"));
        Assert.DoesNotContain("takes writes again", alice.Log, StringComparison.Ordinal);
        Assert.Equal(0, await alice.StopAsync());

        Process again = alice.Launch();
        await again.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("cannot start", alice.Log, StringComparison.Ordinal);
        Assert.Contains(alice.DataDirectory, alice.Log[alice.Log.IndexOf("cannot start", StringComparison.Ordinal)..],
            StringComparison.Ordinal);

        disk.Repair();
        await alice.StartAsync();
        await bob.HasStateAsync(id, "delivered", TimeSpan.FromSeconds(90));
        Assert.Equal(["while it took them", "is kept by who sent it"], await alice.ReceivedAsync(bob));
    }

    [RealRootFact]
    public async Task On_a_read_only_disk_without_a_key_no_daemon_starts_and_it_says_why()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice");
        Directory.CreateDirectory(alice.DataDirectory);
        Shell.Do("mount", "-t", "tmpfs", "-o", "ro,mode=0700", "tmpfs", alice.DataDirectory);
        try
        {
            Process refused = alice.Launch();
            await refused.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("cannot start", alice.Log, StringComparison.Ordinal);
            Assert.Contains("Read-only file system", alice.Log, StringComparison.Ordinal);
        }
        finally
        {
            Shell.Do("umount", alice.DataDirectory);
        }
    }
}
