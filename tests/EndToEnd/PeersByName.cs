using System.Net;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// Peers that are named, not numbered, dialled by the program that has no name service of a C library.
/// </summary>
public class PeersByName
{
    private const string Name = "relay.mesh.test";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_peer_is_found_by_the_name_servers_when_its_name_comes_to_exist_and_again_when_it_has_moved()
    {
        await using var net = new TestNet();
        NodeProcess relay = net.Node("relay").Listening();
        NodeProcess alice = net.Node("alice");
        Cable first = net.Connect(relay.Machine, alice.Machine), second = net.Connect(relay.Machine, alice.Machine);
        NameServer server = net.Own(new NameServer(relay.Machine, Name));
        Use(net, alice, "/etc/resolv.conf", $"nameserver {first.AddressA}\nsearch mesh.test\n");
        alice.With("--peer", $"tcp://relay:{NodeProcess.Port}");
        await relay.StartAsync();
        await alice.StartAsync();
        await alice.EventuallyAsync("word of it",
            () => Task.FromResult(alice.Log.Contains("there is no host relay", StringComparison.Ordinal)));

        server.Address = IPAddress.Parse(first.AddressA);
        await alice.EventuallyAsync("a link", async () => (await alice.AskAsync(Commands.Peers)).Count == 1, Long);
        await alice.HasRouteAsync(relay);
        await alice.SendAsync(relay, "by name", wait: "delivered");

        // The cable with the name server goes on; the relay itself is at another address from now on.
        server.Address = IPAddress.Parse(second.AddressA);
        await relay.KillAsync();
        await relay.StartAsync();
        await alice.SendAsync(relay, "again", wait: "delivered", within: Long);
        Assert.Equal(["by name", "again"], await relay.ReceivedAsync(alice));
    }

    [Fact]
    public async Task A_peer_is_found_by_the_table_of_names()
    {
        await using var net = new TestNet();
        NodeProcess relay = await net.Node("relay").Listening().StartAsync();
        NodeProcess alice = net.Node("alice");
        string address = net.Connect(relay.Machine, alice.Machine).AddressA;
        Use(net, alice, "/etc/hosts", $"127.0.0.1 localhost\n{address} {Name} relay # the one on the roof\n");
        alice.With("--peer", $"tcp://RELAY:{NodeProcess.Port}");
        await alice.StartAsync();
        await alice.HasRouteAsync(relay);
        await alice.SendAsync(relay, "by name", wait: "delivered");
    }

    [Fact]
    public async Task In_a_root_with_nothing_but_a_shell_and_the_program_a_peer_is_found_by_its_name()
    {
        await using var net = new TestNet();
        NodeProcess relay = await net.Node("relay").Listening().StartAsync();
        NodeProcess alice = net.Node("alice");
        string address = net.Connect(relay.Machine, alice.Machine).AddressA;
        NameServer server = net.Own(new NameServer(relay.Machine, Name));
        server.Address = IPAddress.Parse(address);
        string root = Path.Combine(net.Directory, "root");
        alice.With("--peer", $"tcp://{Name}:{NodeProcess.Port}");
        // The node's own directory, and the program, at the same places in there: no library, no /proc, no /dev.
        alice.Under =
        [
            "unshare", "--mount", "sh", "-e", "-c",
            """
            root=$1 data=$2 program=$3 server=$4
            mkdir -p "$root/bin" "$root/etc" "$root$data" "$root${program%/*}"
            cp /bin/busybox "$root/bin/sh"
            echo "nameserver $server" >"$root/etc/resolv.conf"
            touch "$root$program"
            mount --bind "$data" "$root$data"
            mount --bind "$program" "$root$program"
            shift 4
            exec chroot "$root" /bin/sh -c 'exec "$@"' sh "$@"
            """,
            "sh", root, alice.DataDirectory, Binary.Static, address, .. alice.Under,
        ];
        Directory.CreateDirectory(alice.DataDirectory);

        await alice.StartAsync();
        await alice.EventuallyAsync("a link", async () => (await alice.AskAsync(Commands.Peers)).Count == 1, Long);
        await alice.HasRouteAsync(relay);
        await alice.SendAsync(relay, "from a bare root", wait: "delivered");

        string[] files = [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(root, f))];
        Assert.Equal(new[] { "bin/sh", Binary.Static.TrimStart('/'), "etc/resolv.conf" }.Order(StringComparer.Ordinal),
            files.Order(StringComparer.Ordinal));
    }

    /// <summary>Gives a node a file of the system that is its own.</summary>
    private static void Use(TestNet net, NodeProcess node, string path, string text)
    {
        string file = Path.Combine(net.Directory, $"{node.Name}-{Path.GetFileName(path)}");
        File.WriteAllText(file, text);
        node.Under = ["unshare", "--mount", "sh", "-c", $"mount --bind {file} {path} && exec \"$@\"", "sh",
            .. node.Under];
    }
}
