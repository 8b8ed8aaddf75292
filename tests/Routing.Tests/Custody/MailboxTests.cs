using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>What a relay holds for somebody who is away, among strangers who would have the place.</summary>
public sealed class MailboxTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(Priority.Low)]
    [InlineData(Priority.Emergency)]
    public void A_neighbour_that_fills_the_mailbox_of_one_leaves_room_in_it_for_others(Priority junk)
    {
        var network = new RouterNetwork(1);
        RouterNode relay = network.Add(new RouterOptions { MaxHeldBytes = 100_000 });
        RouterNode evil = network.Add(), honest = network.Add(), target = network.Add();
        network.Join(relay, evil, RouterLinkKind.Stream);
        network.Join(relay, honest, RouterLinkKind.Stream);
        relay.RouteVia(target);
        Offer(network, relay, evil, target, first: 0, count: 400, size: 400, junk);
        Assert.True(relay[RouterCounter.DropQuotaDestination] > 100);
        int before = relay.Router.Held.Count;
        Offer(network, relay, honest, target, first: 5_000, count: 50, size: 100, Priority.Normal);
        Assert.Equal(before + 50, relay.Router.Held.Count);
    }

    [Fact]
    public void Many_identities_from_one_place_are_one_neighbour()
    {
        var network = new RouterNetwork(2);
        RouterNode relay = network.Add(new RouterOptions { MaxHeldBytes = 100_000 });
        RouterNode honest = network.Add(), target = network.Add();
        network.Join(relay, honest, RouterLinkKind.Stream);
        relay.RouteVia(target);
        RouterNode[] crowd = [.. Enumerable.Range(0, 20).Select(_ => network.Add())];
        foreach (RouterNode evil in crowd)
        {
            evil.Group = 77;
            network.Join(relay, evil, RouterLinkKind.Stream);
            Offer(network, relay, evil, target, first: 1_000 * evil.Index, count: 60, size: 400, Priority.Normal);
        }

        Assert.InRange(relay.Router.Held.Bytes, 15_000, 25_000);
        Offer(network, relay, honest, target, first: 500, count: 25, size: 400, Priority.Normal);
        Assert.InRange(relay.Router.Held.Bytes, 25_000, 35_000);
    }

    [Fact]
    public void Strangers_from_everywhere_leave_half_to_the_links_that_this_node_chose()
    {
        var network = new RouterNetwork(3);
        RouterNode relay = network.Add(new RouterOptions { MaxHeldBytes = 100_000 });
        RouterNode friend = network.Add();
        network.Join(relay, friend, RouterLinkKind.Stream);
        for (int i = 0; i < 40; i++)
        {
            RouterNode stranger = network.Add(), away = network.Add();
            stranger.IsStranger = true;
            network.Join(relay, stranger, RouterLinkKind.Stream);
            relay.RouteVia(away);
            Offer(network, relay, stranger, away, first: 1_000 * i, count: 60, size: 400, Priority.High);
        }

        Assert.InRange(relay.Router.Held.Bytes, 40_000, 50_000);
        RouterNode target = network.Add();
        relay.RouteVia(target);
        Offer(network, relay, friend, target, first: 0, count: 30, size: 300, Priority.Low);
        Assert.InRange(relay.Router.Held.Bytes, 49_000, 60_000);
    }

    [Theory]
    [InlineData(Priority.High)]
    [InlineData(Priority.Emergency)]
    public void What_was_taken_is_kept_whatever_comes_later_calls_itself(Priority junk)
    {
        var network = new RouterNetwork(4);
        RouterNode relay = network.Add(new RouterOptions { MaxHeldBytes = 100_000 });
        RouterNode honest = network.Add(), away = network.Add();
        network.Join(relay, honest, RouterLinkKind.Stream);
        relay.RouteVia(away);
        Offer(network, relay, honest, away, first: 0, count: 50, size: 400, Priority.Low);
        Assert.Equal(50, HeldFor(relay, away));
        for (int i = 0; i < 10; i++)
        {
            RouterNode target = network.Add(), evil = network.Add();
            network.Join(relay, evil, RouterLinkKind.Stream);
            relay.RouteVia(target);
            Offer(network, relay, honest, target, first: 10_000 + 100 * i, count: 40, size: 400, junk);
            Offer(network, relay, evil, target, first: 20_000 + 100 * i, count: 40, size: 400, junk);
        }

        Assert.Equal(50, HeldFor(relay, away));
        Assert.InRange(relay.Router.Held.Bytes, 80_000, 100_000);
        Assert.InRange(relay.Disk.Count, 50, relay.Router.Held.Count);
    }

    [Fact]
    public void What_starts_here_is_never_refused_because_others_filled_the_store()
    {
        var network = new RouterNetwork(5);
        RouterNode relay = network.Add(new RouterOptions { MaxHeldBytes = 100_000, MemoryBudget = 20_000 });
        for (int i = 0; i < 30; i++)
        {
            RouterNode evil = network.Add(), away = network.Add();
            network.Join(relay, evil, RouterLinkKind.Stream);
            relay.RouteVia(away);
            Offer(network, relay, evil, away, first: 1_000 * i, count: 60, size: 400, Priority.Emergency);
        }

        RouterNode friend = network.Add();
        relay.RouteVia(friend);
        for (int i = 0; i < 200; i++)
            Assert.Equal(SendStatus.Queued, relay.Send(friend, i).Status);
        Assert.InRange(relay.Router.Held.BytesInMemory, 0, 20_000);

        // Nor does what is for this node itself wait for them.
        RouterNode writer = network.Add();
        network.Join(relay, writer, RouterLinkKind.Stream);
        writer.RouteVia(relay, relay);
        writer.Send(relay, 1);
        network.Run(Second);
        Assert.Equal(1, relay.Delivered);
    }

    [Fact]
    public void A_limit_of_ten_a_second_lets_ten_a_second_pass()
    {
        var network = new RouterNetwork(6);
        RouterNode relay = network.Add(new RouterOptions { NeighbourEnvelopesPerSecond = 10 });
        RouterNode[] crowd = [network.Add(), network.Add()];
        RouterNode target = network.Add();
        relay.RouteVia(target);
        foreach (RouterNode evil in crowd)
        {
            evil.Group = 5;
            network.Join(relay, evil, RouterLinkKind.Stream);
        }

        // Two links from one place are one neighbour.
        for (int i = 0; i < 4_000; i++)
            Offer(network, relay, crowd[i % 2], target, i, count: 1, size: 50, Priority.Normal,
                apart: TimeSpan.FromMilliseconds(2.4));
        Assert.InRange(relay.Router.Held.Count, 95, 110);
        Assert.Equal(4_000 - relay.Router.Held.Count, relay[RouterCounter.DropTooFast]);
    }

    [Fact]
    public void A_source_writes_no_more_to_disk_than_its_rate_allows_and_what_is_refused_stays_with_it()
    {
        var network = new RouterNetwork(7);
        var options = new RouterOptions { NeighbourDiskBytesPerSecond = 1_000, NeighbourDiskBurst = 20_000 };
        RouterNode relay = network.Add(options), sender = network.Add(), other = network.Add(), target = network.Add();
        network.Join(sender, relay, RouterLinkKind.Stream);
        network.Join(other, relay, RouterLinkKind.Stream);
        sender.RouteVia(target, relay);
        other.RouteVia(target, relay);
        relay.RouteVia(target);
        for (int i = 0; i < 200; i++)
            sender.Send(target, i, size: 200, lifetime: TimeSpan.FromDays(1));
        network.Run(Second);
        int atOnce = relay.Writes;
        Assert.InRange(atOnce, 30, 50);
        Assert.True(relay[RouterCounter.DropDiskRate] > 0);
        EnvelopeId id = other.Send(target, 1_000, lifetime: TimeSpan.FromDays(1)).Id;
        network.Run(Second);
        Assert.Equal(MessageState.Forwarded, other.States[id].State);

        network.Run(TimeSpan.FromMinutes(1));
        Assert.InRange(relay.Writes - atOnce, 20, 160);
        network.Run(TimeSpan.FromHours(2));
        Assert.Equal(201, relay.Router.Held.Count);
        Assert.All(sender.States.Values, state => Assert.Equal(MessageState.Forwarded, state.State));
    }

    [Fact]
    public void What_would_not_outlive_a_restart_is_not_written()
    {
        var network = new RouterNetwork(8);
        RouterNode[] nodes = network.Line(3);
        nodes[1].RouteVia(nodes[2]);
        for (int i = 0; i < 300; i++)
        {
            EnvelopeId id = nodes[0]
                .Send(nodes[2], i, lifetime: TimeSpan.FromSeconds(10 + i % 4 * 10), receipt: false).Id;
            network.Run(TimeSpan.FromMilliseconds(100));
            Assert.Equal(MessageState.Forwarded, nodes[0].States[id].State);
        }

        Assert.Equal(0, nodes[1].Writes);
        Assert.InRange(nodes[1].Router.Held.Count, 100, 300);
        nodes[1].RouteVia(nodes[2], nodes[2]);
        network.Run(Second);
        Assert.InRange(nodes[2].Delivered, 100, 300);
        Assert.Equal(0, nodes[1].Router.Held.Count);
    }

    [Fact]
    public void What_cannot_be_opened_has_a_price_and_what_can_has_none()
    {
        var network = new RouterNetwork(9);
        var options = new RouterOptions { NeighbourFailureBurst = 50, NeighbourFailuresPerSecond = 5 };
        RouterNode victim = network.Add(options), evil = network.Add(), honest = network.Add();
        network.Join(evil, victim, RouterLinkKind.Stream);
        network.Join(honest, victim, RouterLinkKind.Stream);
        honest.RouteVia(victim, victim);
        victim.Rejects = true;
        Offer(network, victim, evil, victim, first: 0, count: 400, size: 50, Priority.Normal,
            apart: TimeSpan.FromMilliseconds(10));
        Assert.InRange(victim[RouterCounter.DropRejected], 50, 75);
        Assert.Equal(400 - victim[RouterCounter.DropRejected], victim[RouterCounter.DropOpeningRate]);

        victim.Rejects = false;
        for (int i = 0; i < 400; i++)
            honest.Send(victim, i);
        network.Run(Second);
        Assert.Equal(400, victim.Delivered);
        // And the other one is heard again once it has made up for it.
        network.Run(TimeSpan.FromSeconds(5));
        Offer(network, victim, evil, victim, first: 9_000, count: 1, size: 50, Priority.Normal);
        Assert.Equal(401, victim.Delivered);
    }

    [Fact]
    public void What_strangers_write_has_a_price_although_it_is_taken_and_none_of_it_is_lost()
    {
        var network = new RouterNetwork(10);
        var options = new RouterOptions { NeighbourFailureBurst = 50, NeighbourFailuresPerSecond = 5 };
        RouterNode victim = network.Add(options), evil = network.Add(), honest = network.Add(), patient = network.Add();
        foreach (RouterNode other in (RouterNode[])[evil, honest, patient])
            network.Join(other, victim, RouterLinkKind.Stream);
        honest.RouteVia(victim, victim);
        patient.RouteVia(victim, victim);
        victim.KnowsNobody = true;
        Offer(network, victim, evil, victim, first: 0, count: 400, size: 50, Priority.Normal,
            apart: TimeSpan.FromMilliseconds(10));
        int delivered = victim.Delivered;
        Assert.InRange(delivered, 50, 75);
        Assert.Equal(400 - delivered, victim[RouterCounter.DropOpeningRate]);

        // A stranger who is told "too fast" keeps what it has, and it all arrives.
        for (int i = 0; i < 200; i++)
            patient.Send(victim, i);
        network.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(delivered + 200, victim.Delivered);

        // Whom the owner knows does not wait.
        victim.KnowsNobody = false;
        for (int i = 1000; i < 1400; i++)
            honest.Send(victim, i);
        network.Run(Second);
        Assert.Equal(delivered + 600, victim.Delivered);
    }

    [Theory]
    [InlineData(true, 40, 60)]
    [InlineData(false, 320, 420)]
    public void What_is_brought_for_a_node_itself_is_written_at_a_rate_and_faster_for_those_it_knows(
        bool strangers, int least, int most)
    {
        var network = new RouterNetwork(11);
        var options = new RouterOptions
        {
            NeighbourDiskBytesPerSecond = 1_000,
            NeighbourDiskBurst = 50_000,
            NeighbourFailureBurst = 10_000,
        };
        RouterNode victim = network.Add(options), evil = network.Add();
        network.Join(evil, victim, RouterLinkKind.Stream);
        victim.KnowsNobody = strangers;
        Offer(network, victim, evil, victim, first: 0, count: 1000, size: 1000, Priority.Normal,
            apart: TimeSpan.FromMilliseconds(4));
        Assert.InRange(victim.Delivered, least, most);
        Assert.Equal(1000 - victim.Delivered, victim[RouterCounter.DropDiskRate]);
        network.Run(TimeSpan.FromMinutes(1));
        Offer(network, victim, evil, victim, first: 9_000, count: 1, size: 50, Priority.Normal);
        Assert.InRange(victim.Delivered, least + 1, most + 1);
    }

    private static int HeldFor(RouterNode node, RouterNode destination)
    {
        var held = new HeldSummary[64];
        return held[..node.Router.CopyHeld(held)].Where(one => one.Destination == destination.Address)
            .Sum(one => one.Count);
    }

    private static void Offer(
        RouterNetwork network, RouterNode relay, RouterNode from, RouterNode to, int first, int count, int size,
        Priority priority, TimeSpan? apart = null)
    {
        for (int i = 0; i < count; i++)
        {
            byte[] payload = from.Payload(first + i, size);
            relay.Deliver(relay.LinkTo(from), Frames.OfEnvelope(
                new EnvelopeHeader(EnvelopeKind.Sealed, priority, false, 0, 20, 60_000, to.Address), payload));
            network.Run(apart ?? TimeSpan.FromMilliseconds(20));
        }
    }
}
