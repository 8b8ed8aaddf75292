using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>What is held and may move. The queues are in <see cref="FlowScheduler"/>.</content>
internal sealed partial class CustodyEngine
{
    /// <summary>Held envelopes moved in one call; the rest follows in the next. Arbitrary.</summary>
    private const int StirBudget = 256;

    private readonly FlowScheduler _flows;

    /// <summary>
    /// Gives held envelopes of a destination a way on, the most urgent class first, until one has to stay.
    /// </summary>
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
            for (int index; (index = _flows.FirstHeld(destination, frameClass)) >= 0;)
            {
                if (budget-- == 0)
                {
                    budget = 0;
                    _flows.Stir(destination);
                    return;
                }

                _flows.Leave(index);
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
        ref HeldDestination wanted = ref _destinations[destination];
        if (_routes.FindNextHops(_now, wanted.Address, any) > 0)
            return true;
        _routes.Want(_now, wanted.Address);
        LookAgain(destination, _now + AskAgain);
        return false;
    }
}
