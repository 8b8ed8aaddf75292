namespace QuicProChat.Mesh.Wire;

/// <summary>Every limit of the wire format in one place. Changing one of these changes the protocol.</summary>
public static class Limits
{
    /// <summary>
    /// Largest frame (kind and body) in bytes: what a 16-bit length can say (docs/reference/protocol.md, section 2).
    /// </summary>
    public const int MaxFrame = ushort.MaxValue;

    /// <summary>
    /// Smallest "largest frame" that a neighbour may declare, in bytes: every announce fits (section 3.2).
    /// </summary>
    public const int MinMaxFrame = 160;

    /// <summary>Largest envelope (header and payload) in bytes: a frame without its kind.</summary>
    public const int MaxEnvelope = MaxFrame - 1;

    /// <summary>Largest payload of an envelope in bytes.</summary>
    public const int MaxPayload = MaxEnvelope - EnvelopeHeader.Size;

    /// <summary>
    /// Hops left that an operator who sets nothing allows, which is a path of 64 hops; relays clamp to it (section 4).
    /// </summary>
    public const int MaxHops = 63;

    /// <summary>
    /// Most hops left that a header can say, and so the most that an operator can set: a path of 1024 hops.
    /// </summary>
    public const int LargestHops = 1023;

    /// <summary>Highest attempt number of the end-to-end repetition (section 4.4).</summary>
    public const int MaxAttempt = 3;

    /// <summary>
    /// Fewest envelopes in a bundle (section 4.6): one alone has a shorter form, and only that.
    /// </summary>
    public const int MinBundle = 2;

    /// <summary>Most envelopes in a bundle, and most receipts in one (section 4.6).</summary>
    public const int MaxBundle = 32;

    /// <summary>Largest payload of a bundle in bytes (section 4.6).</summary>
    public const int MaxBundlePayload = 4096;

    /// <summary>Longest node name in bytes of UTF-8 (sections 3.2 and 5.1).</summary>
    public const int MaxNodeName = 20;

    /// <summary>Longest lifetime: what 16 bits of 10 s units can say, a week and 14 hours.</summary>
    public static readonly TimeSpan MaxLifetime = EnvelopeHeader.LifetimeUnit * ushort.MaxValue;

    /// <summary>
    /// Longest lifetime that this implementation sends with, and leaves to what it passes on. Arbitrary.
    /// </summary>
    public static readonly TimeSpan LongestSent = TimeSpan.FromDays(7);

    /// <summary>
    /// Limits without a deeper reason: large enough for honest use, small enough to bound a hostile neighbour's.
    /// </summary>
    public static class Arbitrary
    {
        /// <summary>Largest Hello body in bytes; an honest one has about 90.</summary>
        public const int MaxHello = 512;

        /// <summary>Most announces asked for in one frame.</summary>
        public const int MaxAnnouncesRequested = 128;

        /// <summary>Most envelope ids acknowledged in one frame.</summary>
        public const int MaxCustodyIds = 1024;

        /// <summary>Most routes in one update frame.</summary>
        public const int MaxRoutesInUpdate = 2048;

        /// <summary>Deepest nesting of MessagePack containers that a reader follows.</summary>
        public const int MaxMessagePackDepth = 16;
    }
}
