using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// Gives memory back once a burst is over: the collector and the C library both keep what they had at the peak, and
/// pages of the program stay mapped that only the burst used. Looks now and then; acts when little happens and
/// something was allocated since it acted last.
/// </summary>
internal sealed partial class MemoryKeeper : IDisposable
{
    /// <summary>How soon after a burst it looks.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>The same where nothing happens: each look wakes three threads.</summary>
    internal static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    /// <summary>Allocated since the last time: less is not worth the milliseconds. Arbitrary.</summary>
    private const long WorthIt = 1 << 20;

    /// <summary>Batches of the loop in one interval that still count as quiet. Arbitrary.</summary>
    private const long Quiet = 100;

    /// <summary>The same, so few that nothing happens but pings. Arbitrary.</summary>
    private const long AtRest = 20;

    private readonly Func<long> _batches;
    private readonly ITimer _timer;
    private long _lastBatches;
    private long _lastAllocated;
    private bool _isAtRest;

    internal MemoryKeeper(Func<long> batches, Faults faults, TimeProvider time)
    {
        _batches = batches;
        _timer = time.CreateTimer(_ => LookAndRest(faults), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void LookAndRest(Faults faults)
    {
        _isAtRest = false;
        faults.Contain(FaultSeam.Upkeep, FaultPlace.Upkeep, Look);
        _timer.Change(_isAtRest ? Rest : Interval, Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        long batches = _batches();
        bool quiet = batches - _lastBatches <= Quiet;
        _isAtRest = batches - _lastBatches <= AtRest;
        _lastBatches = batches;
        if (!quiet || GC.GetTotalAllocatedBytes() - _lastAllocated < WorthIt)
            return;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            _ = malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not the GNU C library: others keep less.
        }

        _ = ProgramPages.LetGo();
        _lastAllocated = GC.GetTotalAllocatedBytes();
    }

    // malloc_trim(3).
    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint keep);
}
