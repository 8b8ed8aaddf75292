using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

// docs/reference/files.md, section 5:
//
//  flags(1) hops(1) destination(16) payload(1..8,704)        flags: high-hops(2) 00000 over-radio(1)

/// <summary>A view of the body of a bulk frame: what relays carry without answering for it.</summary>
public readonly ref struct BulkFrame
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderSize = 2 + NodeAddress.Size;

    /// <summary>
    /// Largest payload in bytes: a piece of a file with what goes before it, or any sealed word about files.
    /// </summary>
    public const int MaxPayload = 8_704;

    private const byte OverRadioFlag = 0x01;
    private const int HighHopsShift = 6;
    private const byte HighHopsMask = 0xC0;

    private readonly ReadOnlySpan<byte> _body;

    private BulkFrame(ReadOnlySpan<byte> body) => _body = body;

    /// <summary>It may cross radios: its sender was asked.</summary>
    public bool OverRadio => (_body[0] & OverRadioFlag) != 0;

    /// <summary>Hops left after the receiver of the frame; 0 to <see cref="Limits.LargestHops"/>.</summary>
    public ushort HopsLeft => (ushort)(_body[0] >> HighHopsShift << 8 | _body[1]);

    /// <summary>Where it goes.</summary>
    public NodeAddress Destination => NodeAddress.Read(_body[2..]);

    /// <summary>What it carries.</summary>
    public ReadOnlySpan<byte> Payload => _body[HeaderSize..];

    /// <summary>Size in bytes of a body with a payload of a given size.</summary>
    public static int SizeOf(int payloadSize) => HeaderSize + payloadSize;

    /// <summary>
    /// Reads a body; false if it is cut, its payload is empty or too large, or it has an unknown flag.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out BulkFrame frame)
    {
        frame = default;
        if (body.Length <= HeaderSize || body.Length > SizeOf(MaxPayload)
            || (body[0] & ~(OverRadioFlag | HighHopsMask)) != 0)
            return false;
        frame = new BulkFrame(body);
        return true;
    }

    /// <summary>Writes a body; returns the bytes written.</summary>
    /// <param name="body">Room for <see cref="SizeOf"/> bytes.</param>
    /// <param name="overRadio">See <see cref="OverRadio"/>.</param>
    /// <param name="hopsLeft">0 to <see cref="Limits.LargestHops"/>.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="payload">1 to <see cref="MaxPayload"/> bytes.</param>
    public static int Write(
        Span<byte> body, bool overRadio, ushort hopsLeft, in NodeAddress destination, ReadOnlySpan<byte> payload)
    {
        body[0] = (byte)((overRadio ? OverRadioFlag : 0) | hopsLeft >> 8 << HighHopsShift);
        body[1] = (byte)hopsLeft;
        destination.Write(body[2..]);
        payload.CopyTo(body[HeaderSize..]);
        return SizeOf(payload.Length);
    }

    /// <summary>Replaces the hops in the bytes of a body.</summary>
    public static void SetHops(Span<byte> body, ushort hopsLeft)
    {
        body[0] = (byte)(body[0] & ~HighHopsMask | hopsLeft >> 8 << HighHopsShift);
        body[1] = (byte)hopsLeft;
    }
}
