namespace QuicProChat.Mesh.LoraSimulation;

/// <summary>
/// One channel and who hears whom on it. A frame arrives at a station that hears its sender, transmitted nothing
/// itself meanwhile, and heard nobody else meanwhile (no capture: the harsher assumption); then the loss of the link
/// decides. Stations that do not hear each other collide at whoever hears both.
/// </summary>
public sealed class SimulatedAir
{
    private readonly List<SimulatedModem> _stations = [];
    private readonly Dictionary<(int From, int To), double> _loss = [];
    private readonly List<Transmission> _live = [];
    private readonly Random _random;

    /// <summary>Makes an empty air.</summary>
    public SimulatedAir(Random random) => _random = random;

    private sealed record Transmission(int From, byte[] Frame, TimeSpan Start, TimeSpan End)
    {
        public bool Delivered { get; set; }
    }

    /// <summary>Frames lost to collisions and half duplex.</summary>
    public int Collisions { get; private set; }

    /// <summary>Frames lost to the links.</summary>
    public int Losses { get; private set; }

    /// <summary>Frames that arrived.</summary>
    public int Arrivals { get; private set; }

    /// <summary>When <see cref="Tick"/> is due.</summary>
    public TimeSpan NextTick =>
        _live.Where(t => !t.Delivered).Select(t => t.End).DefaultIfEmpty(TimeSpan.MaxValue).Min();

    /// <summary>Adds a station.</summary>
    public void Add(SimulatedModem modem)
    {
        modem.Air = this;
        modem.Station = _stations.Count;
        _stations.Add(modem);
    }

    /// <summary>Lets two stations hear each other.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    /// <param name="loss">Share of frames lost, 0 to 1.</param>
    public void Connect(int a, int b, double loss = 0)
    {
        _loss[(a, b)] = loss;
        _loss[(b, a)] = loss;
    }

    /// <summary>Makes two stations deaf to each other.</summary>
    public void Disconnect(int a, int b)
    {
        _loss.Remove((a, b));
        _loss.Remove((b, a));
    }

    /// <summary>Whether a station hears anybody transmit.</summary>
    public bool IsBusy(int station, TimeSpan now) =>
        _live.Exists(t => t.From != station && t.Start <= now && now < t.End && _loss.ContainsKey((t.From, station)));

    /// <summary>Delivers what has ended.</summary>
    public void Tick(TimeSpan now)
    {
        foreach (Transmission ended in _live.Where(t => !t.Delivered && t.End <= now).OrderBy(t => t.End).ToList())
        {
            ended.Delivered = true;
            for (int to = 0; to < _stations.Count; to++)
            {
                if (_loss.TryGetValue((ended.From, to), out double loss))
                    Arrive(ended, to, loss, now);
            }
        }
        // Kept for as long as a frame that is still on the air may overlap with it.
        _live.RemoveAll(t => t.Delivered && !_live.Exists(o => !o.Delivered && o.Start < t.End));
    }

    internal void Begin(int from, byte[] frame, TimeSpan start, TimeSpan airtime) =>
        _live.Add(new Transmission(from, frame, start, start + airtime));

    private void Arrive(Transmission frame, int to, double loss, TimeSpan now)
    {
        bool disturbed = _live.Exists(o =>
            o != frame && o.Start < frame.End && frame.Start < o.End
            && (o.From == to || (o.From != frame.From && _loss.ContainsKey((o.From, to)))));
        if (disturbed)
        {
            Collisions++;
            return;
        }
        if (_random.NextDouble() < loss)
        {
            Losses++;
            return;
        }
        Arrivals++;
        _stations[to].Receive(frame.Frame, -70 - _random.Next(30), _random.Next(-8, 40) / 4.0, now);
    }
}
