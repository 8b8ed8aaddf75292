namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>What the pings remember of a neighbour: whether it still answers, and how long ago.</summary>
/// <param name="now">When its link came up.</param>
internal sealed class NeighbourPings(Instant now)
{
    /// <summary>When the next one leaves.</summary>
    public Instant Next { get; set; }

    /// <summary>The number of the latest.</summary>
    public ushort Number { get; set; }

    /// <summary>When the latest ping left; null once it was answered.</summary>
    public Instant? SentAt { get; set; }

    /// <summary>Pings in a row without any frame after them.</summary>
    public int Unanswered { get; set; }

    /// <summary>When the first of them left.</summary>
    public Instant FirstUnansweredAt { get; set; }

    /// <summary>The number of the first of them.</summary>
    public ushort FirstUnanswered { get; set; }

    /// <summary>Times that it was silent and came back within minutes of each other.</summary>
    public int Silences { get; set; }

    /// <summary>When it was silent last.</summary>
    public Instant LastSilence { get; set; } = new(long.MinValue / 2);

    /// <summary>The ping on a stream whose answer tells the round trip.</summary>
    public ushort Measuring { get; set; }

    /// <summary>When it left; null once it was answered.</summary>
    public Instant? MeasuringSince { get; set; }

    /// <summary>What the link had sent again when it left; null where nobody can tell.</summary>
    public uint? RepeatsBefore { get; set; }

    /// <summary>Pongs so far.</summary>
    public int Answers { get; set; }

    /// <summary>Pings of the neighbour that are answered.</summary>
    public TokenBucket Rate { get; } = new(perSecond: 16, burst: 64, now);
}
