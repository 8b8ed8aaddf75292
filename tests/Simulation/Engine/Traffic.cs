using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>What bytes on a link are for.</summary>
public enum TrafficClass
{
    /// <summary>Announces, route updates, requests for either, and their acknowledgements.</summary>
    Routing,

    /// <summary>Pings and pongs.</summary>
    Liveness,

    /// <summary>Custody acknowledgements.</summary>
    Custody,

    /// <summary>Handshakes and Hellos of new connections.</summary>
    Setup,

    /// <summary>Envelopes: messages and receipts.</summary>
    Payload,
}

/// <summary>Bytes that one direction of a link carried, framing of all layers included.</summary>
public struct TrafficCounter
{
    private long _routing;
    private long _liveness;
    private long _custody;
    private long _setup;

    /// <summary>Envelopes.</summary>
    public long Payload { get; private set; }

    /// <summary>Everything that is not an envelope.</summary>
    public readonly long Control => _routing + _liveness + _custody + _setup;

    /// <summary>Bytes of one class.</summary>
    public readonly long this[TrafficClass kind] => kind switch
    {
        TrafficClass.Routing => _routing,
        TrafficClass.Liveness => _liveness,
        TrafficClass.Custody => _custody,
        TrafficClass.Setup => _setup,
        _ => Payload,
    };

    /// <summary>Counts bytes.</summary>
    public void Add(TrafficClass kind, long bytes)
    {
        switch (kind)
        {
            case TrafficClass.Routing: _routing += bytes; break;
            case TrafficClass.Liveness: _liveness += bytes; break;
            case TrafficClass.Custody: _custody += bytes; break;
            case TrafficClass.Setup: _setup += bytes; break;
            default: Payload += bytes; break;
        }
    }

    /// <summary>Adds another counter.</summary>
    public void Add(in TrafficCounter other)
    {
        _routing += other._routing;
        _liveness += other._liveness;
        _custody += other._custody;
        _setup += other._setup;
        Payload += other.Payload;
    }

    /// <summary>The class of a frame.</summary>
    public static TrafficClass ClassOf(ReadOnlySpan<byte> frame) => (FrameKind)frame[0] switch
    {
        FrameKind.Envelope or FrameKind.Bundle or FrameKind.ReceiptBundle => TrafficClass.Payload,
        FrameKind.CustodyAck => TrafficClass.Custody,
        FrameKind.Ping or FrameKind.Pong => TrafficClass.Liveness,
        FrameKind.Hello or FrameKind.Bye => TrafficClass.Setup,
        _ => TrafficClass.Routing,
    };
}

/// <summary>
/// What a stream link adds to its frames. All frames that wait when a link writes leave in one write, as the links of
/// the node do it: one TLS record per 16 KiB, one TCP segment per 1460 bytes.
/// </summary>
public static class StreamFraming
{
    /// <summary>The length before each frame.</summary>
    public const int LengthPrefix = 2;

    /// <summary>A TLS 1.3 record (RFC 8446, section 5.2): header 5, content type 1, tag 16.</summary>
    public const int TlsRecord = 22;

    /// <summary>Plaintext of a TLS record (RFC 8446, section 5.1).</summary>
    public const int TlsPlaintext = 16384;

    /// <summary>IPv4 header 20, TCP header 20 (RFC 9293). A bare acknowledgement is as long.</summary>
    public const int TcpIp = 40;

    /// <summary>Payload of a TCP segment on Ethernet.</summary>
    public const int Segment = 1460;

    /// <summary>
    /// TCP and TLS 1.3 handshake with certificates on both sides, and the Hello frame: bytes sent by each side,
    /// estimated from a certificate of 450 bytes and the messages of RFC 8446, section 2.
    /// </summary>
    public const int Handshake = 1300;

    /// <summary>A delayed acknowledgement waits this long for data to travel with (Linux: 40 ms at least).</summary>
    public static readonly TimeSpan DelayedAck = TimeSpan.FromMilliseconds(40);

    /// <summary>TCP segments that a write of so many frame bytes needs.</summary>
    public static int Segments(int frameBytes) =>
        (frameBytes + Records(frameBytes) * TlsRecord + Segment - 1) / Segment;

    /// <summary>TLS records of a write.</summary>
    public static int Records(int frameBytes) => (frameBytes + TlsPlaintext - 1) / TlsPlaintext;

    /// <summary>Bytes on the wire of a write whose frames, with their prefixes, have so many bytes.</summary>
    public static int WireBytes(int frameBytes) =>
        frameBytes + Records(frameBytes) * TlsRecord + Segments(frameBytes) * TcpIp;
}
