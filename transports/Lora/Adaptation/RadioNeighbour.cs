using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>A station in range that proved who it is.</summary>
public sealed class RadioNeighbour
{
    internal RadioNeighbour(NodeAddress address, byte[] publicKey, RadioQueuePool pool)
    {
        Queue = new RadioQueue(pool);
        Address = address;
        PublicKey = publicKey;
        ShortId = AddressSlots.ShortId(address);
    }

    /// <summary>Its address.</summary>
    public NodeAddress Address { get; }

    /// <summary>Its Ed25519 key, 32 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Its link-local id: first two bytes of the address. Not unique; the check of a frame decides.</summary>
    public ushort ShortId { get; }

    /// <summary>Boot id that it introduced itself with in the present session.</summary>
    public ulong BootId => Session?.PeerBootId ?? 0;

    /// <summary>It hears us and we hear it: frames may be sent.</summary>
    public bool IsUp { get; internal set; }

    /// <summary>Signal strength of the last frame, where the modem tells.</summary>
    public int? RssiDbm { get; internal set; }

    /// <summary>Signal to noise ratio of the last frame, where the modem tells.</summary>
    public double? SnrDb { get; internal set; }

    /// <summary>When it was last heard.</summary>
    public TimeSpan LastHeard { get; internal set; }

    /// <summary>Frames received from it.</summary>
    public long FramesReceived { get; internal set; }

    /// <summary>Numbered frames sent to it, repeats included.</summary>
    public long FramesSent { get; internal set; }

    /// <summary>Repeats among them.</summary>
    public long Repeats { get; internal set; }

    /// <summary>Frames given up after all tries.</summary>
    public long GivenUp { get; internal set; }

    /// <summary>Usual time from a frame's first sending to its acknowledgement, repeats included.</summary>
    public TimeSpan RoundTrip { get; internal set; } = TimeSpan.FromSeconds(1);

    /// <summary>Frames of the router that wait.</summary>
    public int Queued => Queue.Count;

    /// <summary>Whoever uses the neighbour may leave something here.</summary>
    public object? Tag { get; set; }

    /// <summary>Bytes received and sent, headers and checks included.</summary>
    public (long Received, long Sent) Traffic { get; internal set; }

    /// <summary>When an empty frame is sent to see whether it answers.</summary>
    internal TimeSpan ProbeAt { get; set; } = TimeSpan.MaxValue;

    /// <summary>Its user closed the link: it does not come up before this.</summary>
    internal TimeSpan IgnoreUntil { get; set; } = TimeSpan.MinValue;

    internal RadioQueue Queue { get; }

    /// <summary>The session that both proved themselves in; null: it was silent for too long.</summary>
    internal RadioSession? Session { get; set; }

    /// <summary>
    /// What was agreed with its key, for the next handshake; null: an encounter has it, or it was lost with one.
    /// </summary>
    internal PairSecret? Pair { get; set; }

    /// <summary>When it proved itself first without having been forgotten since.</summary>
    internal TimeSpan ProvenAt { get; set; }

    /// <summary>
    /// Somebody who claims to be it behaves as if it had restarted; the session has to prove otherwise.
    /// </summary>
    internal bool IsDoubted { get; set; }
}
