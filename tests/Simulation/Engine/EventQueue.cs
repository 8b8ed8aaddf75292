using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Simulation;

/// <summary>What an event is for; <see cref="Network"/> dispatches on it.</summary>
public enum EventKind : byte
{
    /// <summary>A node asked to be called at this time.</summary>
    Tick,

    /// <summary>A write reaches the far end of a link. A: channel, B: first frame, C: connection.</summary>
    WriteArrives,

    /// <summary>A rate-limited channel has put its write on the wire. A: channel.</summary>
    ChannelFree,

    /// <summary>A refused queue has room. A: channel, C: connection.</summary>
    Writable,

    /// <summary>A dial begins. A: link.</summary>
    Dial,

    /// <summary>The handshake of a link is over. A: link, B: 1 if it succeeded, C: connection.</summary>
    Handshake,

    /// <summary>One end of a link learns that its connection is gone. A: link, B: end, C: connection.</summary>
    EndDown,

    /// <summary>A stalled connection has waited long enough. A: channel, C: connection.</summary>
    Stalled,

    /// <summary>A radio has sent its frame, or has waited for the channel. A: node, B: 1 if it waited.</summary>
    RadioSent,

    /// <summary>Something a node's host asked for. A: node, B: what, C: token.</summary>
    Host,

    /// <summary>A node is switched on. A: node.</summary>
    NodeStart,

    /// <summary>A node stops. A: node, B: 1 if in good order, 0 if its power is cut.</summary>
    NodeStop,

    /// <summary>The scenario asked to be called. A and C are its own.</summary>
    Scenario,
}

/// <summary>
/// Something that will happen. Events of the same time happen in the order in which they were scheduled.
/// </summary>
public readonly record struct Event(Instant At, ulong Order, EventKind Kind, int A, int B, long C);

/// <summary>
/// A priority queue of events: a heap of four children a node, of structs, so that nothing is allocated for one.
/// </summary>
public sealed class EventQueue
{
    private const int Fan = 4;
    private Event[] _heap = new Event[1024];
    private ulong _order;

    /// <summary>How many events wait.</summary>
    public int Count { get; private set; }

    /// <summary>When the next event is due; <see cref="Instant.Never"/> if none is.</summary>
    public Instant NextAt => Count == 0 ? Instant.Never : _heap[0].At;

    /// <summary>Adds an event.</summary>
    public void Add(Instant at, EventKind kind, int a, int b = 0, long c = 0)
    {
        if (Count == _heap.Length)
            Array.Resize(ref _heap, Count * 2);
        var added = new Event(at, _order++, kind, a, b, c);
        int hole = Count++;
        while (hole > 0)
        {
            int parent = (hole - 1) / Fan;
            if (!Before(in added, in _heap[parent]))
                break;
            _heap[hole] = _heap[parent];
            hole = parent;
        }

        _heap[hole] = added;
    }

    /// <summary>Takes the earliest event.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public Event Take()
    {
        if (Count == 0)
            throw new InvalidOperationException("no event waits");
        Event first = _heap[0];
        Event last = _heap[--Count];
        int hole = 0;
        while (true)
        {
            int child = hole * Fan + 1;
            if (child >= Count)
                break;
            int least = child;
            int end = Math.Min(child + Fan, Count);
            for (int other = child + 1; other < end; other++)
            {
                if (Before(in _heap[other], in _heap[least]))
                    least = other;
            }

            if (!Before(in _heap[least], in last))
                break;
            _heap[hole] = _heap[least];
            hole = least;
        }

        _heap[hole] = last;
        return first;
    }

    private static bool Before(in Event a, in Event b) =>
        a.At.Ticks != b.At.Ticks ? a.At.Ticks < b.At.Ticks : a.Order < b.Order;
}
