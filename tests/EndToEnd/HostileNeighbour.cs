using System.Net.Sockets;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// alice - relay - bob, and mallory, who has a cable to the relay. After each attack alice still reaches bob.
/// </summary>
public class HostileNeighbour
{
    private const int Seed = 4711;
    private const int IdleConnections = 500;
    private const int AllowedFromOneAddress = 8;
    private const long MemoryAllowed = 24 << 20;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Bytes_that_are_no_TLS_and_connections_that_say_nothing_are_bounded_and_ended()
    {
        await using HostileScene scene = await HostileScene.StartAsync();
        var random = new Random(Seed);
        for (int i = 0; i < 50; i++)
        {
            using Socket socket = scene.Connect();
            byte[] noise = new byte[random.Next(1, 4096)];
            random.NextBytes(noise);
            // A first byte that is no TLS handshake record, so that none of them happens to wait for more.
            noise[0] = 0xFF;
            await socket.SendAsync(noise);
            await EndedAsync(socket);
        }

        await scene.RefusedAsync("authentication", 40);
        await scene.OthersAreFineAsync("after noise");

        long before = scene.Relay.ResidentBytes();
        double displaced = await scene.RefusedCountAsync("too_many");
        var idle = new List<Socket>();
        for (int i = 0; i < IdleConnections; i++)
            idle.Add(scene.Connect());
        await scene.RefusedAsync("too_many", displaced + IdleConnections - AllowedFromOneAddress);
        await scene.OthersAreFineAsync("beside idle connections");
        Assert.InRange(scene.Relay.ResidentBytes(), 0, before + MemoryAllowed);

        // Slow-loris: the newest of them begins a handshake and never ends it.
        double late = await scene.RefusedCountAsync("handshake_timeout");
        byte[] hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01];
        foreach (byte part in hello)
            await idle[^1].SendAsync(new[] { part });
        await scene.RefusedAsync("handshake_timeout", late + AllowedFromOneAddress);
        foreach (Socket socket in idle)
            await EndedAsync(socket);
        await scene.OthersAreFineAsync("after slow ones");
    }

    [Fact]
    public async Task Frames_that_do_not_parse_are_counted_and_end_the_link()
    {
        await using HostileScene scene = await HostileScene.StartAsync();
        double violations = await scene.RefusedCountAsync("protocol_violation");

        // Instead of a Hello: noise, one that is too large, one that is cut.
        foreach (byte[] opening in new byte[][] { [0x00, 0x05, 0x77, 1, 2, 3, 4], [0xFF, 0xFF, 0x01, 0x80],
            [0x00, 0x02, 0x01, 0x81] })
        {
            using HostilePeer peer = await scene.AuthenticateAsync();
            await peer.SendRawAsync(opening);
            await peer.EndedAsync(Soon);
        }

        await scene.RefusedAsync("protocol_violation", violations + 3);

        // After it: kinds unknown, bodies cut, bodies larger than they may be, until the relay has had enough.
        var random = new Random(Seed);
        byte[] noise = new byte[Limits.MaxFrame - 1];
        random.NextBytes(noise);
        noise[0] = 0xF0;
        using (HostilePeer peer = await scene.LinkAsync())
        {
            await peer.SendAsync((FrameKind)0x7F, noise);
            await scene.CountedAsync("frame_unknown_kind", 1);
            await peer.SendAsync(FrameKind.Envelope, noise);
            await peer.SendAsync(FrameKind.Envelope, noise.AsSpan(0, EnvelopeHeader.Size - 1));
            await scene.CountedAsync("drop_malformed", 2);
            await peer.SendAsync(FrameKind.CustodyAck, noise);
            await scene.CountedAsync("ack_malformed", 1);
            foreach (FrameKind kind in new[] { FrameKind.Announce, FrameKind.RouteUpdate, FrameKind.PathRequest,
                FrameKind.AnnounceRequest, FrameKind.Ping })
                await peer.SendAsync(kind, noise);
            await peer.EndedAsync(Soon);
            await scene.RouteCountedAsync("drop_malformed", 5);
        }

        // A frame that is announced and never comes; a frame without a kind.
        using (HostilePeer cut = await scene.LinkAsync())
            await cut.SendRawAsync(new byte[] { 0xFF, 0xFF, 0x10 });
        violations = await scene.EndedCountAsync("protocol_violation");
        using (HostilePeer empty = await scene.LinkAsync())
        {
            await empty.SendRawAsync(new byte[] { 0, 0 });
            await empty.EndedAsync(Soon);
        }

        await scene.EndedAsync("protocol_violation", violations + 1);
        await scene.OthersAreFineAsync("after frames that do not parse");
    }

    [Fact]
    public async Task Announces_that_are_replayed_or_altered_change_nothing()
    {
        await using HostileScene scene = await HostileScene.StartAsync();
        using HostilePeer peer = await scene.LinkAsync();
        // Nothing goes over a stream that has not answered four pings (docs/reference/routing.md).
        for (int i = 0; i < 4; i++)
            await peer.SendAsync(FrameKind.Pong, await peer.NextAsync(FrameKind.Ping, TimeSpan.FromSeconds(20)));
        byte[] own = scene.Announce(sequence: 7);
        byte[] update = new byte[RouteUpdate.SizeOf(1)];
        var writer = new RouteUpdate.Writer(update, 1, RouteUpdateFlags.FirstOfTable);
        Assert.True(writer.TryAdd(new RouteEntry(Abbreviation.Of(scene.Mallory.Address), 7, Metric.Zero)));
        await peer.SendAsync(FrameKind.RouteUpdate, update);
        await peer.SendAsync(FrameKind.Announce, own);
        await scene.Relay.EventuallyAsync("mallory's announce", async () =>
            (await scene.Relay.AskAsync(Commands.Routes))
                .Any(r => r.Destination == scene.Mallory.Address.ToString() && r.NextHop is not null));

        double old = await scene.RouteCountAsync("drop_old_announce");
        await peer.SendAsync(FrameKind.Announce, own);
        await peer.SendAsync(FrameKind.Announce, scene.Announce(sequence: 6));
        await scene.RouteCountedAsync("drop_old_announce", old + 2);

        byte[] altered = scene.Announce(sequence: 8);
        altered[4]++;
        await peer.SendAsync(FrameKind.Announce, altered);
        await scene.RouteCountedAsync("drop_bad_signature", 1);

        using LocalIdentity stranger = LocalIdentity.Generate();
        await peer.SendAsync(FrameKind.Announce, HostileScene.AnnounceOf(stranger, 1));
        await scene.RouteCountedAsync("drop_unsolicited_announce", 1);
        Assert.DoesNotContain(await scene.Relay.AskAsync(Commands.Routes), r => r.Destination
            == stranger.Address.ToString());
        await scene.OthersAreFineAsync("after announces");
    }

    [Fact]
    public async Task Forged_receipts_and_acknowledgements_prove_nothing()
    {
        await using HostileScene scene = await HostileScene.StartAsync();
        await scene.Bob.KillAsync();
        await scene.Alice.EventuallyAsync("bob gone", async () =>
            !(await scene.Alice.AskAsync(Commands.Routes))
                .Any(r => r.Destination == scene.Bob.Address && r.NextHop is not null));
        string waiting = await scene.Alice.SendAsync(scene.Bob, "not delivered yet");

        const int forgeries = 500;
        var random = new Random(Seed);
        Assert.True(NodeAddress.TryParse(scene.Alice.Address, out NodeAddress alice, out _));
        using HostilePeer peer = await scene.LinkAsync();
        var header = new EnvelopeHeader(EnvelopeKind.Receipt, Priority.Normal, WantsReceipt: false, 0, Limits.MaxHops,
            100, alice);
        byte[] proof = new byte[Receipt.ProofSize];
        byte[] envelope = new byte[Receipt.EnvelopeSize];
        for (int i = 0; i < forgeries; i++)
        {
            random.NextBytes(proof);
            Envelope.Write(envelope, header, proof);
            await peer.SendAsync(FrameKind.Envelope, envelope);
        }

        await peer.SendAsync(FrameKind.Envelope, envelope.AsSpan(0, envelope.Length - 1));
        await scene.Alice.EventuallyAsync("forged receipts counted", async () =>
            await HostileScene.RouterCountAsync(scene.Alice, "receipt_unknown") >= forgeries
            && await HostileScene.RouterCountAsync(scene.Alice, "receipt_malformed") >= 1);

        byte[] names = new byte[255 * sizeof(ulong)];
        random.NextBytes(names);
        await peer.SendAsync(FrameKind.CustodyAck, [(byte)CustodyCode.Taken, 255, .. names]);
        await scene.CountedAsync("ack_unknown", 255);
        await scene.Alice.HasStateAsync(waiting, "queued");
        await scene.Bob.StartAsync();
        await scene.Alice.HasStateAsync(waiting, "delivered");
    }

    [Fact]
    public async Task Who_is_not_the_pinned_one_or_lacks_the_network_key_gets_no_link()
    {
        await using HostileScene scene = await HostileScene.StartAsync();
        using LocalIdentity other = LocalIdentity.Generate();
        NodeProcess careful = scene.Net.Node("careful");
        careful.With("--peer", $"tcp://{scene.CableTo(careful.Machine)}:{NodeProcess.Port}/#{other.Address}");
        await careful.StartAsync();
        await HostileScene.RefusedAsync(careful, "wrong_address", 1);
        Assert.Empty(await careful.AskAsync(Commands.Peers));

        NodeProcess closed = Closed(scene, "closed", 'a').Listening();
        closed.Dialling(scene.CableTo(closed.Machine));
        await closed.StartAsync();
        await HostileScene.RefusedAsync(closed, "network_key", 1);
        await scene.RefusedAsync("network_key", 1);

        NodeProcess elsewhere = Closed(scene, "elsewhere", 'b');
        elsewhere.Dialling(scene.Net.Connect(closed.Machine, elsewhere.Machine).AddressA);
        await elsewhere.StartAsync();
        await HostileScene.RefusedAsync(elsewhere, "network_key", 1);
        Assert.Empty(await closed.AskAsync(Commands.Peers));
        Assert.Empty(await elsewhere.AskAsync(Commands.Peers));
        await scene.OthersAreFineAsync("beside closed networks");
    }

    private static NodeProcess Closed(HostileScene scene, string name, char digit)
    {
        string key = Path.Combine(scene.Net.Directory, name + ".key");
        string configuration = Path.Combine(scene.Net.Directory, name + ".json");
        File.WriteAllText(key, new string(digit, 64));
        File.WriteAllText(configuration, $$"""{ "networkKeyFile": "{{key}}" }""");
        return scene.Net.Node(name).With("--config", configuration);
    }

    private static async Task EndedAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(Soon);
        byte[] sink = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(sink, limit.Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }

        socket.Dispose();
    }
}
