using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>What recorded, forged and half-finished frames can make a station believe, do or keep.</summary>
public sealed class RadioReplayTests
{
    private const string Open = "modem=rnode&frequency=868100000&sf=7&region=none";
    private const string Keyed = Open + "&networkkey=cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // 0 - 1 - 2: 2 is away, 1 holds what 0 wrote for 2, and somebody acknowledges in 2's name.
    [Theory]
    [InlineData(Open, "")]
    [InlineData(Keyed, "")]
    [InlineData(Keyed, "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd")]
    public void A_forged_acknowledgement_ends_no_custody(string settings, string known)
    {
        Bench bench = new(new SimulatedAir(new Random(1)));
        bench.Air!.Connect(0, 1);
        bench.Air.Connect(1, 2);
        List<RoutedStation> stations = [];
        List<Bench.Node> nodes = [];
        Random random = new(1);
        LoraOptions options = Bench.Options(settings);
        for (int i = 0; i < 3; i++)
        {
            byte[] key = new byte[32];
            random.NextBytes(key);
            stations.Add(new RoutedStation(options, LocalIdentity.FromSeed(key), random, bench.Now));
            nodes.Add(bench.Add(
                ModemFactory.Create(options, options.Modem, new Random(random.Next())),
                new RNodeSimulator(new Random(random.Next())), client: stations[i]));
        }
        bench.RunFor(3 * Minute);
        EnvelopeId warm = stations[0].SendText(1, stations[0].Identity.Address, stations[2].Identity.Address, 141);
        Assert.True(bench.RunUntil(() => stations[0].States[warm] == MessageState.Delivered, 10 * Minute));
        bench.RunFor(Minute);
        bench.Air.Disconnect(1, 2);
        EnvelopeId id = stations[0].SendText(2, stations[0].Identity.Address, stations[2].Identity.Address, 141);
        int check = settings == Open ? 2 : 4;
        for (int second = 0; second < 8 * 60; second++)
        {
            bench.RunFor(Second);
            // What an eavesdropper computes from what it hears: the id of the envelope, and so the names of its copies.
            CustodyAnswer name = new(CustodyCode.Taken, CustodyAnswer.NameOf(id, second % 4, 60 + (second / 4 % 4)));
            byte[] ack = new byte[11];
            ack[0] = (byte)FrameKind.CustodyAck;
            new CustodyAck.Writer(ack.AsSpan(1)).TryAdd(name.Code, name.Name);
            byte[] brief = RadioItem.Make(RadioItemKind.Custody, (int)name.Code,
                [(byte)(name.Name >> 56), (byte)(name.Name >> 48)]);
            RadioFrameType[] types = [RadioFrameType.Broadcast, RadioFrameType.Data, RadioFrameType.Acknowledgement];
            foreach (RadioFrameType type in types)
            {
                byte[] body = type == RadioFrameType.Acknowledgement ? [0, 0, .. brief] : RadioItem.MakeFrame(ack);
                nodes[1].Simulator.Receive(
                    Forge(type, stations[2].Identity, stations[1].Identity, body, check, Convert.FromHexString(known),
                        random), -80, 5, bench.Now);
            }
        }
        Assert.Equal(1, stations[1].Router.Held.Count);
        bench.Air.Connect(1, 2);
        Assert.True(bench.RunUntil(() => stations[2].Arrived.Contains(2), 60 * Minute));
    }

    [Theory]
    [InlineData(Open)]
    [InlineData(Keyed)]
    public void A_recorded_broadcast_is_taken_once_and_costs_nothing(string settings)
    {
        using RadioNet net = RadioNet.Circle(2, settings);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        net.Bench.RunFor(Minute);
        int before = a.Node.Simulator.Transmitted.Count;
        Assert.True(a.Medium.TryBroadcast(FrameClass.Routing, RadioWireTests.PathRequestFrame(42)));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 1, Minute));
        byte[] recorded = a.Node.Simulator.Transmitted[before];
        int sent = b.Node.Simulator.Transmitted.Count;
        for (int i = 0; i < 10; i++)
        {
            b.Node.Simulator.Receive([.. recorded], -80, 5, net.Bench.Now);
            net.Bench.RunFor(Second);
        }
        Assert.Single(b.Inbox);
        Assert.Equal(sent, b.Node.Simulator.Transmitted.Count);
    }

    [Theory]
    [InlineData(Open)]
    [InlineData(Keyed)]
    public void What_was_recorded_revives_no_session_even_at_a_station_with_the_old_boot_id(string settings)
    {
        using RadioNet net = RadioNet.Circle(2, settings);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        for (byte i = 0; i < 5; i++)
            Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, [(byte)FrameKind.Announce, i]));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 5, Minute));
        net.Bench.RunFor(Minute);
        List<byte[]> recorded = [.. a.Node.Simulator.Transmitted];
        RadioNet.Station twin = net.Add(settings, (b.Seed, b.BootId));
        for (int round = 0; round < 3; round++)
        {
            foreach (byte[] frame in recorded)
            {
                twin.Node.Simulator.Receive([.. frame], -80, 5, net.Bench.Now);
                net.Bench.RunFor(Second);
            }
        }
        Assert.Empty(twin.Inbox);
        Assert.Empty(twin.Medium.Neighbours);
        Assert.Equal(0, twin.Medium.Counters.Sessions);
    }

    [Theory]
    [InlineData(Open)]
    [InlineData(Keyed)]
    public void Everything_that_was_heard_played_again_ends_no_link_and_delivers_nothing(string settings)
    {
        using RadioNet net = RadioNet.Circle(3, settings);
        Assert.True(net.Meet(5 * Minute));
        foreach (RadioNet.Station station in net.Stations)
        {
            foreach (RadioNet.Station other in net.Stations.Where(o => o != station))
                Assert.True(station.Medium.TrySend(station.Neighbour(other), FrameClass.Normal,
                    [(byte)FrameKind.Announce, 1]));
            Assert.True(station.Medium.TryBroadcast(FrameClass.Routing, RadioWireTests.PathRequestFrame(42)));
        }
        net.Bench.RunFor(2 * Minute);
        Assert.All(net.Stations, s => Assert.Equal(4, s.Inbox.Count));
        List<byte[]> recorded = [.. net.Stations.SelectMany(s => s.Node.Simulator.Transmitted)];
        long[] sessions = [.. net.Stations.Select(s => s.Medium.Counters.Sessions)];
        TimeSpan[] paid = [.. net.Stations.Select(s => s.Medium.Counters.ForStrangers)];
        int[] sent = [.. net.Stations.Select(s => s.Node.Simulator.Transmitted.Count)];
        Random random = new(3);
        for (int n = 0; n < 2_000; n++)
        {
            byte[] frame = recorded[random.Next(recorded.Count)];
            foreach (RadioNet.Station station in net.Stations)
                station.Node.Simulator.Receive([.. frame], -80, 5, net.Bench.Now);
            net.Bench.RunFor(TimeSpan.FromMilliseconds(random.Next(400)));
        }
        Assert.All(net.Stations, s => Assert.Equal(4, s.Inbox.Count));
        Assert.All(net.Stations, s => Assert.Empty(s.Downs));
        Assert.Equal(sessions, net.Stations.Select(s => s.Medium.Counters.Sessions));
        // A call that was made before a station listened costs it a frame of a few bytes, once.
        TimeSpan probe = net.Stations[0].Node.Modem.Airtime(9);
        for (int i = 0; i < 3; i++)
            Assert.InRange(net.Stations[i].Medium.Counters.ForStrangers - paid[i], TimeSpan.Zero, 2 * probe);
        // Frames that came before are acknowledged, and no more often than that.
        double seconds = 2_000 * 0.2;
        for (int i = 0; i < 3; i++)
            Assert.InRange(net.Stations[i].Node.Simulator.Transmitted.Count - sent[i], 0, 2
                * (RadioTuning.DuplicateBurst + (RadioTuning.DuplicatesPerSecond * seconds)) + 10);
    }

    [Theory]
    [InlineData(Open)]
    [InlineData(Keyed)]
    public void A_neighbour_that_is_gone_goes_down_though_its_last_words_are_played_again_and_again(string settings)
    {
        using RadioNet net = RadioNet.Circle(2, settings);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, [(byte)FrameKind.Announce, 1]));
        Assert.True(b.Medium.TrySend(b.Neighbour(a), FrameClass.Normal, [(byte)FrameKind.Announce, 1]));
        net.Bench.RunFor(Minute);
        List<byte[]> recorded = [.. b.Node.Simulator.Transmitted];
        net.Air.Disconnect(0, 1);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, [(byte)FrameKind.Announce, 2]));
        for (int n = 0; a.Downs.Count == 0; n++)
        {
            Assert.True(n < 3_600, "its last words keep it alive");
            a.Node.Simulator.Receive([.. recorded[n % recorded.Count]], -80, 5, net.Bench.Now);
            net.Bench.RunFor(0.5 * Second);
        }
        Assert.Equal(["the neighbour answers no more"], a.Downs);
    }

    [Theory]
    [InlineData(Open)]
    [InlineData(Keyed)]
    public void A_neighbour_cannot_speak_for_another_in_a_broadcast(string settings)
    {
        using RadioNet net = RadioNet.Circle(3, settings);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b, RadioNet.Station c) =
            (net.Stations[0], net.Stations[1], net.Stations[2]);
        net.Bench.RunFor(Minute);
        int size = settings == Open ? 2 : 4;
        byte[] item = RadioItem.MakeFrame(RadioWireTests.PathRequestFrame(42));
        // c knows what a signs for c, and what c signs for a and b; it needs what a signs for b.
        foreach (SessionKeys keys in (SessionKeys[])[c.Neighbour(a).Session!.Keys, c.Neighbour(b).Session!.Keys])
        {
            for (uint number = 0; number < 2_000; number++)
            {
                byte[] frame = [.. new byte[RadioFrame.HeaderSize], .. item, .. new byte[2 * size]];
                int signed = frame.Length - (2 * size);
                ushort low = (ushort)(a.Node.Simulator.Transmitted.Count + number);
                new RadioFrame(RadioFrameType.Broadcast, false, 2, AddressSlots.ShortId(a.Identity.Address), low)
                    .Write(frame);
                for (int slot = 0; slot < 2; slot++)
                    keys.Write(number, frame.AsSpan(..signed), frame.AsSpan(signed + (slot * size), size));
                b.Node.Simulator.Receive([0, .. frame], -80, 5, net.Bench.Now);
            }
            net.Bench.RunFor(Second);
        }
        Assert.Empty(b.Inbox);
        Assert.True(a.Medium.TryBroadcast(FrameClass.Routing, RadioWireTests.PathRequestFrame(42)));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 1 && c.Inbox.Count == 1, Minute));
    }

    [Fact]
    public void A_neighbour_that_restarts_is_a_neighbour_again_within_seconds_and_its_former_self_is_down()
    {
        using RadioNet net = RadioNet.Circle(2, Open);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        net.Bench.RunFor(Minute);
        net.Air.Disconnect(0, 1);
        net.Air.Connect(0, 2);
        RadioNet.Station again = net.Add(Open, (b.Seed, b.BootId + 1));
        TimeSpan start = net.Bench.Now;
        Assert.True(net.Bench.RunUntil(() => again.Sees(a) && a.Sees(again), Minute));
        Assert.Equal(["the neighbour restarted"], a.Downs);
        Assert.Equal(b.BootId + 1, a.Neighbour(again).BootId);
        Assert.True(a.Medium.TrySend(a.Neighbour(again), FrameClass.Normal, [(byte)FrameKind.Announce, 1]));
        Assert.True(net.Bench.RunUntil(() => again.Inbox.Count == 1, Minute));
        Assert.True(net.Bench.Now - start < 20 * Second, $"{net.Bench.Now - start}");
    }

    [Fact]
    public void A_flood_of_made_up_identities_leaves_a_bounded_table_and_a_newcomer_finds_a_place_after_it()
    {
        using RadioNet net = RadioNet.Circle(2, Open);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        RadioStranger stranger = new(new Random(4), []);
        stranger.Victims.AddRange([a.Identity, b.Identity]);
        for (int n = 0; n < 5_000; n++)
        {
            RadioAttack attack = n % 2 == 0 ? RadioAttack.MadeUpIdentities : RadioAttack.LiveGreetings;
            a.Node.Simulator.Receive([0, .. stranger.Make(attack)], -80, 5, net.Bench.Now);
            net.Bench.RunFor(TimeSpan.FromMilliseconds(50));
            Assert.True(a.Medium.Meeting <= RadioTuning.MaxStrangers);
        }
        Assert.True(a.Medium.Counters.Unpaid > 1_000);
        Assert.Single(a.Medium.Neighbours);
        Assert.True(a.Sees(b) && b.Sees(a));
        net.Air.Connect(0, 2);
        RadioNet.Station newcomer = net.Add(Open);
        TimeSpan start = net.Bench.Now;
        Assert.True(net.Bench.RunUntil(() => a.Sees(newcomer) && newcomer.Sees(a), Minute));
        Assert.True(net.Bench.Now - start < 30 * Second, $"{net.Bench.Now - start}");
    }

    [Fact]
    public void A_neighbour_that_never_ends_what_it_began_fills_its_share_and_others_get_through()
    {
        using RadioNet net = RadioNet.Circle(3, Open);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b, RadioNet.Station c) =
            (net.Stations[0], net.Stations[1], net.Stations[2]);
        byte[] big = new byte[12_000];
        big[0] = (byte)FrameKind.Announce;
        Assert.True(c.Medium.TrySend(c.Neighbour(a), FrameClass.Normal, big));
        RadioSession hostile = b.Neighbour(a).Session!;
        for (int n = 0; n < 3_000; n++)
        {
            if (hostile.Outgoing.HasRoom)
            {
                byte[] piece = [(byte)(n / 200), (byte)(n % 200), .. new byte[200]];
                hostile.Outgoing.Add(RadioItem.Make(RadioItemKind.Fragment, 0, piece), FrameClass.Low).Over =
                    TimeSpan.MaxValue;
            }
            net.Bench.RunFor(TimeSpan.FromMilliseconds(100));
            Assert.True(a.Medium.IncompleteBytes <= RadioTuning.ReassemblyBytes / 2);
        }
        Assert.True(a.Medium.IncompleteBytes > 30_000, $"{a.Medium.IncompleteBytes}: nothing to bound");
        Assert.Equal(big, Assert.Single(a.Inbox, r => r.From == c.Identity.Address).Frame);
    }

    [Fact]
    public void Addresses_that_are_not_known_do_not_fill_the_next_acknowledgement_without_end()
    {
        using RadioNet net = RadioNet.Circle(2, Open);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        List<byte> body = [];
        int lastAt = -1;
        for (byte n = 1; n <= 30; n++)
            RadioItem.Append(body, ref lastAt, [0xC0, 1, 1, n, n, 0, 0]);
        for (int n = 0; n < 5; n++)
            b.Neighbour(a).Session!.Outgoing.Add([.. body], FrameClass.Low).Over = TimeSpan.MaxValue;
        int most = 0;
        Assert.True(net.Bench.RunUntil(
            () =>
            {
                most = Math.Max(most, a.Neighbour(b).Session!.AckItems.Count);
                return b.Neighbour(a).Session!.Outgoing.IsEmpty;
            }, 5 * Minute));
        Assert.InRange(most, 2, 32);
    }

    /// <summary>
    /// A frame whose check is drawn at random, or the common one where he knows it; the first byte is the modem's.
    /// </summary>
    private static byte[] Forge(
        RadioFrameType type, LocalIdentity from, LocalIdentity to, byte[] body, int checkSize, byte[] known,
        Random random)
    {
        byte[] frame = [.. new byte[RadioFrame.HeaderSize], .. body, .. new byte[checkSize]];
        ushort toId = type == RadioFrameType.Broadcast ? (ushort)random.Next() : AddressSlots.ShortId(to.Address);
        byte sequence = type == RadioFrameType.Broadcast ? (byte)1 : (byte)random.Next(32);
        new RadioFrame(type, false, sequence, AddressSlots.ShortId(from.Address), toId).Write(frame);
        if (known.Length > 0)
        {
            using CommonCheck check = new(known);
            check.Write(frame.AsSpan(..^checkSize), frame.AsSpan(^checkSize..));
        }
        else
        {
            random.NextBytes(frame.AsSpan(^checkSize..));
        }
        return [0, .. frame];
    }
}
