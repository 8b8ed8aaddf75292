using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// Gives memory back once a burst is over: the collector and the C library both keep what they had at the peak. Looks
/// now and then; acts when little happens and something was allocated since it acted last.
/// </summary>
internal sealed partial class MemoryKeeper : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Allocated since the last time: less is not worth the milliseconds. Arbitrary.</summary>
    private const long WorthIt = 1 << 20;

    /// <summary>Batches of the loop in one interval that still count as quiet. Arbitrary.</summary>
    private const long Quiet = 100;

    private readonly Func<long> _batches;
    private readonly ITimer _timer;
    private long _lastBatches;
    private long _lastAllocated;

    internal MemoryKeeper(Func<long> batches, Faults faults, TimeProvider time)
    {
        _batches = batches;
        _timer = time.CreateTimer(_ => faults.Contain(FaultSeam.Upkeep, FaultPlace.Upkeep, Look), null, Interval, Interval);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long batches = _batches();
        bool quiet = batches - _lastBatches <= Quiet;
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

        _lastAllocated = GC.GetTotalAllocatedBytes();
    }

    // malloc_trim(3).
    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint keep);
}
