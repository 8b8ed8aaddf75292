using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>The dynamic program with libmsquic, where the machine has it; elsewhere it says that it has none.</summary>
public class QuicLinks
{
    [Fact]
    public async Task Messages_go_over_QUIC_where_the_library_is_and_elsewhere_TCP_takes_its_place()
    {
        await using var net = new TestNet();
        NodeProcess relay = net.Node("relay").With("--listen", $"tcp://0.0.0.0:{NodeProcess.Port}");
        NodeProcess alice = net.Node("alice");
        relay.Program = alice.Program = Binary.Dynamic;
        string address = net.Connect(relay.Machine, alice.Machine).AddressA;
        await relay.StartAsync();
        bool hasQuic = (await relay.AskAsync(Commands.Status)).QuicAvailable;
        string quic = $"quic://{address}:{NodeProcess.Port}", tcp = $"tcp://{address}:{NodeProcess.Port}";
        if (hasQuic)
        {
            Assert.Equal(0, await relay.StopAsync());
            await relay.With("--listen", $"quic://0.0.0.0:{NodeProcess.Port}").StartAsync();
        }

        await alice.With("--peer", $"{quic},{tcp}").StartAsync();
        await alice.HasRouteAsync(relay);
        await alice.SendAsync(relay, "there", wait: "delivered");
        await relay.HasRouteAsync(alice);
        await relay.SendAsync(alice, new string('x', 30_000), wait: "delivered");
        PeerInfo peer = (await alice.AskAsync(Commands.Peers)).Single();
        Assert.Equal(hasQuic ? "quic" : "tcp", peer.Transport);

        // A neighbour that is gone is found again.
        await relay.KillAsync();
        await relay.StartAsync();
        await alice.SendAsync(relay, "again", wait: "delivered", within: TimeSpan.FromSeconds(60));
        Assert.Equal(["there", "again"], await relay.ReceivedAsync(alice));
    }
}
