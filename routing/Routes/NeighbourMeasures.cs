namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>What was measured of the link to a neighbour; its cost follows.</summary>
internal sealed class NeighbourMeasures
{
    /// <summary>When something was measured last.</summary>
    public Instant Last { get; set; } = new(long.MinValue / 2);

    /// <summary>Smoothed round trip; null before the first.</summary>
    public TimeSpan? RoundTrip { get; set; }

    /// <summary>Smoothed deviation from it.</summary>
    public TimeSpan Variation { get; set; }

    /// <summary>Smoothed share of frames that arrive at once; stays 1 on reliable links.</summary>
    public double Arrival { get; set; } = 1;

    /// <summary>Measurements in a row that disagree with the cost that the link has.</summary>
    public int Strikes { get; set; }
}
