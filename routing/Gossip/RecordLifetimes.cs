namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// When records end. Day and lifetime are hashed into the id, so nobody can prolong them. A node with a clock counts
/// from the end of the day; every node counts at most the lifetime from its first sight of the id.
/// </summary>
internal static class RecordLifetimes
{
    private const long SecondsOfDay = 24 * 60 * 60;

    /// <summary>When a record ends; null if it has ended, or is of a day that is still to come.</summary>
    /// <param name="now">When.</param>
    /// <param name="firstSeen">When its id was first seen here.</param>
    /// <param name="bornDay">As it says; 0 unknown.</param>
    /// <param name="hours">Its lifetime.</param>
    /// <param name="unixSeconds">The calendar's time, where it is known.</param>
    public static Instant? EndOf(Instant now, Instant firstSeen, ushort bornDay, byte hours, long? unixSeconds)
    {
        Instant end = firstSeen + TimeSpan.FromHours(hours);
        if (unixSeconds is { } seconds && bornDay != 0)
        {
            // Clocks differ: a day that begins within the next one is taken.
            if (bornDay * SecondsOfDay > seconds + SecondsOfDay)
                return null;
            long left = (bornDay + 1) * SecondsOfDay
                + TimeSpan.FromHours(hours).Ticks / TimeSpan.TicksPerSecond - seconds;
            if (left <= 0)
                return null;
            end = Instant.Min(end, now + TimeSpan.FromSeconds(left));
        }

        return end > now ? end : null;
    }
}
