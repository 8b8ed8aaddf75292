using System.Collections.Concurrent;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>
/// What runs on one radio's thread: the adaptation layer between the pump below and the links above. Other threads
/// reach it by <see cref="Do"/> only.
/// </summary>
internal sealed class LoraHub : IRadioClient, IRadioUser
{
    /// <summary>Arbitrary: whoever was refused or disconnected is not offered again sooner.</summary>
    private static readonly TimeSpan OfferAgain = TimeSpan.FromMinutes(10);

    /// <summary>The ledger's share for routing over the router's own.</summary>
    private const double RoutingPlan = 5;

    /// <summary>Broadcasts that may wait for the radio's thread: it takes them between two frames. Arbitrary.</summary>
    private const int MaxBroadcasts = 64;

    private readonly RadioMedium _medium;
    private readonly LoraOptions _options;
    private readonly ILinkAcceptor _acceptor;
    private readonly LinkProperties _properties;
    private readonly RadioLog _log;
    private readonly ConcurrentQueue<Action> _todo = new();
    private readonly List<LoraLink> _links = [];
    private LoraRadio? _radio;
    private ILoraModem? _modem;
    private TimeSpan _now;
    private int _ended;
    private int _broadcasts;

    internal LoraHub(
        LoraOptions options, Func<IRadioUser, RadioMedium> medium, ILinkAcceptor acceptor, int number, RadioLog log,
        TimeProvider time)
    {
        _options = options;
        _acceptor = acceptor;
        _log = log;
        Time = time;
        _properties = new LinkProperties(
            RadioMedium.Mtu, BitRate(options), Reliable: false, PushRoutes: false, Medium: number);
        _medium = medium(this);
    }

    /// <summary>
    /// The bit rate that the router goes by. Of the nominal one it would plan with airtime that the law does not allow;
    /// so it is told the nominal rate times the duty cycle, and five times that: routing's 6 % of it on a shared medium
    /// (docs/reference/lora.md, section 8) are then the 30 % of the budget that the ledger lends. Never more than
    /// nominal.
    /// </summary>
    internal static long BitRate(LoraOptions options)
    {
        double nominal = new LoraModulation(
            options.SpreadingFactor, options.BandwidthHz, options.CodingRate, 0, LowDataRate: false).NominalBitRate;
        double share = RoutingPlan * (options.Band.Budget / options.Band.Window);
        return Math.Max(1, (long)(nominal * Math.Min(1, share)));
    }

    internal TimeProvider Time { get; }

    /// <summary>What the staging queues of all links share.</summary>
    internal RadioQueuePool Staged { get; } = new();

    internal void Attach(LoraRadio radio) => _radio = radio;

    internal void Wake() => _radio?.Wake();

    /// <summary>Has something done on the radio's thread.</summary>
    internal void Do(Action action)
    {
        _todo.Enqueue(action);
        Wake();
    }

    internal bool TryBroadcast(FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        // A thread that is held up by its device must not gather what floods.
        if (Interlocked.Increment(ref _broadcasts) > MaxBroadcasts)
        {
            Interlocked.Decrement(ref _broadcasts);
            return false;
        }

        byte[] copy = frame.ToArray();
        Do(() =>
        {
            Interlocked.Decrement(ref _broadcasts);
            _medium.TryBroadcast(frameClass, copy);
        });
        return true;
    }

    internal void Closed(LoraLink link, LinkEnd reason) => Do(() =>
    {
        if (!_links.Remove(link))
            return;
        link.Neighbour.Tag = null;
        _medium.Drop(link.Neighbour, reason.Code is LinkEndCode.Dead ? TimeSpan.Zero : OfferAgain);
    });

    /// <summary>Ends all links, after the radio's thread has ended.</summary>
    internal void EndAll(LinkEnd reason)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        foreach (LoraLink link in _links)
            link.End(reason);
        _links.Clear();
        _medium.Dispose();
    }

    public void Happened(ModemAction what, TimeSpan now)
    {
        _now = now;
        if (what is StateChanged changed)
            _log.Note(changed, _modem?.Kind);
        _medium.Happened(what, now);
    }

    public TimeSpan Run(ILoraModem modem, TimeSpan now)
    {
        _now = now;
        _modem = modem;
        while (_todo.TryDequeue(out Action? action))
            action();
        foreach (LoraLink link in _links.ToList())
            link.Drain(_medium);
        if (Staged.HasRoomAgain())
            _links.ForEach(static link => link.TellRoom());
        return _medium.Run(modem, now);
    }

    public void Up(RadioNeighbour neighbour)
    {
        LoraLink link = new(this, neighbour, _properties, $"lora:{_options.Device}");
        neighbour.Tag = link;
        _links.Add(link);
        _acceptor.Accept(link);
    }

    public void Received(RadioNeighbour neighbour, ReadOnlySpan<byte> frame) =>
        (neighbour.Tag as LoraLink)?.Deliver(frame);

    public void Writable(RadioNeighbour neighbour)
    {
        // The staging queue is drained before every run.
    }

    public void Down(RadioNeighbour neighbour, string reason)
    {
        if (neighbour.Tag is not LoraLink link)
            return;
        neighbour.Tag = null;
        _links.Remove(link);
        link.End(new LinkEnd(LinkEndCode.Dead, Detail: reason));
    }

    /// <summary>What an operator wants to know; on the radio's thread.</summary>
    internal RadioStatus Status() => new(
        _options.Device, _modem?.Kind ?? "none", _medium.ModemState.State, _medium.ModemState.Detail,
        _options.FrequencyHz,
        _options.BandwidthHz, _options.SpreadingFactor, _options.CodingRate, _options.PowerDbm, _options.Region.Name,
        _options.Band.Name, _options.Band.Budget, _options.Band.Window, _medium.AirtimeUse(_now), _medium.NoiseFloorDbm,
        _modem?.Counters.Copy() ?? new ModemCounters(), _medium.Counters.Copy(), _medium.QueuedBroadcasts,
        [
            .. _medium.Neighbours.Select(n => new RadioNeighbourStatus(
                n.Address, n.IsUp, n.RssiDbm, n.SnrDb, _now - n.LastHeard, n.RoundTrip, n.FramesReceived, n.FramesSent,
                n.Repeats, n.GivenUp, n.Queued + ((n.Tag as LoraLink)?.Waiting ?? 0))),
        ]);
}
