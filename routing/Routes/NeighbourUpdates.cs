using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>Which news of routes a neighbour is to be told, what it has read of them, and what it told.</summary>
/// <param name="now">When its link came up.</param>
internal sealed class NeighbourUpdates(Instant now)
{
    /// <summary>Destinations of which this neighbour may have to be told.</summary>
    public IndexSet Dirty { get; } = new();

    /// <summary>When they are sent.</summary>
    public Instant FlushAt { get; set; } = Instant.Never;

    /// <summary>When some were sent last.</summary>
    public Instant LastFlush { get; set; } = new(long.MinValue / 2);

    /// <summary>The number of the latest update.</summary>
    public ushort Number { get; set; }

    /// <summary>The number of the last update that took something back.</summary>
    public ushort Retraction { get; set; }

    /// <summary>The number of the last update that the neighbour has acknowledged.</summary>
    public ushort Acknowledged { get; set; }

    /// <summary>It has read all that was taken back, and uses none of it any more.</summary>
    public bool HasReadRetractions => !Distance.IsNewer(Retraction, Acknowledged);

    /// <summary>Unreliable links: what the update under way contains, until it is acknowledged.</summary>
    public List<int> Unacknowledged { get; } = [];

    /// <summary>When the acknowledgement is missed.</summary>
    public Instant AckDue { get; set; } = Instant.Never;

    /// <summary>Times that the update under way was sent.</summary>
    public int AckAttempts { get; set; }

    /// <summary>The number of the neighbour's last update; null before the first.</summary>
    public ushort? LastHeard { get; set; }

    /// <summary>
    /// Destinations that have no place here any more, and of which it still believes that they can be reached.
    /// </summary>
    public List<Abbreviation> Retracted { get; } = [];

    /// <summary>It named something for which there was no room.</summary>
    public bool IsIncomplete { get; set; }

    /// <summary>How often there was none.</summary>
    public int Refills { get; set; }

    /// <summary>Whole tables that it is told again.</summary>
    public TokenBucket TableRate { get; } = new(perSecond: 1 / 30.0, burst: 2, now);
}
