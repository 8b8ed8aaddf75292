using System.Net.Quic;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>Two managers over real sockets.</summary>
public class ManagedLinkTests
{
    [Fact]
    public async Task Two_nodes_that_dial_each_other_at_once_agree_on_one_link_and_it_carries_frames()
    {
        for (int round = 0; round < 5; round++)
        {
            await using Managed alice = new((byte)(2 * round + 1)), bob = new((byte)(2 * round + 2));
            LinkUri toAlice = await alice.ListenAsync(), toBob = await bob.ListenAsync();
            alice.Manager.Connect(Peer(toBob));
            bob.Manager.Connect(Peer(toAlice));
            // A link that both have may still give way to the other one, which takes longer to come up.
            Task<byte[]> frame = bob.Events.NextFrameAsync();
            while (!frame.IsCompleted)
            {
                (ILink a, _) = await AgreeAsync(alice, bob);
                Task down = alice.Events.NextDownAsync();
                if (!a.TrySend(FrameClass.Control, [(byte)FrameKind.Ping, 0, 1]))
                    continue;
                a.Flush();
                await Task.WhenAny(frame, down);
            }

            Assert.Equal(new byte[] { (byte)FrameKind.Ping, 0, 1 }, await frame);
        }
    }

    [Fact]
    public async Task A_restarted_node_is_found_again()
    {
        await using Managed alice = new(1);
        Managed bob = new(2);
        LinkUri toAlice = await alice.ListenAsync();
        bob.Manager.Connect(Peer(toAlice));
        await alice.Events.NextUpAsync();
        // Before his own end is up, he breaks the attempt off without a goodbye.
        await bob.Events.NextUpAsync();
        ulong first = bob.Node.Node.BootId;
        await bob.DisposeAsync();
        Assert.Equal(LinkEndCode.Closed, (await alice.Events.NextDownAsync()).Reason.Code);

        await using Managed again = new(2);
        again.Manager.Connect(Peer(toAlice));
        ILink link = await alice.Events.NextUpAsync();
        Assert.NotEqual(first, link.PeerBootId);
        Assert.Equal(again.Node.Address, link.Peer);
    }

    [Fact]
    public async Task A_port_in_use_is_named_in_the_error()
    {
        await using Managed alice = new(1), bob = new(2);
        LinkUri taken = await alice.ListenAsync();
        IOException e = await Assert.ThrowsAsync<IOException>(
            () => bob.Manager.ListenAsync(taken, CancellationToken.None).AsTask());
        Assert.Contains(taken.ToString(), e.Message);
        e = await Assert.ThrowsAsync<IOException>(
            () => bob.Manager.ListenAsync(LinkPeer.Uri("smtp://*:25"), CancellationToken.None).AsTask());
        Assert.Contains("no transport 'smtp'", e.Message);
    }

    [Fact]
    public async Task A_peer_with_both_ways_is_reached_by_QUIC_where_it_works_and_by_TCP_where_not()
    {
        await using Managed alice = new(1), bob = new(2);
        LinkUri tcp = await bob.ListenAsync();
        LinkUri? quic = await bob.Manager.ListenAsync(LinkPeer.Uri("quic://127.0.0.1:0"), CancellationToken.None);
        Assert.Equal(QuicListener.IsSupported, quic is not null);
        Assert.True(PeerUris.TryParse($"{tcp},{quic ?? LinkPeer.Uri("quic://127.0.0.1:1")}",
            out PeerUris? peer, out _));
        alice.Manager.Connect(peer);
        Assert.Equal(quic is null ? "tcp" : "quic", (await alice.Events.NextUpAsync()).Transport);
    }

    private static PeerUris Peer(LinkUri uri)
    {
        Assert.True(PeerUris.TryParse(uri.ToString(), out PeerUris? peer, out string? error), error);
        return peer;
    }

    /// <summary>Waits until both have one link and it is the same one: either end's dial number names it.</summary>
    private static async Task<(ILink A, ILink B)> AgreeAsync(Managed alice, Managed bob)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
        while (true)
        {
            if (alice.Manager.Links is [{ } a] && bob.Manager.Links is [{ } b] && a.Outbound != b.Outbound
                && ((ILinkOrigin)a).DialNumber == ((ILinkOrigin)b).DialNumber
                && alice.Settled && bob.Settled)
                return (a, b);
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>A node's links with a manager, over the real clock.</summary>
    private sealed class Managed : IAsyncDisposable
    {
        internal Managed(byte seed)
        {
            Node = new LinkPeer(seed);
            Manager = new LinkManager(
                Node.Address, [Node.Tcp, Node.Quic], Events, new LinkManagerSettings(), TimeProvider.System,
                RandomSource.System,
                NullLogger<LinkManager>.Instance);
        }

        internal LinkPeer Node { get; }

        internal RecordingEvents Events { get; } = new();

        internal LinkManager Manager { get; }

        /// <summary>As many ups as downs and one: nothing is on its way.</summary>
        internal bool Settled
        {
            get
            {
                lock (Events.Order)
                    return Events.Order.Count % 2 == 1 && Events.Order[^1].StartsWith("up", StringComparison.Ordinal);
            }
        }

        internal async Task<LinkUri> ListenAsync() =>
            (await Manager.ListenAsync(LinkPeer.Uri("tcp://127.0.0.1:0"), CancellationToken.None))!;

        public async ValueTask DisposeAsync()
        {
            await Manager.DisposeAsync();
            await Node.DisposeAsync();
        }
    }
}
