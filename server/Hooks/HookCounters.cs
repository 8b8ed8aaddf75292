namespace QuicProChat.Mesh.Server.Hooks;

/// <summary>What was told to the hook and what was not, since the start.</summary>
internal sealed class HookCounters
{
    private long _told;
    private long _dropped;
    private long _allowed;
    private long _refused;
    private long _unanswered;

    internal long Told => Interlocked.Read(ref _told);

    internal long Dropped => Interlocked.Read(ref _dropped);

    internal long Allowed => Interlocked.Read(ref _allowed);

    internal long Refused => Interlocked.Read(ref _refused);

    internal long Unanswered => Interlocked.Read(ref _unanswered);

    internal void CountTold() => Interlocked.Increment(ref _told);

    internal void CountDropped() => Interlocked.Increment(ref _dropped);

    internal void CountUnanswered() => Interlocked.Increment(ref _unanswered);

    internal void CountAnswer(bool allow)
    {
        if (allow)
            Interlocked.Increment(ref _allowed);
        else
            Interlocked.Increment(ref _refused);
    }
}
