using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>What a timer looks after.</summary>
internal enum RouteTimerKind : byte
{
    /// <summary>A destination that needs a fresh sequence; by its index.</summary>
    Starving,

    /// <summary>A request for a sequence that was passed on; by the destination's index.</summary>
    Forwarded,

    /// <summary>A route that is wanted here; by the destination's abbreviation.</summary>
    Want,

    /// <summary>A request for a path that was passed on; by the destination's abbreviation.</summary>
    Requester,

    /// <summary>A next hop that is distrusted for a destination; by both.</summary>
    Penalty,

    /// <summary>A neighbour that is the last resort; by its link.</summary>
    Held,

    /// <summary>A neighbour that named more than there was room for; by its link.</summary>
    Refill,

    /// <summary>A neighbour that is asked for announces when its source may cost more again; by its link.</summary>
    Ask,

    /// <summary>A route that is advertised though its link broke; by the destination's index.</summary>
    Linger,
}

/// <summary>A thing that can have a timer: one at most.</summary>
/// <param name="Kind">What sort of thing.</param>
/// <param name="Id">Which one; what the number means depends on the kind.</param>
internal readonly record struct RouteTimer(RouteTimerKind Kind, ulong Id)
{
    private const int LinkShift = 32;

    /// <summary>A timer of a destination or a link.</summary>
    public RouteTimer(RouteTimerKind kind, int number)
        : this(kind, (uint)number)
    {
    }

    /// <summary>A timer of a destination whose index is not known.</summary>
    public RouteTimer(RouteTimerKind kind, Abbreviation name)
        : this(kind, name.Value)
    {
    }

    /// <summary>A timer of a destination behind a link.</summary>
    public RouteTimer(RouteTimerKind kind, int index, LinkId link)
        : this(kind, (ulong)(uint)link.Value << LinkShift | (uint)index)
    {
    }

    /// <summary>The destination's index, or the link's number.</summary>
    public int Number => (int)(uint)Id;

    /// <summary>The destination's abbreviation.</summary>
    public Abbreviation Name => new(Id);

    /// <summary>The link, where there is an index beside it.</summary>
    public LinkId Link => new((int)(Id >> LinkShift));
}

/// <summary>
/// What is due when: a binary heap that knows where each timer sits. A thing has one timer or none, and to set it again
/// moves it, so there are never more timers than things that need one. A timer that ends with what it looks after is
/// cancelled; nothing that a neighbour does leaves one behind.
/// </summary>
internal sealed class RouteTimers
{
    private const int KeptCapacity = 64;

    private readonly Dictionary<RouteTimer, int> _places;
    private Item[] _heap = [];

    /// <summary>No timers.</summary>
    /// <param name="hashKey">Odd and secret: names in timers are made up by anybody.</param>
    public RouteTimers(ulong hashKey) => _places = new Dictionary<RouteTimer, int>(new Hash(hashKey));

    private struct Item
    {
        public long Due;
        public RouteTimer Timer;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>When the first one is due; never if there is none.</summary>
    public Instant Next => Count == 0 ? Instant.Never : new Instant(_heap[0].Due);

    /// <summary>Sets, or moves, the one timer of a thing; never cancels it.</summary>
    public void Set(in RouteTimer timer, Instant due)
    {
        if (due == Instant.Never)
        {
            Cancel(timer);
            return;
        }

        if (_places.TryGetValue(timer, out int at))
        {
            long before = _heap[at].Due;
            _heap[at].Due = due.Ticks;
            if (due.Ticks < before)
                Up(at);
            else
                Down(at);
            return;
        }

        if (Count == _heap.Length)
            Array.Resize(ref _heap, Math.Max(16, Count + Count / 2));
        _heap[Count] = new Item { Due = due.Ticks, Timer = timer };
        _places.Add(timer, Count);
        Up(Count++);
    }

    /// <summary>The thing needs no timer any more.</summary>
    public void Cancel(in RouteTimer timer)
    {
        if (_places.TryGetValue(timer, out int at))
            RemoveAt(at);
    }

    /// <summary>Takes the first timer out if it is due.</summary>
    public bool TryTake(Instant now, out RouteTimer timer)
    {
        timer = default;
        if (Count == 0 || _heap[0].Due > now.Ticks)
            return false;
        timer = _heap[0].Timer;
        RemoveAt(0);
        return true;
    }

    private sealed class Hash(ulong key) : IEqualityComparer<RouteTimer>
    {
        public bool Equals(RouteTimer x, RouteTimer y) => x.Id == y.Id && x.Kind == y.Kind;

        public int GetHashCode(RouteTimer timer) => (int)(timer.Id * key >> 32) + (int)timer.Kind;
    }

    private void RemoveAt(int at)
    {
        _places.Remove(_heap[at].Timer);
        Item last = _heap[--Count];
        _heap[Count] = default;
        if (at < Count)
        {
            Place(at, last);
            Up(at);
            Down(_places[last.Timer]);
        }

        // Memory that a burst left behind is given back.
        if (_heap.Length > KeptCapacity && Count < _heap.Length / 4)
        {
            Array.Resize(ref _heap, _heap.Length / 2);
            _places.TrimExcess(_heap.Length);
        }
    }

    private void Up(int at)
    {
        Item item = _heap[at];
        for (int parent = (at - 1) / 2; at > 0 && item.Due < _heap[parent].Due; parent = (at - 1) / 2)
        {
            Place(at, _heap[parent]);
            at = parent;
        }

        Place(at, item);
    }

    private void Down(int at)
    {
        Item item = _heap[at];
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= Count)
                break;
            if (child + 1 < Count && _heap[child + 1].Due < _heap[child].Due)
                child++;
            if (item.Due <= _heap[child].Due)
                break;
            Place(at, _heap[child]);
            at = child;
        }

        Place(at, item);
    }

    private void Place(int at, in Item item)
    {
        _heap[at] = item;
        _places[item.Timer] = at;
    }
}
