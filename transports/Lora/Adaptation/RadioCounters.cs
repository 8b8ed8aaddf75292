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

    /// <summary>Frames of discovery and broadcasts that were played again.</summary>
    public long Replays { get; internal set; }

    /// <summary>Broadcasts and beacons that bore no proof for us.</summary>
    public long Unproven { get; internal set; }

    /// <summary>What strangers asked for and had no price left for.</summary>
    public long Unpaid { get; internal set; }

    /// <summary>Airtime spent because of frames that prove nothing.</summary>
    public TimeSpan ForStrangers { get; internal set; }

    /// <summary>Sessions that began.</summary>
    public long Sessions { get; internal set; }

    /// <summary>Neighbours that gave way to others because the table was full.</summary>
    public long Displaced { get; internal set; }

    /// <summary>Frames for others.</summary>
    public long Overheard { get; internal set; }

    /// <summary>Sends that the ledger put off.</summary>
    public long Deferred { get; internal set; }

    /// <summary>Envelopes whose lifetime ended while they waited for airtime.</summary>
    public long Expired { get; internal set; }

    /// <summary>Repeats of the router whose first copy was still on its way.</summary>
    public long Spared { get; internal set; }

    /// <summary>Frames put on the air, by purpose: data, acknowledgements, broadcasts, discovery.</summary>
    public (long Data, long Acknowledgements, long Broadcasts, long Discovery) Sent { get; internal set; }

    /// <summary>The counts as they are now; the radio's thread goes on counting in the original.</summary>
    internal RadioCounters Copy() => (RadioCounters)MemberwiseClone();
}
