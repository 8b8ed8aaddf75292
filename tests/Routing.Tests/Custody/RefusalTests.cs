using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>
/// A neighbour with the best metric that never takes an envelope, whatever it answers: the honest next hop gets it
/// (docs/reference/protocol.md, section 4.3).
/// </summary>
public sealed class RefusalTests
{
    private const byte Later = (byte)CustodyCode.TooFast;
    private const byte Full = (byte)CustodyCode.NoSpace;
    private static readonly byte? _silence = null;

    public static TheoryData<string, byte?[], int> Answers => new()
    {
        { "no space", [Full], 1 },
        { "too large", [(byte)CustodyCode.TooLarge], 1 },
        { "expired", [(byte)CustodyCode.Expired], 1 },
        { "too fast", [Later], 2 },
        { "no way on", [(byte)CustodyCode.NoWayOn], 1 },
        { "a code of tomorrow", [6], 1 },
        { "a code of the day after", [255], 1 },
        { "nothing", [_silence], 20 },
        { "too fast and no space in turn", [Later, Full], 2 },
        { "too fast, then nothing", [Later, Later, _silence], 20 },
        { "all of them",
            [Later, (byte)CustodyCode.Expired, 77, Later, (byte)CustodyCode.TooLarge, _silence, Full, Later], 20 },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Whatever_a_neighbour_answers_that_never_takes_the_next_best_gets_it(
        string name, byte?[] answers, int withinSeconds)
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode target) = Diamond(1);
        int offered = Script(network, victim, evil, answers, out Func<int> count);
        EnvelopeId id = victim.Send(target, 1).Id;
        network.Run(TimeSpan.FromSeconds(withinSeconds));
        Assert.True(target.Delivered == 1, $"{name}: offered {count()} times, not delivered");
        Assert.Equal(MessageState.Delivered, victim.States[id].State);
        Assert.InRange(count(), offered + 1, 8);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void For_a_day_of_messages_the_wait_stays_short(string name, byte?[] answers, int withinSeconds)
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode target) = Diamond(2);
        _ = Script(network, victim, evil, answers, out Func<int> count);
        for (int i = 0; i < 24; i++)
        {
            victim.Send(target, i);
            network.Run(TimeSpan.FromSeconds(withinSeconds));
            Assert.True(target.Delivered == i + 1, $"{name}, hour {i}: {target.Delivered} delivered");
            network.Run(TimeSpan.FromHours(1));
        }

        // A few offers for each, not thousands.
        Assert.InRange(count(), 24, 24 * 8);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void What_is_relayed_goes_the_other_way_as_well_and_without_another_way_it_is_kept(
        string name, byte?[] answers, int withinSeconds)
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode target) = Diamond(3);
        RouterNode sender = network.Add();
        network.Join(sender, victim, RouterLinkKind.Stream);
        sender.RouteVia(target, victim);
        victim.RouteVia(sender, sender);
        RouterNode honest = network.Nodes[2];
        victim.RouteVia(target, evil);
        _ = Script(network, victim, evil, answers, out Func<int> count);
        for (int i = 0; i < 40; i++)
            sender.Send(target, i, lifetime: TimeSpan.FromDays(2));
        network.Run(TimeSpan.FromHours(20));
        Assert.Equal(0, target.Delivered);
        Assert.Equal(40, victim.Router.Held.Count);
        // Each once or a few times; then one of them asks every minute.
        Assert.True(count() < 40 * 5 + 20 * 75, $"{name}: offered {count()} times");

        victim.RouteVia(target, evil, honest);
        network.Run(TimeSpan.FromSeconds(withinSeconds + 1));
        Assert.True(target.Delivered == 40, $"{name}: {target.Delivered} delivered");
    }

    [Fact]
    public void Taking_what_is_for_an_accomplice_does_not_make_its_later_an_honest_one()
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode target) = Diamond(4);
        RouterNode accomplice = network.Add();
        victim.RouteVia(accomplice, evil);
        network.Observe = (from, to, frame) => AnswerEnvelope(network, victim, evil, from, to, frame, envelope =>
            envelope.Destination == accomplice.Address ? (byte)CustodyCode.Taken : Later);
        for (int i = 0; i < 200; i++)
        {
            victim.Send(accomplice, 1_000 + i, receipt: false);
            network.Run(TimeSpan.FromMilliseconds(10));
            if (i == 50)
                victim.Send(target, 1);
        }

        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(1, target.Delivered);
    }

    [Fact]
    public void What_waits_behind_a_refusal_goes_the_other_way_with_it()
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode target) = Diamond(5);
        _ = Script(network, victim, evil, [Later], out Func<int> count);
        for (int i = 0; i < 500; i++)
            victim.Send(target, i);
        network.Run(TimeSpan.FromSeconds(3));
        Assert.Equal(500, target.Delivered);
        Assert.InRange(count(), 1, 300);
    }

    [Fact]
    public void A_refusal_for_its_size_says_nothing_about_smaller_ones()
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode target) = Diamond(6);
        evil.Routes.Set(target.Address);
        victim.RouteVia(target, evil);
        network.Observe = (from, to, frame) => AnswerEnvelope(network, victim, evil, from, to, frame, _ =>
            frame.Length > 1_000 ? (byte)CustodyCode.TooLarge : (byte)CustodyCode.Taken);
        EnvelopeId large = victim.Send(target, 1, size: 5_000).Id;
        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal((MessageState.Queued, StateReason.TooLarge, 0), victim.States[large]);
        EnvelopeId small = victim.Send(target, 2).Id;
        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(MessageState.Forwarded, victim.States[small].State);
    }

    [Theory]
    [InlineData((byte)CustodyCode.NoSpace, StateReason.NextHopFull)]
    [InlineData((byte)CustodyCode.TooLarge, StateReason.TooLarge)]
    [InlineData((byte)CustodyCode.Expired, StateReason.NextHopSaysExpired)]
    [InlineData((byte)CustodyCode.TooFast, StateReason.NextHopBusy)]
    [InlineData((byte)CustodyCode.NoWayOn, StateReason.NextHopHasNoWay)]
    [InlineData((byte)99, StateReason.NextHopRefuses)]
    [InlineData(null, StateReason.NextHopSilent)]
    public void The_reason_told_to_the_sender_is_the_next_hops(byte? code, StateReason reason)
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode target) = Diamond(7);
        victim.RouteVia(target, evil);
        _ = Script(network, victim, evil, [code], out _);
        EnvelopeId id = victim.Send(target, 1).Id;
        network.Run(TimeSpan.FromSeconds(3));
        Assert.Equal((MessageState.Queued, reason, 0), victim.States[id]);
        network.Run(TimeSpan.FromMinutes(5));
        Assert.Equal((MessageState.Queued, reason, 0), victim.States[id]);
    }

    [Fact]
    public void A_relay_refuses_what_no_next_hops_largest_frame_holds_and_the_sender_hears_why()
    {
        var network = new RouterNetwork(8);
        RouterNode sender = network.Add(), relay = network.Add(), target = network.Add();
        network.Join(sender, relay, RouterLinkKind.Stream);
        network.Join(relay, target,
            RouterLinkKind.Stream with { Properties = LinkProperties.Stream with { Mtu = 160 } });
        sender.RouteVia(target, relay);
        relay.RouteVia(target, target);
        EnvelopeId id = sender.Send(target, 1, size: 60_000).Id;
        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal((MessageState.Queued, StateReason.TooLarge, 0), sender.States[id]);
        Assert.Equal(0, relay.Router.Held.Count);
        Assert.Equal(1, relay[RouterCounter.DropTooLarge]);

        EnvelopeId direct = relay.Send(target, 2, size: 1_000).Id;
        Assert.Equal((MessageState.Queued, StateReason.TooLarge, 0), relay.States[direct]);
        EnvelopeId largest = relay.Send(target, 3, size: 160 - 1 - EnvelopeHeader.Size).Id;
        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(MessageState.Forwarded, relay.States[largest].State);
        Assert.Equal(1, target.Delivered);
    }

    [Fact]
    public void The_largest_envelope_of_the_protocol_is_carried()
    {
        var network = new RouterNetwork(9);
        RouterNode[] nodes = network.Line(3);
        EnvelopeId id = nodes[0].Send(nodes[2], 1, size: Limits.MaxPayload).Id;
        Assert.Equal(SendStatus.TooLarge, nodes[0].Send(nodes[2], 2, size: Limits.MaxPayload + 1).Status);
        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(MessageState.Delivered, nodes[0].States[id].State);
    }

    private static (RouterNetwork Network, RouterNode Victim, RouterNode Evil, RouterNode Target) Diamond(int seed)
    {
        var network = new RouterNetwork(seed);
        RouterNode victim = network.Add(), evil = network.Add(), honest = network.Add(), target = network.Add();
        network.Join(victim, evil, RouterLinkKind.Stream);
        network.Join(victim, honest, RouterLinkKind.Stream);
        network.Join(honest, target, RouterLinkKind.Stream);
        victim.RouteVia(target, evil, honest);
        honest.RouteVia(target, target);
        target.RouteVia(victim, honest);
        honest.RouteVia(victim, victim);
        // What the evil node's own router would say is lost; the script speaks for it.
        victim.LinkTo(evil).Lose = (from, _) => from == evil;
        return (network, victim, evil, target);
    }

    /// <summary>Each offer to the evil node gets the next answer, in turn.</summary>
    private static int Script(
        RouterNetwork network, RouterNode victim, RouterNode evil, byte?[] answers, out Func<int> count)
    {
        int offered = 0;
        network.Observe = (from, to, frame) => AnswerEnvelope(
            network, victim, evil, from, to, frame, _ => answers[offered++ % answers.Length]);
        count = () => offered;
        return offered;
    }

    private static void AnswerEnvelope(
        RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode from, RouterNode to, byte[] frame,
        Func<EnvelopeHeader, byte?> answer)
    {
        if (from != victim || to != evil || frame[0] != (byte)FrameKind.Envelope
            || !Envelope.TryRead(frame.AsSpan(1), out Envelope envelope) || answer(envelope.Header) is not { } code)
            return;
        ulong name = CustodyAnswer.NameOf(envelope.ComputeId(), envelope.Header.Attempt, envelope.Header.HopsLeft);
        byte[] ack = new byte[11];
        ack[0] = (byte)FrameKind.CustodyAck;
        Assert.True(new CustodyAck.Writer(ack.AsSpan(1)).TryAdd((CustodyCode)code, name));
        network.At(TimeSpan.FromMilliseconds(1), () => victim.Deliver(victim.LinkTo(evil), ack));
    }
}
