using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>A driver and a simulated modem, joined in simulated time. Several on one air share the clock.</summary>
internal sealed class Bench
{
    private static readonly TimeSpan Step = TimeSpan.FromTicks(1);

    private readonly List<Node> _nodes = [];

    internal Bench(SimulatedAir? air = null) => Air = air;

    internal sealed class Node(ILoraModem modem, SimulatedModem simulator)
    {
        internal ILoraModem Modem { get; } = modem;

        internal SimulatedModem Simulator { get; } = simulator;

        internal List<ModemAction> Happened { get; } = [];

        /// <summary>Every write of the driver.</summary>
        internal List<byte[]> Written { get; } = [];

        internal bool Open { get; set; }

        /// <summary>Who uses the radio, as the pump would have it.</summary>
        internal IRadioClient? Client { get; init; }

        internal TimeSpan ClientAt { get; set; }

        internal TimeSpan ReopenAt { get; set; } = TimeSpan.MaxValue;

        internal IEnumerable<byte[]> Received => Happened.OfType<FrameReceived>().Select(f => f.Bytes.ToArray());

        internal IEnumerable<string> Losses => Happened.OfType<ReopenPort>().Select(r => r.Reason);

        internal int Sent => Happened.OfType<SendFinished>().Count(f => f.Sent);

        internal int Failed => Happened.OfType<SendFinished>().Count(f => !f.Sent);
    }

    internal SimulatedAir? Air { get; }

    internal TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(100);

    internal static LoraOptions Options(string query) =>
        LoraUri.TryParse("lora:/dev/ttyUSB0?" + query, out LoraOptions? options, out LoraUriError? error)
            ? options
            : throw new ArgumentException(error.ToString());

    internal static AirtimeGrant Grant(TimeSpan airtime)
    {
        DutyLedger ledger = new(RegionPlan.None.Bands[0], null, null, TimeSpan.Zero);
        Assert.True(ledger.TryReserve(TrafficClass.Message, airtime, TimeSpan.Zero, out AirtimeGrant? grant, out _));
        return grant;
    }

    /// <summary>Adds a modem, opens its port and lets it come online, unless told otherwise.</summary>
    internal Node Add(ILoraModem modem, SimulatedModem simulator, bool online = true, IRadioClient? client = null)
    {
        Air?.Add(simulator);
        Node node = new(modem, simulator) { Client = client };
        _nodes.Add(node);
        OpenPort(node);
        if (online)
            Assert.True(RunUntil(() => modem.State == ModemState.Online, TimeSpan.FromSeconds(30)),
                string.Join("; ", node.Losses));
        return node;
    }

    internal void OpenPort(Node node)
    {
        node.Open = true;
        node.ReopenAt = TimeSpan.MaxValue;
        node.Simulator.PortOpened(Now);
        node.Modem.PortOpened(Now);
        Exchange();
    }

    internal ModemAnswer Send(Node node, byte[] frame)
    {
        ModemAnswer result = node.Modem.TrySend(frame, Grant(node.Modem.Airtime(frame.Length)), Now);
        Exchange();
        return result;
    }

    internal void RunFor(TimeSpan time) => RunUntil(() => false, time);

    /// <summary>Runs until something is so. False: the time was up first.</summary>
    internal bool RunUntil(Func<bool> so, TimeSpan most)
    {
        TimeSpan end = Now + most;
        Exchange();
        while (!so())
        {
            TimeSpan next = Air?.NextTick ?? TimeSpan.MaxValue;
            foreach (Node node in _nodes)
            {
                next = Min(next, node.Simulator.NextTick);
                next = Min(next, node.Open ? node.Modem.NextTick : node.ReopenAt);
                next = Min(next, node.ClientAt);
            }
            if (next >= end)
            {
                Now = end;
                Exchange();
                return so();
            }
            Now = next > Now ? next : Now + Step;
            foreach (Node node in _nodes.Where(n => !n.Open && n.ReopenAt <= Now))
                OpenPort(node);
            ExchangeDue();
        }
        return true;
    }

    /// <summary>Moves bytes and does what is due until nothing moves any more.</summary>
    internal void Exchange()
    {
        bool moved = true;
        while (moved)
        {
            moved = false;
            if (Air is not null && Now >= Air.NextTick)
                Air.Tick(Now);
            foreach (Node node in _nodes)
                moved |= Exchange(node);
        }
    }

    // As Exchange, but leaves alone whom nothing has happened to.
    private void ExchangeDue()
    {
        bool moved = true;
        while (moved)
        {
            moved = false;
            if (Air is not null && Now >= Air.NextTick)
                Air.Tick(Now);
            foreach (Node node in _nodes)
            {
                if (node.Simulator.HasOutput || Now >= node.Simulator.NextTick || Now >= node.ClientAt
                    || (node.Open && Now >= node.Modem.NextTick))
                    moved |= Exchange(node);
            }
        }
    }

    private bool Exchange(Node node)
    {
        if (Now >= node.Simulator.NextTick)
            node.Simulator.Tick(Now);
        byte[] output = node.Simulator.TakeOutput();
        if (output.Length > 0 && node.Open)
            node.Modem.Input(output, Now);
        if (node.Open && Now >= node.Modem.NextTick)
            node.Modem.Tick(Now);
        bool moved = output.Length > 0;
        node.ClientAt = node.Client?.Run(node.Modem, Now) ?? TimeSpan.MaxValue;
        while (node.Modem.TryTake(out ModemAction? action))
        {
            moved = true;
            if (node.Client is null)
                node.Happened.Add(action);
            node.Client?.Happened(action, Now);
            // The pump runs its client after everything that happened.
            node.ClientAt = node.Client is null ? TimeSpan.MaxValue : Now;
            if (action is WritePort write && node.Open)
            {
                node.Written.Add(write.Bytes.ToArray());
                node.Simulator.HostWrote(write.Bytes.Span, Now);
            }
            else if (action is SetModePins pins && node.Simulator is E22Simulator e22)
            {
                e22.SetPins(pins.M0, pins.M1);
            }
            else if (action is ReopenPort reopen)
            {
                node.Open = false;
                node.ReopenAt = Now + reopen.RetryAfter;
                node.Modem.PortClosed(Now);
            }
        }
        return moved;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
