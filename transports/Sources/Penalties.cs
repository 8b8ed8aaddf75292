using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// How long whoever broke the protocol has to wait before this node listens to him again: a second, doubled each time
/// up to some minutes, and forgotten after an hour without another breach. Safe for threads.
/// </summary>
internal sealed class Penalties(TimeProvider time)
{
    // Arbitrary; with its table some 200 bytes each.
    private const int Capacity = 1024;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromHours(1);

    private readonly object _lock = new();
    private readonly SourcedTable<Record> _records = new(Capacity);

    /// <summary>An address broke the protocol.</summary>
    internal void Note(in NodeAddress peer, in LinkSource source)
    {
        lock (_lock)
        {
            Record record = _records.Use(peer, source);
            long now = time.GetTimestamp();
            bool again = record.Since is { } since && time.GetElapsedTime(since, now) < ForgottenAfter;
            record.Length = !again ? First : record.Length * 2 < Longest ? record.Length * 2 : Longest;
            record.Since = now;
        }
    }

    /// <summary>How long an address still has to wait; zero for most.</summary>
    internal TimeSpan Left(in NodeAddress peer)
    {
        lock (_lock)
        {
            if (_records.Find(peer) is not { Since: { } since } record)
                return TimeSpan.Zero;
            TimeSpan left = record.Length - time.GetElapsedTime(since);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    private sealed class Record
    {
        internal long? Since { get; set; }

        internal TimeSpan Length { get; set; }
    }
}
