namespace QuicProChat.Mesh.Transports.Lora.Modems;

/// <summary>What a driver counted since it was made.</summary>
public sealed class ModemCounters
{
    /// <summary>Frames handed to the modem.</summary>
    public long FramesSent { get; internal set; }

    /// <summary>Bytes of these frames.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>Frames that the modem reported as not sent, or that went down with it.</summary>
    public long SendFailures { get; internal set; }

    /// <summary>Frames received.</summary>
    public long FramesReceived { get; internal set; }

    /// <summary>Bytes that belonged to no frame: boot texts, noise, torn frames.</summary>
    public long GarbageBytes { get; internal set; }

    /// <summary>Errors that the modem reported.</summary>
    public long ModemErrors { get; internal set; }

    /// <summary>Resets of the modem while it was online.</summary>
    public long Resets { get; internal set; }

    /// <summary>Times the modem was lost, for whatever reason.</summary>
    public long Losses { get; internal set; }

    /// <summary>Sends repeated because the modem was still busy.</summary>
    public long BusyRetries { get; internal set; }

    /// <summary>The counts as they are now; the radio's thread goes on counting in the original.</summary>
    internal ModemCounters Copy() => (ModemCounters)MemberwiseClone();
}
