using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>Bundles between honest nodes (docs/reference/protocol.md, section 4.6).</summary>
public sealed class BundleTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    [Fact]
    public void A_text_for_eight_crosses_each_link_in_one_frame_and_each_of_them_proves_it()
    {
        Tree tree = new(1, RouterLinkKind.Bundling);
        EnvelopeId[] ids = tree.Sender.SendToAll(tree.Members, 1);
        tree.Network.Run(Soon);

        Assert.All(tree.Members, member => Assert.Equal(1, member.Delivered));
        Assert.All(ids, id => Assert.Equal(MessageState.Delivered, tree.Sender.States[id].State));
        // To the relay, and to each of the hubs behind it.
        Assert.Equal(3, tree.Count(FrameKind.Bundle));
        // The last hop has one destination only.
        Assert.Equal(8, tree.Count(FrameKind.Envelope, tree.Members));
        Assert.Equal(8, tree.Sender[RouterCounter.ReceiptsVerified]);
        Assert.Equal(8, tree.Relay[RouterCounter.EnvelopesReceived] - tree.ReceiptsThrough);
        Assert.All(tree.Network.Nodes, node => Assert.Equal(0, node.Router.Held.Count));
    }

    [Fact]
    public void A_neighbour_that_does_not_read_bundles_gets_each_envelope_alone()
    {
        Tree tree = new(2, RouterLinkKind.Stream);
        EnvelopeId[] ids = tree.Sender.SendToAll(tree.Members, 1);
        tree.Network.Run(Soon);

        Assert.All(ids, id => Assert.Equal(MessageState.Delivered, tree.Sender.States[id].State));
        Assert.Equal(0, tree.Count(FrameKind.Bundle) + tree.Count(FrameKind.ReceiptBundle));
        Assert.Equal(8, tree.Count(FrameKind.Envelope, [tree.Relay], tree.Sender));
    }

    [Fact]
    public void What_is_alone_goes_out_as_ever_and_at_once()
    {
        var network = new RouterNetwork(3);
        RouterNode[] nodes = network.Line(2, kind: RouterLinkKind.Bundling);
        var frames = new List<byte[]>();
        network.Observe = (from, _, frame) =>
        {
            if (from == nodes[0])
                frames.Add(frame);
        };
        EnvelopeId id = nodes[0].SendToAll([nodes[1]], 1)[0];

        byte[] only = Assert.Single(frames);
        Assert.Equal((byte)FrameKind.Envelope, only[0]);
        Assert.True(Envelope.TryRead(only.AsSpan(1), out Envelope envelope));
        Assert.Equal(id, envelope.ComputeId());
    }

    [Fact]
    public void Texts_of_different_words_and_what_is_too_large_do_not_go_together()
    {
        Tree tree = new(4, RouterLinkKind.Bundling);
        foreach (RouterNode member in tree.Members)
            tree.Sender.Offer(member, member.Index);
        tree.Sender.Settle();
        tree.Sender.SendToAll(tree.Members, 100, Limits.MaxBundlePayload + 1);
        tree.Network.Run(Soon);

        Assert.All(tree.Members, member => Assert.Equal(2, member.Delivered));
        Assert.Equal(0, tree.Count(FrameKind.Bundle));
        tree.Sender.SendToAll(tree.Members, 200, Limits.MaxBundlePayload);
        tree.Network.Run(Soon);
        Assert.All(tree.Members, member => Assert.Equal(3, member.Delivered));
        Assert.Equal(3, tree.Count(FrameKind.Bundle));
    }

    [Fact]
    public void Several_texts_of_one_batch_make_several_bundles_whatever_their_order()
    {
        Tree tree = new(5, RouterLinkKind.Bundling);
        foreach (RouterNode member in tree.Members)
        {
            for (int text = 0; text < 5; text++)
                tree.Sender.Offer(member, text);
        }

        tree.Sender.Settle();
        tree.Network.Run(Soon);
        Assert.All(tree.Members, member => Assert.Equal(5, member.Delivered));
        Assert.Equal(5, tree.Count(FrameKind.Bundle, [tree.Relay], tree.Sender));
    }

    [Fact]
    public void More_than_thirty_two_go_in_several_bundles_and_none_is_larger_than_its_link_takes()
    {
        Assert.Equal([32, 8], SizesOfBundles(40, ushort.MaxValue));
        // Room for a payload of 100 bytes and ten destinations.
        Assert.Equal([10, 10, 10, 10], SizesOfBundles(40, 1 + Bundle.SizeOf(10, 100)));
    }

    [Fact]
    public void Receipts_for_one_sender_that_are_queued_together_go_together()
    {
        Tree tree = new(7, RouterLinkKind.Bundling);
        // The hubs write at a distance, so that receipts meet there.
        foreach (RouterNode hub in tree.Hubs)
            hub.Routes.Pace = TimeSpan.FromMilliseconds(50);
        EnvelopeId[] ids = tree.Sender.SendToAll(tree.Members, 1);
        tree.Network.Run(Soon);

        Assert.All(ids, id => Assert.Equal(MessageState.Delivered, tree.Sender.States[id].State));
        Assert.True(tree.Count(FrameKind.ReceiptBundle) >= 2);
        Assert.Equal(8, tree.Sender[RouterCounter.ReceiptsVerified]);
    }

    [Fact]
    public void A_text_that_is_withdrawn_before_the_batch_ends_is_not_in_its_bundle()
    {
        Tree tree = new(8, RouterLinkKind.Bundling);
        EnvelopeId[] ids = [.. tree.Members.Select(member => tree.Sender.Offer(member, 1))];
        Assert.True(tree.Sender.Router.Cancel(tree.Network.Now, ids[0]));
        Assert.True(tree.Sender.Router.Cancel(tree.Network.Now, ids[5]));
        tree.Sender.Settle();
        tree.Network.Run(Soon);

        for (int i = 0; i < ids.Length; i++)
            Assert.Equal(i is 0 or 5 ? 0 : 1, tree.Members[i].Delivered);
    }

    [Fact]
    public void A_link_that_ends_before_the_batch_does_leaves_all_of_them_to_other_ways()
    {
        var network = new RouterNetwork(9);
        RouterNode sender = network.Add(), first = network.Add(), second = network.Add();
        RouterNode[] members = [network.Add(), network.Add(), network.Add()];
        RouterLink cut = network.Join(sender, first, RouterLinkKind.Bundling);
        network.Join(sender, second, RouterLinkKind.Bundling);
        foreach (RouterNode member in members)
        {
            network.Join(second, member, RouterLinkKind.Bundling);
            member.RouteVia(sender, second);
            second.RouteVia(member, member);
            sender.RouteVia(member, first, second);
        }

        second.RouteVia(sender, sender);
        foreach (RouterNode member in members)
            sender.Offer(member, 1);
        cut.Cut();
        network.Run(Soon);
        Assert.All(members, member => Assert.Equal(1, member.Delivered));
        Assert.Equal(1, second[RouterCounter.BundlesReceived]);
        Assert.Equal(0, first[RouterCounter.EnvelopesReceived]);
    }

    [Fact]
    public void What_finds_no_room_on_its_link_waits_and_goes_together_when_there_is_some()
    {
        Tree tree = new(10, RouterLinkKind.Bundling);
        RouterLink link = tree.Sender.LinkTo(tree.Relay);
        link.Full.Add(tree.Sender);
        EnvelopeId[] ids = tree.Sender.SendToAll(tree.Members, 1);
        tree.Network.Run(Soon);
        Assert.All(ids, id => Assert.Equal(MessageState.Queued, tree.Sender.States[id].State));
        Assert.Equal(0, tree.Sender[RouterCounter.EnvelopesSent]);
        Assert.Equal(0, tree.Sender.Router.Held.InFlight);

        tree.Sender.MakeRoom(link);
        tree.Network.Run(Soon);
        Assert.All(tree.Members, member => Assert.Equal(1, member.Delivered));
        Assert.Equal(1, tree.Count(FrameKind.Bundle, [tree.Relay], tree.Sender));
    }

    [Fact]
    public void What_finds_no_room_keeps_its_order_though_more_frames_were_open_than_may_be()
    {
        var network = new RouterNetwork(13);
        RouterNode[] nodes = network.Line(2, kind: RouterLinkKind.Bundling);
        var sent = new List<EnvelopeId>();
        network.Observe = (from, _, frame) =>
        {
            if (from == nodes[0] && Envelope.TryRead(frame.AsSpan(1), out Envelope envelope))
                sent.Add(envelope.ComputeId());
        };
        RouterLink link = nodes[0].LinkTo(nodes[1]);
        link.Full.Add(nodes[0]);
        EnvelopeId[] ids = [.. Enumerable.Range(0, Gathering.MaxOpen + 4).Select(i => nodes[0].Offer(nodes[1], i))];
        nodes[0].Settle();

        // The transport says that there is room, and has none after all.
        nodes[0].Router.LinkWritable(network.Now, nodes[0].To(nodes[1]));
        nodes[0].Settle();
        network.Run(TimeSpan.FromMilliseconds(10));
        Assert.Empty(sent);
        nodes[0].MakeRoom(link);
        network.Run(Soon);
        Assert.Equal(ids, sent);
    }

    [Fact]
    public void A_way_that_had_no_room_was_not_tried_and_the_next_attempt_still_takes_it()
    {
        var network = new RouterNetwork(14);
        RouterNode sender = network.Add(), first = network.Add(), second = network.Add(), member = network.Add();
        network.Join(sender, first, RouterLinkKind.Bundling);
        RouterLink other = network.Join(sender, second, RouterLinkKind.Bundling);
        network.Join(first, member, RouterLinkKind.Bundling).Lose = (_, _) => true;
        network.Join(second, member, RouterLinkKind.Bundling);
        sender.RouteVia(member, first, second);
        first.RouteVia(member, member);
        second.RouteVia(member, member);
        member.RouteVia(sender, second);
        second.RouteVia(sender, sender);
        sender.SendToAll([member], 1);
        network.Run(Soon);
        Assert.Equal(1, first[RouterCounter.EnvelopesReceived]);

        other.Full.Add(sender);
        network.Run(TimeSpan.FromSeconds(50));
        Assert.Equal(1, sender[RouterCounter.Repetitions]);
        Assert.Equal(0, second[RouterCounter.EnvelopesReceived]);
        sender.MakeRoom(other);
        network.Run(Soon);
        Assert.Equal(1, member.Delivered);
        Assert.Equal(1, first[RouterCounter.EnvelopesReceived]);
    }

    [Fact]
    public void A_member_on_the_way_gets_its_own_copy_and_the_others_go_on()
    {
        var network = new RouterNetwork(11);
        RouterNode[] line = network.Line(5, kind: RouterLinkKind.Bundling);
        EnvelopeId[] ids = line[0].SendToAll(line[1..], 1);
        network.Run(Soon);
        Assert.All(line[1..], member => Assert.Equal(1, member.Delivered));
        Assert.All(ids, id => Assert.Equal(MessageState.Delivered, line[0].States[id].State));
    }

    [Fact]
    public void Only_who_has_no_proof_gets_the_text_again()
    {
        Tree tree = new(12, RouterLinkKind.Bundling);
        tree.Members[3].Receipts = false;
        tree.Sender.SendToAll(tree.Members, 1);
        tree.Network.Run(TimeSpan.FromSeconds(50));
        Assert.Equal(1, tree.Sender[RouterCounter.Repetitions]);
        Assert.All(tree.Members, member => Assert.Equal(1, member.Delivered));
    }

    private static int[] SizesOfBundles(int count, int mtu)
    {
        var network = new RouterNetwork(6);
        RouterNode sender = network.Add(), relay = network.Add();
        var narrow = new RouterLinkKind(
            LinkProperties.Stream with { Bundles = true, Mtu = mtu }, TimeSpan.FromMilliseconds(1));
        network.Join(sender, relay, narrow);
        RouterNode[] members = [.. Enumerable.Range(0, count).Select(_ => network.Add())];
        foreach (RouterNode member in members)
            sender.RouteVia(member, relay);
        var sizes = new List<int>();
        network.Observe = (from, _, frame) =>
        {
            if (from == sender && Bundle.TryRead(frame.AsSpan(1), out Bundle bundle))
                sizes.Add(bundle.Count);
        };
        sender.SendToAll(members, 1);
        return [.. sizes];
    }

    /// <summary>A sender, a relay, two hubs behind it, and four members at each.</summary>
    private sealed class Tree
    {
        private readonly List<(RouterNode From, RouterNode To, byte[] Frame)> _seen = [];

        public Tree(int seed, RouterLinkKind kind)
        {
            Network = new RouterNetwork(seed);
            Sender = Network.Add();
            Relay = Network.Add();
            Hubs = [Network.Add(), Network.Add()];
            Members = [.. Enumerable.Range(0, 8).Select(_ => Network.Add())];
            Network.Join(Sender, Relay, kind);
            foreach (RouterNode hub in Hubs)
            {
                Network.Join(Relay, hub, kind);
                hub.RouteVia(Sender, Relay);
            }

            Relay.RouteVia(Sender, Sender);
            for (int i = 0; i < Members.Length; i++)
            {
                RouterNode hub = Hubs[i % 2];
                Network.Join(hub, Members[i], kind);
                Sender.RouteVia(Members[i], Relay);
                Relay.RouteVia(Members[i], hub);
                hub.RouteVia(Members[i], Members[i]);
                Members[i].RouteVia(Sender, hub);
            }

            Network.Observe = (from, to, frame) => _seen.Add((from, to, frame));
        }

        public RouterNetwork Network { get; }

        public RouterNode Sender { get; }

        public RouterNode Relay { get; }

        public RouterNode[] Hubs { get; }

        public RouterNode[] Members { get; }

        /// <summary>Receipts that came to the relay, in bundles too.</summary>
        public long ReceiptsThrough => Sender[RouterCounter.EnvelopesReceived];

        public int Count(FrameKind kind, RouterNode[]? to = null, RouterNode? from = null) =>
            _seen.Count(seen => seen.Frame[0] == (byte)kind && (to is null || to.Contains(seen.To))
                && (from is null || seen.From == from));
    }
}
