using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// What a modem says to its driver. The first byte chooses the driver; after it, again and again, a byte: bit 7 lets
/// the driver's time come first, bit 6 has it send a frame, and the rest is how many bytes of input follow.
/// </summary>
internal static class ModemTarget
{
    internal static readonly FuzzTarget Target = new("modem", "what a modem says to its driver", Seeds, Run);

    private const int TimeFlag = 0x80, SendFlag = 0x40, MaxPortion = 0x3F;

    private static readonly TimeSpan Begin = TimeSpan.FromSeconds(1);

    private static readonly (ModemKind Kind, LoraOptions Options, Func<SimulatedModem> Simulator)[] Modems =
    [
        (ModemKind.RNode, Radio("rnode&sf=9"), () => new RNodeSimulator(new Random(1))),
        (ModemKind.Reyax, Radio("reyax&sf=9"), () => new ReyaxSimulator()),
        (ModemKind.E22, Radio("e22"), () => new E22Simulator()),
        (ModemKind.Auto, Radio("auto&sf=9"), () => new RNodeSimulator(new Random(2))),
        (ModemKind.Auto, Radio("auto&sf=9"), () => new ReyaxSimulator()),
    ];

    private static LoraOptions Radio(string modem) =>
        LoraUri.TryParse($"lora:/dev/ttyUSB0?modem={modem}&frequency=868125000&region=none", out LoraOptions? options,
            out LoraUriError? error)
            ? options
            : throw new InvalidOperationException(error.ToString());

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        (ModemKind kind, LoraOptions options, _) = Modems[input[0] % Modems.Length];
        ILoraModem modem = ModemFactory.Create(options, kind, new Random(1));
        TimeSpan now = Begin;
        modem.PortOpened(now);
        for (ReadOnlySpan<byte> rest = input[1..]; !rest.IsEmpty;)
        {
            byte head = rest[0];
            int length = Math.Min(head & MaxPortion, rest.Length - 1);
            now = Step(modem, head, now);
            modem.Input(rest.Slice(1, length), now);
            Take(modem, now);
            rest = rest[(1 + length)..];
        }
    }

    private static TimeSpan Step(ILoraModem modem, byte head, TimeSpan now)
    {
        if ((head & TimeFlag) != 0)
        {
            now = modem.NextTick == TimeSpan.MaxValue ? now + Begin : modem.NextTick;
            modem.Tick(now);
            Take(modem, now);
        }

        byte[] frame = new byte[20];
        if ((head & SendFlag) != 0 && modem.CanSend(frame.Length, now))
            _ = modem.TrySend(frame, new AirtimeGrant(modem.Airtime(frame.Length), TrafficClass.Message), now);
        Take(modem, now);
        return now;
    }

    private static List<ReadOnlyMemory<byte>> Take(ILoraModem modem, TimeSpan now)
    {
        List<ReadOnlyMemory<byte>> written = [];
        bool reopen = false;
        while (modem.TryTake(out ModemAction? action))
        {
            reopen |= action is ReopenPort;
            if (action is WritePort write)
                written.Add(write.Bytes);
            if (action is FrameReceived received)
                Assert.InRange(received.Bytes.Length, 0, 512);
        }

        if (reopen)
        {
            modem.PortClosed(now);
            modem.PortOpened(now);
        }

        return written;
    }

    /// <summary>What simulated modems say while they start, receive two frames and send one.</summary>
    private static IEnumerable<byte[]> Seeds()
    {
        for (int i = 0; i < Modems.Length; i++)
        {
            (ModemKind kind, LoraOptions options, Func<SimulatedModem> make) = Modems[i];
            SimulatedModem simulator = make();
            ILoraModem modem = ModemFactory.Create(options, kind, new Random(1));
            List<byte> seed = [(byte)i];
            TimeSpan now = Begin;
            simulator.PortOpened(now);
            modem.PortOpened(now);
            Exchange(modem, simulator, 0, now, seed);
            for (int step = 0; step < 60; step++)
            {
                if (step is 40 or 42)
                    simulator.Receive([1, 2, 3, 4, 5, (byte)step], -80, 7.5, now);
                byte head = (byte)(TimeFlag | (step == 45 ? SendFlag : 0));
                TimeSpan due = modem.NextTick == TimeSpan.MaxValue ? now + Begin : modem.NextTick;
                for (; simulator.NextTick <= due; now = simulator.NextTick)
                    simulator.Tick(simulator.NextTick);
                now = Step(modem, head, now > due ? now : due - TimeSpan.FromTicks(1));
                Exchange(modem, simulator, head, now, seed);
                if (seed.Count > 3000)
                    break;
            }

            yield return [.. seed];
        }
    }

    // Passes on what either has to say until both are silent, and notes what the driver heard.
    private static void Exchange(ILoraModem modem, SimulatedModem simulator, byte head, TimeSpan now, List<byte> seed)
    {
        do
        {
            byte[] said = simulator.TakeOutput();
            for (int at = 0; at == 0 || at < said.Length; at += MaxPortion)
            {
                byte[] portion = said[at..Math.Min(said.Length, at + MaxPortion)];
                seed.Add((byte)(head | portion.Length));
                seed.AddRange(portion);
                modem.Input(portion, now);
                head = 0;
            }

            foreach (ReadOnlyMemory<byte> written in Take(modem, now))
                simulator.HostWrote(written.Span, now);
        }
        while (simulator.HasOutput);
    }
}
