using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>What a stranger with a modem does.</summary>
internal enum RadioAttack
{
    /// <summary>Keys that nobody has.</summary>
    MadeUpIdentities,

    /// <summary>Keys of the victims' neighbours, as if they had restarted.</summary>
    SpoofedIdentities,

    /// <summary>Beacons in any name.</summary>
    Beacons,

    /// <summary>Path requests in a neighbour's name.</summary>
    PathRequests,

    /// <summary>Everything that a router reads, in a neighbour's name.</summary>
    Broadcasts,

    /// <summary>Greetings without the secret.</summary>
    ForgedGreetings,

    /// <summary>Greetings of keys that were made for it, without a word after the answer.</summary>
    LiveGreetings,

    /// <summary>Answers that nobody asked for.</summary>
    Answers,

    /// <summary>Data of random bytes in a neighbour's name.</summary>
    Data,

    /// <summary>Acknowledgements of random bytes in a neighbour's name.</summary>
    Acknowledgements,

    /// <summary>Data to others that asks for an acknowledgement, so that everybody is quiet.</summary>
    DataToOthers,

    /// <summary>Whatever was heard, again.</summary>
    Replays,

    /// <summary>Bytes.</summary>
    Noise,
}

/// <summary>
/// Somebody with a modem and without a place in the network; he listens before he talks, or he would just be a jammer.
/// </summary>
/// <param name="random">What he does next.</param>
/// <param name="networkKey">The network key, if he is a member; empty if not.</param>
internal sealed class RadioStranger(Random random, byte[] networkKey) : SimulatedModem
{
    private readonly List<byte[]> _heard = [];
    private readonly CommonCheck _check = new(networkKey);

    /// <summary>Everything that he heard, with the modem's own byte.</summary>
    internal IReadOnlyList<byte[]> Heard => _heard;

    /// <summary>Whom he knows of.</summary>
    internal List<LocalIdentity> Victims { get; } = [];

    /// <summary>What he did how often.</summary>
    internal Dictionary<RadioAttack, int> Done { get; } = [];

    /// <summary>Does one thing, unless the channel is in use.</summary>
    /// <param name="attack">What.</param>
    /// <param name="airtime">Time on air of a frame of that length.</param>
    /// <param name="now">Simulated time.</param>
    internal void Act(RadioAttack attack, Func<int, TimeSpan> airtime, TimeSpan now)
    {
        if (now < SendingUntil || Air!.IsBusy(Station, now))
            return;
        byte[] frame = Make(attack);
        Done[attack] = Done.GetValueOrDefault(attack) + 1;
        Transmit([0, .. frame], now, airtime(frame.Length));
    }

    /// <summary>Makes a frame without sending it.</summary>
    internal byte[] Make(RadioAttack attack)
    {
        LocalIdentity from = Victims[random.Next(Victims.Count)];
        LocalIdentity to = Victims[random.Next(Victims.Count)];
        ushort fromId = AddressSlots.ShortId(from.Address), toId = AddressSlots.ShortId(to.Address);
        return attack switch
        {
            RadioAttack.MadeUpIdentities => Identity(Bytes(32), random.Next(3) == 0 ? toId : RadioFrame.Everyone),
            RadioAttack.SpoofedIdentities => Identity(from.PublicKey.ToArray(), RadioFrame.Everyone),
            RadioAttack.Beacons => Common(
                DiscoveryKind.Beacon, random.Next(2) == 0 ? fromId : (ushort)random.Next(), (ushort)random.Next(),
                Bytes(2 * random.Next(8))),
            RadioAttack.PathRequests => Broadcast(fromId, RadioWireTests.PathRequestFrame((ulong)random.NextInt64())),
            RadioAttack.Broadcasts => Broadcast(fromId, [(byte)AnyKind(), .. Bytes(random.Next(1, 60))]),
            RadioAttack.ForgedGreetings => Common(
                DiscoveryKind.Greeting, fromId, toId, random.Next(2) == 0 ? Bytes(14)
                    : [.. Bytes(10), .. from.PublicKey.Span, .. Bytes(4)]),
            RadioAttack.LiveGreetings => Greeting(to, toId),
            RadioAttack.Answers => Common(DiscoveryKind.Answer, fromId, toId, Bytes(16)),
            RadioAttack.Data =>
                Frame(RadioFrameType.Data, random.Next(2) == 0, fromId, toId, Bytes(random.Next(2, 100))),
            RadioAttack.Acknowledgements =>
                Frame(RadioFrameType.Acknowledgement, false, fromId, toId, Bytes(random.Next(2, 30))),
            RadioAttack.DataToOthers =>
                Frame(RadioFrameType.Data, true, (ushort)random.Next(), (ushort)random.Next(), Bytes(2)),
            RadioAttack.Replays => _heard.Count == 0 ? Bytes(9) : _heard[random.Next(_heard.Count)][1..],
            RadioAttack.Noise => Bytes(random.Next(1, 200)),
            _ => throw new ArgumentOutOfRangeException(nameof(attack)),
        };
    }

    public override void PortOpened(TimeSpan now)
    {
    }

    public override void HostWrote(ReadOnlySpan<byte> bytes, TimeSpan now)
    {
    }

    public override void Tick(TimeSpan now)
    {
    }

    public override void Receive(byte[] frame, int rssi, double snr, TimeSpan now) => _heard.Add(frame);

    private byte[] Identity(byte[] key, ushort to)
    {
        byte[] body = new byte[RadioIdentity.Size];
        new RadioIdentity(key).Write(Bytes(2), body);
        return Common(DiscoveryKind.Identity, AddressSlots.ShortId(NodeAddress.Of(key)), to, body);
    }

    private byte[] Greeting(LocalIdentity to, ushort toId)
    {
        using LocalIdentity self = LocalIdentity.FromSeed(Bytes(32));
        using PairSecret pair = PairSecret.Agree(self, to.PublicKey.Span, networkKey)!;
        byte[] frame = new byte[RadioFrame.HeaderSize + RadioGreeting.FullSize + _check.Size];
        new RadioFrame(RadioFrameType.Discovery, false, (byte)DiscoveryKind.Greeting,
            AddressSlots.ShortId(self.Address), toId).Write(frame);
        RadioGreeting.Write((ulong)random.NextInt64(), 0, self.PublicKey.Span, frame.AsSpan(RadioFrame.HeaderSize));
        int mac = frame.Length - _check.Size - PairSecret.GreetingMacSize;
        pair.WriteGreetingMac(frame.AsSpan(..mac), frame.AsSpan(mac, PairSecret.GreetingMacSize));
        _check.Write(frame.AsSpan(..^_check.Size), frame.AsSpan(^_check.Size..));
        return frame;
    }

    private byte[] Broadcast(ushort from, byte[] routerFrame)
    {
        byte[] item = RadioItem.MakeFrame(routerFrame);
        byte[] frame = [.. new byte[RadioFrame.HeaderSize], .. item, .. Bytes(8)];
        new RadioFrame(RadioFrameType.Broadcast, false, (byte)(8 / _check.Size), from, (ushort)random.Next())
            .Write(frame);
        return frame;
    }

    private byte[] Common(DiscoveryKind kind, ushort from, ushort to, byte[] body)
    {
        byte[] frame = [.. new byte[RadioFrame.HeaderSize], .. body, .. new byte[_check.Size]];
        new RadioFrame(RadioFrameType.Discovery, false, (byte)kind, from, to).Write(frame);
        _check.Write(frame.AsSpan(..^_check.Size), frame.AsSpan(^_check.Size..));
        return frame;
    }

    private byte[] Frame(RadioFrameType type, bool asks, ushort from, ushort to, byte[] rest)
    {
        byte[] frame = [.. new byte[RadioFrame.HeaderSize], .. rest];
        new RadioFrame(type, asks, (byte)random.Next(32), from, to).Write(frame);
        return frame;
    }

    private FrameKind AnyKind()
    {
        FrameKind[] kinds = Enum.GetValues<FrameKind>();
        return kinds[random.Next(kinds.Length)];
    }

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
