namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>What a radio's adaptation layer counted.</summary>
public sealed class RadioCounters
{
    /// <summary>Frames that carry nobody's check: damage, strangers, halves of two packets.</summary>
    public long BadChecks { get; internal set; }

    /// <summary>Frames that are too short or otherwise none of this protocol.</summary>
    public long BadFrames { get; internal set; }

    /// <summary>Items that did not parse.</summary>
    public long BadItems { get; internal set; }

    /// <summary>Frames that had arrived before.</summary>
    public long Duplicates { get; internal set; }

    /// <summary>Frames for others.</summary>
    public long Overheard { get; internal set; }

    /// <summary>Sends that the ledger put off.</summary>
    public long Deferred { get; internal set; }

    /// <summary>Repeats of the router whose first copy was still on its way.</summary>
    public long Spared { get; internal set; }

    /// <summary>Frames put on the air, by purpose: data, acknowledgements, broadcasts, discovery.</summary>
    public (long Data, long Acknowledgements, long Broadcasts, long Discovery) Sent { get; internal set; }
}
