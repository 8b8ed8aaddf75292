using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Flows: the queues of one destination, class and link, and whose turn it is. The scheduler knows the order of what
/// waits;
/// where an envelope goes is for <see cref="CustodyEngine"/> to decide.
/// </summary>
/// <param name="entries">What is held.</param>
/// <param name="destinations">For whom.</param>
/// <param name="links">The links by their numbers.</param>
internal sealed class FlowScheduler(
    Slab<HeldEntry> entries, Slab<HeldDestination> destinations, List<LinkState?> links)
{
    /// <summary>The link number of flows that wait for any way on.</summary>
    internal const int NoLink = -1;

    /// <summary>
    /// Bytes that a destination may send when its turn comes: a few texts. Less is fairer on a radio, more is less work
    /// for
    /// the largest envelopes. Arbitrary.
    /// </summary>
    private const int Quantum = 1024;

    private readonly Queue<int> _stirred = new();
    private readonly Slab<Flow> _flows = new();

    /// <summary>What is held for some destination may move.</summary>
    public bool HasStirred => _stirred.Count > 0;

    /// <summary>Puts an entry into the flow of its destination and class for a link.</summary>
    public void Enter(int index, int link, bool front)
    {
        ref HeldEntry entry = ref entries[index];
        int at = UseFlow(entry.Destination, entry.Class, link);
        ref Flow flow = ref _flows[at];
        entry.Place = Place.Waiting;
        entry.Flow = at;
        if (flow.Count == 0)
        {
            entry.Previous = entry.Next = -1;
            flow.Head = flow.Tail = index;
        }
        else if (front)
        {
            entry.Previous = -1;
            entry.Next = flow.Head;
            entries[flow.Head].Previous = index;
            flow.Head = index;
        }
        else
        {
            entry.Next = -1;
            entry.Previous = flow.Tail;
            entries[flow.Tail].Next = index;
            flow.Tail = index;
        }

        flow.Count++;
        flow.Own += entry.Own ? 1 : 0;
        if (link != NoLink)
            links[link]!.Waiting++;
    }

    /// <summary>Takes an entry out of its flow.</summary>
    public void Leave(int index)
    {
        ref HeldEntry entry = ref entries[index];
        int at = entry.Flow;
        ref Flow flow = ref _flows[at];
        if (entry.Previous >= 0)
            entries[entry.Previous].Next = entry.Next;
        else
            flow.Head = entry.Next;
        if (entry.Next >= 0)
            entries[entry.Next].Previous = entry.Previous;
        else
            flow.Tail = entry.Previous;
        entry.Flow = -1;
        entry.Previous = entry.Next = -1;
        flow.Count--;
        flow.Own -= entry.Own ? 1 : 0;
        if (flow.Link != NoLink)
            links[flow.Link]!.Waiting--;
        if (flow.Count == 0)
            FreeFlow(at);
    }

    private int UseFlow(int destination, FrameClass frameClass, int link)
    {
        ref HeldDestination owner = ref destinations[destination];
        for (int next = owner.FirstFlowPlusOne; next != 0; next = _flows[next - 1].NextOfDestinationPlusOne)
        {
            ref Flow flow = ref _flows[next - 1];
            if (flow.Link == link && flow.Class == frameClass)
                return next - 1;
        }

        int at = _flows.Allocate();
        ref Flow made = ref _flows[at];
        made.Destination = destination;
        made.Class = frameClass;
        made.Link = link;
        made.Deficit = Quantum;
        made.NextOfDestinationPlusOne = owner.FirstFlowPlusOne;
        owner.FirstFlowPlusOne = at + 1;
        if (link != NoLink)
            EnterRing(at, links[link]!);
        return at;
    }

    private void FreeFlow(int at)
    {
        ref Flow flow = ref _flows[at];
        if (flow.Link != NoLink)
            LeaveRing(at, links[flow.Link]!);
        UnlinkFromDestination(at);
        _flows.Free(at);
    }

    private void UnlinkFromDestination(int at)
    {
        ref Flow flow = ref _flows[at];
        ref int place = ref destinations[flow.Destination].FirstFlowPlusOne;
        while (place != at + 1)
            place = ref _flows[place - 1].NextOfDestinationPlusOne;
        place = flow.NextOfDestinationPlusOne;
    }

    // The new flow comes last: just before the one whose turn it is.
    private void EnterRing(int at, LinkState link)
    {
        ref Flow flow = ref _flows[at];
        ref int first = ref link.Flows[(int)flow.Class];
        if (first == 0)
        {
            flow.RingPrevious = flow.RingNext = at;
            first = at + 1;
            return;
        }

        ref Flow head = ref _flows[first - 1];
        flow.RingNext = first - 1;
        flow.RingPrevious = head.RingPrevious;
        _flows[head.RingPrevious].RingNext = at;
        head.RingPrevious = at;
    }

    private void LeaveRing(int at, LinkState link)
    {
        ref Flow flow = ref _flows[at];
        ref int first = ref link.Flows[(int)flow.Class];
        if (flow.RingNext == at)
        {
            first = 0;
            return;
        }

        _flows[flow.RingPrevious].RingNext = flow.RingNext;
        _flows[flow.RingNext].RingPrevious = flow.RingPrevious;
        if (first == at + 1)
            first = flow.RingNext + 1;
    }

    /// <summary>
    /// The entry whose turn it is on a link; -1 if none waits. Deficit round robin (Shreedhar and Varghese, 1995): each
    /// destination of a class gets the same number of bytes, whatever the size of its envelopes.
    /// </summary>
    public int NextInTurn(LinkState link)
    {
        for (int i = 0; i < LinkState.Rings.Classes; i++)
        {
            ref int first = ref link.Flows[i];
            while (first != 0)
            {
                ref Flow flow = ref _flows[first - 1];
                if (flow.Deficit >= entries[flow.Head].Size)
                    return flow.Head;
                // Not yet: what it could not use now counts when its turn comes again.
                flow.Deficit += Quantum;
                first = flow.RingNext + 1;
            }
        }

        return -1;
    }

    /// <summary>
    /// An entry of a flow went out, or is being read to go out. A flow that is empty has been freed, and owes nothing.
    /// </summary>
    public void Charge(int flow, bool isEmpty, int size)
    {
        if (!isEmpty)
            _flows[flow].Deficit -= size;
    }

    /// <summary>
    /// The link is gone: what waited for it waits for any way on. The work is one step a flow, not an envelope.
    /// </summary>
    public void Release(LinkState link)
    {
        for (int i = 0; i < LinkState.Rings.Classes; i++)
        {
            while (link.Flows[i] != 0)
                ReleaseFlow(link.Flows[i] - 1, link);
        }
    }

    /// <summary>A next hop is left alone: the same for one destination.</summary>
    public void Release(int destination, LinkId link, LinkState state)
    {
        int next = destinations[destination].FirstFlowPlusOne;
        while (next != 0)
        {
            int at = next - 1;
            next = _flows[at].NextOfDestinationPlusOne;
            if (_flows[at].Link == link.Value)
                ReleaseFlow(at, state);
        }
    }

    private void ReleaseFlow(int at, LinkState link)
    {
        LeaveRing(at, link);
        link.Waiting -= _flows[at].Count;
        UnlinkFromDestination(at);
        JoinHeld(at);
        Stir(_flows[at].Destination);
    }

    // The entries keep the number of their flow, so a second flow of the same sort may exist beside the held one: the
    // list of the destination is walked as a whole, and either drains.
    private void JoinHeld(int at)
    {
        ref Flow flow = ref _flows[at];
        ref HeldDestination owner = ref destinations[flow.Destination];
        flow.Link = NoLink;
        flow.NextOfDestinationPlusOne = owner.FirstFlowPlusOne;
        owner.FirstFlowPlusOne = at + 1;
    }

    /// <summary>What is held for a destination may move: it will be looked at soon.</summary>
    public void Stir(int destination)
    {
        ref HeldDestination stirred = ref destinations[destination];
        if (stirred.Stirred || stirred.Held.Count == 0)
            return;
        stirred.Stirred = true;
        _stirred.Enqueue(destination);
    }

    /// <summary>The next destination for which something held may move.</summary>
    public bool TryTakeStirred(out int destination)
    {
        while (_stirred.TryDequeue(out destination))
        {
            if (!destinations[destination].Stirred)
                continue;
            destinations[destination].Stirred = false;
            return true;
        }

        return false;
    }

    /// <summary>
    /// The first of the entries of a class that wait for any way to a destination; -1 if there is none.
    /// </summary>
    public int FirstHeld(int destination, FrameClass frameClass)
    {
        for (int next = FirstOf(destination); next != 0; next = _flows[next - 1].NextOfDestinationPlusOne)
        {
            ref Flow flow = ref _flows[next - 1];
            if (flow.Link == NoLink && flow.Class == frameClass)
                return flow.Head;
        }

        return -1;
    }

    /// <summary>An entry waits for any way on, not for a link.</summary>
    public bool IsHeld(in HeldEntry entry) => entry.Flow >= 0 && _flows[entry.Flow].Link == NoLink;

    /// <summary>It is the only one of its flow, which ends with it.</summary>
    public bool IsLast(in HeldEntry entry) => _flows[entry.Flow].Count == 1;

    /// <summary>Something that started here waits for any way to a destination.</summary>
    public bool HoldsOwn(int destination)
    {
        for (int next = FirstOf(destination); next != 0; next = _flows[next - 1].NextOfDestinationPlusOne)
        {
            if (_flows[next - 1].Link == NoLink && _flows[next - 1].Own > 0)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Lists what <see cref="HoldsOwn"/> is about, up to so many, the most urgent first; false if there are more.
    /// </summary>
    public bool CollectOwn(int destination, int most, List<int> into)
    {
        for (FrameClass frameClass = 0; (int)frameClass < LinkState.Rings.Classes; frameClass++)
        {
            for (int next = FirstOf(destination); next != 0; next = _flows[next - 1].NextOfDestinationPlusOne)
            {
                ref Flow flow = ref _flows[next - 1];
                if (flow.Link != NoLink || flow.Class != frameClass || flow.Own == 0)
                    continue;
                for (int index = flow.Head; index >= 0; index = entries[index].Next)
                {
                    if (!entries[index].Own)
                        continue;
                    if (into.Count >= most)
                        return false;
                    into.Add(index);
                }
            }
        }

        return true;
    }

    private int FirstOf(int destination) => destinations[destination].FirstFlowPlusOne;
}
