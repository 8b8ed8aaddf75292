using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>
/// A request of somebody else that waits to be passed on. Its envelope stays in this node's custody meanwhile.
/// </summary>
/// <param name="Token">Names the envelope to the router.</param>
/// <param name="To">Where it goes.</param>
/// <param name="Payload">What goes there.</param>
/// <param name="Due">When, in running seconds.</param>
/// <param name="IsDecoy">It stands for a dummy.</param>
internal sealed record WaitingForward(long Token, NodeAddress To, byte[] Payload, long Due, bool IsDecoy);

/// <summary>Requests of others, each with a time of its own.</summary>
internal sealed class ForwardQueue
{
    /// <summary>Requests that may wait; arbitrary: four a second.</summary>
    internal const int MaxWaiting = 256;

    private readonly PriorityQueue<WaitingForward, long> _waiting = new();

    /// <summary>When the next one goes, in running seconds.</summary>
    internal long NextDue => _waiting.TryPeek(out _, out long due) ? due : long.MaxValue;

    internal bool TryAdd(WaitingForward forward)
    {
        if (_waiting.Count >= MaxWaiting)
            return false;
        _waiting.Enqueue(forward, forward.Due);
        return true;
    }

    internal bool TryTake(long running, out WaitingForward forward)
    {
        forward = null!;
        if (NextDue > running)
            return false;
        forward = _waiting.Dequeue();
        return true;
    }
}
