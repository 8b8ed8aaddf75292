namespace QuicProChat.Mesh.Node;

/// <summary>
/// Keeps what happens often from filling the log: the first is said, then one a minute at most, with the number of
/// those that were not. For any thread.
/// </summary>
internal sealed class OnceInAWhile(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _guard = new();
    private long _last;
    private long _silent;
    private bool _hasSaid;

    /// <summary>Counts one more; true if it is to be said.</summary>
    /// <param name="silent">So many before it were not said.</param>
    internal bool IsDue(out long silent)
    {
        lock (_guard)
        {
            silent = _silent;
            if (_hasSaid && time.GetElapsedTime(_last) < Interval)
            {
                _silent++;
                return false;
            }

            _hasSaid = true;
            _last = time.GetTimestamp();
            _silent = 0;
            return true;
        }
    }
}
