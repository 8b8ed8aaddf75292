using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>Flows: the queues of one destination, class and link, and whose turn it is.</content>
internal sealed partial class CustodyEngine
{
    /// <summary>The link number of flows that wait for any way on.</summary>
    private const int NoLink = -1;

    /// <summary>Held envelopes moved in one call; the rest follows in the next. Arbitrary.</summary>
    private const int StirBudget = 256;

    /// <summary>
    /// Bytes that a destination may send when its turn comes: a few texts. Less is fairer on a radio, more is less work for
    /// the largest envelopes. Arbitrary.
    /// </summary>
    private const int Quantum = 1024;

    private readonly Queue<int> _stirred = new();
    private Slab<Flow> _flows;

    /// <summary>Puts an entry into the flow of its destination and class for a link.</summary>
    private void EnterFlow(int index, int link, bool front)
    {
        ref HeldEntry entry = ref _entries[index];
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
            _entries[flow.Head].Previous = index;
            flow.Head = index;
        }
        else
        {
            entry.Next = -1;
            entry.Previous = flow.Tail;
            _entries[flow.Tail].Next = index;
            flow.Tail = index;
        }

        flow.Count++;
        flow.Own += entry.Own ? 1 : 0;
        if (link != NoLink)
            _links[link]!.Waiting++;
    }

    private void LeaveFlow(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        int at = entry.Flow;
        ref Flow flow = ref _flows[at];
        if (entry.Previous >= 0)
            _entries[entry.Previous].Next = entry.Next;
        else
            flow.Head = entry.Next;
        if (entry.Next >= 0)
            _entries[entry.Next].Previous = entry.Previous;
        else
            flow.Tail = entry.Previous;
        entry.Flow = -1;
        entry.Previous = entry.Next = -1;
        flow.Count--;
        flow.Own -= entry.Own ? 1 : 0;
        if (flow.Link != NoLink)
            _links[flow.Link]!.Waiting--;
        if (flow.Count == 0)
            FreeFlow(at);
    }

    private int UseFlow(int destination, FrameClass frameClass, int link)
    {
        ref Destination owner = ref _destinations[destination];
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
            EnterRing(at, _links[link]!);
        return at;
    }

    private void FreeFlow(int at)
    {
        ref Flow flow = ref _flows[at];
        if (flow.Link != NoLink)
            LeaveRing(at, _links[flow.Link]!);
        UnlinkFromDestination(at);
        _flows.Free(at);
    }

    private void UnlinkFromDestination(int at)
    {
        ref Flow flow = ref _flows[at];
        ref int place = ref _destinations[flow.Destination].FirstFlowPlusOne;
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
    private int NextInTurn(LinkState link)
    {
        for (int i = 0; i < LinkState.Rings.Classes; i++)
        {
            ref int first = ref link.Flows[i];
            while (first != 0)
            {
                ref Flow flow = ref _flows[first - 1];
                if (flow.Deficit >= _entries[flow.Head].Size)
                    return flow.Head;
                // Not yet: what it could not use now counts when its turn comes again.
                flow.Deficit += Quantum;
                first = flow.RingNext + 1;
            }
        }

        return -1;
    }

    /// <summary>An entry of a flow went out, or is being read to go out. A flow that is empty has been freed, and owes nothing.</summary>
    private void Charge(int flow, bool isEmpty, int size)
    {
        if (!isEmpty)
            _flows[flow].Deficit -= size;
    }

    /// <summary>The link is gone: what waited for it waits for any way on. The work is one step a flow, not an envelope.</summary>
    private void ReleaseFlows(LinkState link)
    {
        for (int i = 0; i < LinkState.Rings.Classes; i++)
        {
            while (link.Flows[i] != 0)
                ReleaseFlow(link.Flows[i] - 1, link);
        }
    }

    /// <summary>A next hop is left alone: the same for one destination.</summary>
    private void ReleaseFlows(int destination, LinkId link, LinkState state)
    {
        int next = _destinations[destination].FirstFlowPlusOne;
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
        ref Destination owner = ref _destinations[flow.Destination];
        flow.Link = NoLink;
        flow.NextOfDestinationPlusOne = owner.FirstFlowPlusOne;
        owner.FirstFlowPlusOne = at + 1;
    }

    /// <summary>What is held for a destination may move: it will be looked at soon.</summary>
    private void Stir(int destination)
    {
        ref Destination stirred = ref _destinations[destination];
        if (stirred.Stirred || stirred.Held.Count == 0)
            return;
        stirred.Stirred = true;
        _stirred.Enqueue(destination);
    }

    /// <summary>Gives held envelopes of a destination a way on, the most urgent class first, until one has to stay.</summary>
    private void MoveHeld(int destination, ref int budget)
    {
        if (!AnyWayOn(destination))
        {
            LodgeHeld(destination, ref budget);
            return;
        }

        for (FrameClass frameClass = 0; (int)frameClass < LinkState.Rings.Classes; frameClass++)
        {
            int kept = 0;
            for (int at = HeldFlow(destination, frameClass); at >= 0; at = HeldFlow(destination, frameClass))
            {
                if (budget-- == 0)
                {
                    budget = 0;
                    Stir(destination);
                    return;
                }

                int index = _flows[at].Head;
                LeaveFlow(index);
                Verdict verdict = Dispatch(index, front: false);
                // Others may still move (a smaller one, another attempt), but not many are tried for that.
                if (verdict == Verdict.Hold && ++kept > MostKeptInARow)
                    return;
                if (_destinations[destination].Held.Count == 0)
                    return;
            }
        }
    }

    private const int MostKeptInARow = 8;

    // Without a next hop there is no need to look at each envelope; asking goes on.
    private bool AnyWayOn(int destination)
    {
        Span<NextHop> any = stackalloc NextHop[1];
        ref Destination wanted = ref _destinations[destination];
        if (_routes.FindNextHops(_now, wanted.Address, any) > 0)
            return true;
        _routes.Want(_now, wanted.Address);
        LookAgain(destination, _now + AskAgain);
        return false;
    }

    private int HeldFlow(int destination, FrameClass frameClass)
    {
        for (int next = _destinations[destination].FirstFlowPlusOne; next != 0; next = _flows[next - 1].NextOfDestinationPlusOne)
        {
            ref Flow flow = ref _flows[next - 1];
            if (flow.Link == NoLink && flow.Class == frameClass)
                return next - 1;
        }

        return -1;
    }
}
