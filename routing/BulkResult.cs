namespace QuicProChat.Mesh.Routing;

/// <summary>What became of a bulk frame that starts here.</summary>
public enum BulkResult
{
    /// <summary>A link has it. It may be lost on any hop.</summary>
    Sent,

    /// <summary>The link to the next hop is full at this moment.</summary>
    NoRoom,

    /// <summary>There is no way to the destination.</summary>
    NoRoute,

    /// <summary>The way begins with a radio, and the frame may not cross one.</summary>
    NotOverRadio,

    /// <summary>No next hop takes a frame of that size.</summary>
    TooLarge,
}

/// <summary>What is known of the way to a node, for what is large.</summary>
/// <param name="IsThere">There is one.</param>
/// <param name="IsSlow">It crosses a radio, or is as slow as if it did.</param>
/// <param name="TimeOfPacket">How long 256 bytes take over all of it, as the metric has it.</param>
public readonly record struct BulkWay(bool IsThere, bool IsSlow, TimeSpan TimeOfPacket)
{
    /// <summary>Bytes that the metric of a route is about (docs/reference/protocol.md, section 5.2).</summary>
    private const double BytesOfMetric = 256;

    /// <summary>
    /// How long so many bytes take at least about, as far as the metric tells: a slow hop is most of it, and everything
    /// has to pass that hop.
    /// </summary>
    public TimeSpan Estimate(long bytes)
    {
        double seconds = TimeOfPacket.TotalSeconds * bytes / BytesOfMetric;
        return seconds < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
    }
}
