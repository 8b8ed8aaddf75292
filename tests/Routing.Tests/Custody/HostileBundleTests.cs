using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>What a neighbour can do with bundles that means harm.</summary>
public sealed class HostileBundleTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Doubles_disorder_too_many_and_too_few_are_malformed_and_end_the_link()
    {
        Star star = new(1);
        NodeAddress[] sorted = star.Sorted(33);
        foreach (NodeAddress[] wrong in (NodeAddress[][])[[sorted[0], sorted[0]], [sorted[1], sorted[0]],
            [sorted[0], sorted[2], sorted[1]], [sorted[0], sorted[1], sorted[1]], sorted, sorted[..1], []])
            star.Inject(Bundled(wrong, Star.Text(1)));
        Assert.Equal(7, star.Victim[RouterCounter.DropMalformed]);
        Assert.Equal(0, star.Victim[RouterCounter.EnvelopesReceived]);
        Assert.Empty(star.Victim.Closed);

        star.Inject(Bundled(sorted[..2], new byte[Limits.MaxBundlePayload + 1]));
        Assert.Equal(LinkEndCode.ProtocolViolation, Assert.Single(star.Victim.Closed).Code);
        Assert.Equal(0, star.Victim.Router.Held.Count);
    }

    [Fact]
    public void A_bundle_over_a_radio_is_skipped_whatever_is_in_it_and_the_link_stays()
    {
        Star star = new(13, kind: RouterLinkKind.Radio);
        NodeAddress[] to = [.. star.Sorted(4).Append(star.Victim.Address).Order()];
        byte[][] frames = [Bundled(to, Star.Text(13)), OfReceipts(star.Victim.Address, 4), [(byte)FrameKind.Bundle]];
        star.Inject(frames);
        star.Network.Run(Second);

        Assert.Equal(3, star.Victim[RouterCounter.FrameUnexpected]);
        Assert.Equal(0, star.Victim[RouterCounter.EnvelopesReceived]);
        Assert.Equal(0, star.Victim[RouterCounter.BundlesReceived] + star.Victim[RouterCounter.DropMalformed]);
        Assert.Equal(0, star.Victim.Delivered);
        Assert.Empty(star.Victim.Closed);

        // The same frames over a stream are heeded.
        Star other = new(13);
        other.Inject(frames[..2]);
        other.Network.Run(Second);
        Assert.Equal(0, other.Victim[RouterCounter.FrameUnexpected]);
        Assert.Equal(1, other.Victim.Delivered);
    }

    [Fact]
    public void A_bundle_that_is_cut_is_refused_or_one_with_a_shorter_payload()
    {
        // Nobody takes what has no way on: it is about the frame alone.
        Star star = new(2, new RouterOptions { HoldsForOthers = false });
        foreach (RouterNode target in star.Targets)
            star.Victim.RouteVia(target);
        byte[] whole = Bundled(star.Sorted(3), Star.Text(2));
        int head = 1 + Bundle.SizeOf(3, 0);
        for (int cut = 1; cut < whole.Length; cut++)
        {
            long before = star.Victim[RouterCounter.DropMalformed];
            star.Inject(whole[..cut]);
            Assert.Equal(cut < head ? 1 : 0, star.Victim[RouterCounter.DropMalformed] - before);
            star.Network.Run(TimeSpan.FromMilliseconds(10));
            star.Victim.LinkTo(star.Evil).Raise();
        }

        Assert.Equal(3 * (whole.Length - head), star.Victim[RouterCounter.DropNoWayOn]);
        byte[] receipts = OfReceipts(star.Victim.Address, 3);
        long malformed = star.Victim[RouterCounter.DropMalformed];
        for (int cut = 1; cut < receipts.Length; cut++)
        {
            star.Inject(receipts[..cut]);
            star.Network.Run(TimeSpan.FromMilliseconds(10));
            star.Victim.LinkTo(star.Evil).Raise();
        }

        Assert.Equal(receipts.Length - 1, star.Victim[RouterCounter.DropMalformed] - malformed);
    }

    [Fact]
    public void Mutated_bundles_never_throw_and_leave_nothing_behind()
    {
        Star star = new(3, new RouterOptions { HoldsForOthers = false });
        var random = new Random(3);
        byte[][] originals =
        [
            Bundled([.. star.Targets[..4].Append(star.Victim).Select(node => node.Address).Order()], Star.Text(3)),
            OfReceipts(star.Victim.Address, 4),
            Bundled(star.Sorted(32), new byte[4096]),
        ];
        for (int i = 0; i < 5_000; i++)
        {
            byte[] frame = [.. originals[random.Next(3)]];
            for (int change = random.Next(1, 5); change > 0; change--)
                frame[random.Next(1, Math.Min(frame.Length, 120))] = (byte)random.Next(256);
            star.Inject(frame);
            star.Network.Run(TimeSpan.FromMilliseconds(1));
            star.Victim.LinkTo(star.Evil).Raise();
        }

        Assert.True(star.Victim[RouterCounter.EnvelopesReceived] > 1000);
        star.Network.Run(TimeSpan.FromDays(9));
        Assert.Equal(0, star.Victim.Router.Held.Count);
        Assert.Empty(star.Victim.Disk);
    }

    [Fact]
    public void Its_sender_as_a_destination_is_refused_its_hop_is_delivered_to_and_the_others_are_taken()
    {
        Star star = new(4);
        star.Victim.RouteVia(star.Evil, star.Evil);
        NodeAddress[] to = [star.Evil.Address, star.Victim.Address, star.Targets[0].Address];
        Array.Sort(to);
        List<CustodyCode> answers = star.Answers();
        star.Inject(Bundled(to, Star.Text(4)));
        star.Network.Run(Second);

        Assert.Equal(1, star.Victim.Delivered);
        Assert.Equal(1, star.Targets[0].Delivered);
        Assert.Equal(1, star.Victim[RouterCounter.DropNoWayOn]);
        Assert.Equal([CustodyCode.Taken, CustodyCode.Taken, CustodyCode.NoWayOn], answers.Order());
    }

    [Fact]
    public void What_was_written_here_and_comes_back_in_a_bundle_ends_no_custody()
    {
        Star star = new(5);
        star.Honest.LinkTo(star.Victim).Lose = (_, _) => true;
        EnvelopeId[] ids = star.Victim.SendToAll(star.Targets[..3], 5);
        byte[] payload = star.Victim.Payload(5, 100);
        star.Inject(Bundled([.. star.Targets[..3].Select(t => t.Address).Order()], payload, EnvelopeKind.Mls, hops: 9));
        Assert.Equal(3, star.Victim[RouterCounter.DropCameRound]);
        Assert.All(ids, id => Assert.True(star.Victim.Router.Holds(id)));
    }

    [Fact]
    public void A_bundle_again_is_answered_for_each_of_its_envelopes_and_carried_once()
    {
        Star star = new(6);
        byte[] frame = Bundled(star.Sorted(8), Star.Text(6));
        List<CustodyCode> answers = star.Answers();
        for (int i = 0; i < 3; i++)
        {
            star.Inject(frame);
            star.Network.Run(Second);
        }

        Assert.Equal(24, answers.Count(code => code == CustodyCode.Taken));
        Assert.Equal(16, star.Victim[RouterCounter.DropRepeat]);
        Assert.All(star.Targets[..8], target => Assert.Equal(1, target.Delivered));
    }

    [Fact]
    public void A_bundle_costs_its_sender_as_many_envelopes_as_it_stands_for_before_any_is_taken()
    {
        var options = new RouterOptions { NeighbourEnvelopesPerSecond = 10, NeighbourBurst = 50 };
        Star star = new(7, options);
        List<CustodyCode> answers = star.Answers();
        star.Inject(Bundled(star.Sorted(32), Star.Text(1)));
        Assert.Equal(32, answers.Count + star.Victim.Router.Held.Count);
        Assert.Equal(0, star.Victim[RouterCounter.DropTooFast]);
        // Eighteen are left: none of nineteen is taken, and the rate is not used up by what was refused.
        star.Inject(Bundled(star.Sorted(19), Star.Text(2)));
        Assert.Equal(19, star.Victim[RouterCounter.DropTooFast]);
        star.Inject(Bundled(star.Sorted(18), Star.Text(3)));
        Assert.Equal(19, star.Victim[RouterCounter.DropTooFast]);
        star.Inject(Star.Alone(star.Targets[0].Address, Star.Text(4)));
        Assert.Equal(20, star.Victim[RouterCounter.DropTooFast]);
    }

    [Fact]
    public void Whoever_goes_on_though_it_was_told_too_fast_gets_answers_for_an_eighth_of_its_rate()
    {
        var options = new RouterOptions { NeighbourEnvelopesPerSecond = 10, NeighbourBurst = 64 };
        Star star = new(8, options);
        for (int i = 0; i < 100; i++)
            star.Inject(Bundled(star.Sorted(4), Star.Text(i)));
        Assert.Equal(8, star.Victim[RouterCounter.DropTooFast]);
        Assert.Equal((100 - 16 - 2) * 4, star.Victim[RouterCounter.DropUnanswered]);
        // Others are heard as ever.
        star.Victim.Deliver(star.Victim.LinkTo(star.Honest), Bundled(star.Sorted(31), Star.Text(1000)));
        Assert.Equal(8, star.Victim[RouterCounter.DropTooFast]);
    }

    [Fact]
    public void A_bundle_that_stands_for_more_bytes_than_its_source_may_is_too_fast_and_single_envelopes_are_not()
    {
        Star star = new(14, new RouterOptions { NeighbourBundledBytesPerSecond = 5_000 });
        star.Inject(Bundled(star.Sorted(32), Star.Text(1)), Bundled(star.Sorted(32), Star.Text(2)));
        star.Inject(Star.Alone(star.Targets[0].Address, Star.Text(3)));
        star.Network.Run(Second);
        Assert.Equal(32, star.Victim[RouterCounter.DropTooFast]);
        Assert.Equal(2, star.Targets[0].Delivered);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(13)]
    [InlineData(32)]
    public void Quotas_and_rates_are_charged_as_for_single_envelopes(int count)
    {
        var options = new RouterOptions
        {
            MaxHeldBytes = 60_000,
            NeighbourDiskBytesPerSecond = 1000,
            NeighbourDiskBurst = 20_000,
        };
        Star bundled = new(9, options), single = new(9, options);
        foreach (Star star in (Star[])[bundled, single])
        {
            foreach (RouterNode target in star.Targets)
                star.Victim.RouteVia(target);
        }

        for (int text = 0; text < 40; text++)
        {
            NodeAddress[] to = bundled.Sorted(count);
            bundled.Inject(Bundled(to, Star.Text(text)));
            single.Inject([.. to.Select(t => Star.Alone(t, Star.Text(text)))]);
            bundled.Network.Run(TimeSpan.FromMilliseconds(5));
            single.Network.Run(TimeSpan.FromMilliseconds(5));
            Assert.Equal(single.Victim.Router.Held, bundled.Victim.Router.Held);
        }

        Assert.True(single.Victim[RouterCounter.DropDiskRate] + single.Victim[RouterCounter.DropQuotaNeighbour] > 0);
        foreach (RouterCounter counter in Enum.GetValues<RouterCounter>())
        {
            if (counter is not (RouterCounter.BundlesReceived or RouterCounter.EnvelopeBytesReceived))
                Assert.Equal((counter, single.Victim[counter]), (counter, bundled.Victim[counter]));
        }
    }

    [Fact]
    public void One_may_be_refused_while_the_others_are_taken()
    {
        Star star = new(10, new RouterOptions { HoldsForOthers = false });
        star.Victim.RouteVia(star.Targets[2]);
        List<CustodyCode> answers = star.Answers();
        star.Inject(Bundled(star.Sorted(5), Star.Text(10)));
        star.Network.Run(Second);
        Assert.Equal(4, answers.Count(code => code == CustodyCode.Taken));
        Assert.Equal(CustodyCode.NoWayOn, Assert.Single(answers, code => code != CustodyCode.Taken));
        Assert.Equal(4, star.Targets.Count(target => target.Delivered == 1));
    }

    [Fact]
    public void A_bundle_inside_of_a_bundle_is_a_payload()
    {
        Star star = new(11);
        byte[] inner = Bundled(star.Sorted(3), Star.Text(11));
        star.Inject(Bundled([.. ((NodeAddress[])[star.Victim.Address, star.Targets[0].Address]).Order()], inner));
        star.Network.Run(Second);
        Assert.Equal(inner, Assert.Single(star.Victim.Messages).Value);
        Assert.Equal(inner, Assert.Single(star.Targets[0].Messages).Value);
        Assert.All(star.Targets[1..], target => Assert.Equal(0, target.Delivered));
        Assert.Equal(2, star.Victim[RouterCounter.EnvelopesReceived]);
    }

    [Fact]
    public void Of_a_bundle_of_receipts_only_the_true_one_proves_anything()
    {
        Star star = new(12);
        star.Honest.LinkTo(star.Victim).Lose = (_, _) => true;
        EnvelopeId[] ids = star.Victim.SendToAll(star.Targets[..2], 12);
        byte[] proof = RouterNode.ProofOf(
            star.Victim.Payload(12, 100), EnvelopeKind.Mls, star.Targets[0].Address);
        star.Inject(OfReceipts(star.Victim.Address, 5, proof));
        Assert.Equal(MessageState.Delivered, star.Victim.States[ids[0]].State);
        Assert.Equal(MessageState.Queued, star.Victim.States[ids[1]].State);
        Assert.Equal(1, star.Victim[RouterCounter.ReceiptsVerified]);
        Assert.Equal(5, star.Victim[RouterCounter.ReceiptUnknown]);
    }

    private static byte[] Bundled(
        NodeAddress[] to, byte[] payload, EnvelopeKind kind = EnvelopeKind.Sealed, ushort hops = 20)
    {
        byte[] frame = new byte[1 + Bundle.SizeOf(to.Length, payload.Length)];
        frame[0] = (byte)FrameKind.Bundle;
        var header = new EnvelopeHeader(kind, Priority.Normal, kind == EnvelopeKind.Mls, 0, hops, 1_000, default);
        Bundle.Write(frame.AsSpan(1), header, to, payload);
        return frame;
    }

    private static byte[] OfReceipts(in NodeAddress to, int forged, params byte[][] proofs)
    {
        byte[][] all =
        [
            .. Enumerable.Range(1, forged).Select(i => Enumerable.Repeat((byte)i, Receipt.ProofSize).ToArray()),
            .. proofs,
        ];
        Array.Sort(all, (a, b) => a.AsSpan().SequenceCompareTo(b));
        byte[] frame = new byte[1 + ReceiptBundle.SizeOf(all.Length)];
        frame[0] = (byte)FrameKind.ReceiptBundle;
        ReceiptBundle.WriteHeader(
            frame.AsSpan(1), new EnvelopeHeader(EnvelopeKind.Receipt, Priority.Normal, false, 0, 20, 1_000, to),
            all.Length);
        for (int i = 0; i < all.Length; i++)
            all[i].CopyTo(ReceiptBundle.ProofAt(frame.AsSpan(1), i));
        return frame;
    }

    /// <summary>A victim between one that means harm and one that is honest, behind which are many.</summary>
    private sealed class Star
    {
        public Star(int seed, RouterOptions? options = null, RouterLinkKind? kind = null)
        {
            Network = new RouterNetwork(seed);
            Victim = Network.Add(options);
            Evil = Network.Add();
            Honest = Network.Add();
            Network.Join(Victim, Evil, kind ?? RouterLinkKind.Bundling);
            Network.Join(Victim, Honest, RouterLinkKind.Bundling);
            Targets = [.. Enumerable.Range(0, 33).Select(_ => Network.Add())];
            foreach (RouterNode target in Targets)
            {
                Network.Join(Honest, target, RouterLinkKind.Bundling);
                Victim.RouteVia(target, Honest);
                Honest.RouteVia(target, target);
            }
        }

        public RouterNetwork Network { get; }

        public RouterNode Victim { get; }

        public RouterNode Evil { get; }

        public RouterNode Honest { get; }

        public RouterNode[] Targets { get; }

        /// <summary>Some of the targets, as a bundle names them.</summary>
        public NodeAddress[] Sorted(int count) => [.. Targets.Take(count).Select(target => target.Address).Order()];

        public void Inject(params byte[][] frames) => Victim.Deliver(Victim.LinkTo(Evil), frames);

        /// <summary>What the victim answers to the one that means harm, from now on.</summary>
        public List<CustodyCode> Answers()
        {
            var answers = new List<CustodyCode>();
            Network.Observe = (from, to, frame) =>
            {
                if (from != Victim || to != Evil || !CustodyAck.TryRead(frame.AsSpan(1), out CustodyAck ack))
                    return;
                foreach (CustodyAnswer answer in ack)
                    answers.Add(answer.Code);
            };
            return answers;
        }

        public static byte[] Text(int number)
        {
            byte[] text = new byte[100];
            new Random(number).NextBytes(text);
            return text;
        }

        public static byte[] Alone(in NodeAddress to, byte[] payload) => Frames.OfEnvelope(
            new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, false, 0, 20, 1_000, to), payload);
    }
}
