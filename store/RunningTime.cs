using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// The seconds that this node has run in all, over restarts: the only clock by which held envelopes age on disk.
/// Calendars are not trusted (routers lack them, or have them wrong until the network is there), and time without power
/// is not counted. What was saved last is where the next start continues, so a restart forgives at most the seconds
/// since then; it never takes lifetime away.
/// </summary>
internal sealed class RunningTime(TimeProvider time)
{
    private static readonly long LongestLifetime = (long)Limits.MaxLifetime.TotalSeconds;

    /// <summary>Seconds that a timer and the wait for its message to be read take at most.</summary>
    private static readonly long LongestTimer = ushort.MaxValue * 60L + LongestLifetime;

    private long _startedAt = time.GetTimestamp();
    private long _before;

    /// <summary>The value saved last.</summary>
    internal long Saved { get; private set; }

    /// <summary>Seconds so far.</summary>
    internal long Seconds => _before + (long)time.GetElapsedTime(_startedAt).TotalSeconds;

    /// <summary>Seconds since the value on disk.</summary>
    internal long Unsaved => Seconds - Saved;

    internal void Restore(long saved)
    {
        _before = saved;
        Saved = saved;
        _startedAt = time.GetTimestamp();
    }

    internal void WasSaved(long value) => Saved = value;

    /// <summary>The second at which a lifetime ends that begins now.</summary>
    internal long End(TimeSpan lifetime) =>
        Seconds + (lifetime.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    /// <summary>How long it is until a second; nothing if that is past.</summary>
    internal TimeSpan Until(long second) => TimeSpan.FromSeconds(Math.Clamp(second - Seconds, 0, LongestTimer));

    /// <summary>What is left of a lifetime that ends at a second.</summary>
    /// <remarks>
    /// An end beyond the longest lifetime was not written here: the row is damaged, and gains nothing by it.
    /// </remarks>
    internal TimeSpan Left(long end)
    {
        long seconds = Seconds;
        return end <= seconds ? TimeSpan.Zero
            : end >= seconds + LongestLifetime ? Limits.MaxLifetime : TimeSpan.FromSeconds(end - seconds);
    }
}
