using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/protocol.md, section 5.3:
//
//  hops(1) minimumSequence(2) flags(1) abbreviation(8)        flags: 0000000 fresh-sequence(1)

/// <summary>Asks for a route.</summary>
/// <param name="HopsLeft">How far the request may still travel.</param>
/// <param name="MinimumSequence">The sequence asked for, modulo 2^16, where <paramref name="FreshSequence"/> is set.</param>
/// <param name="FreshSequence">The origin has to reach the sequence; otherwise any route will do.</param>
/// <param name="Destination">Where to.</param>
public readonly record struct PathRequest(byte HopsLeft, ushort MinimumSequence, bool FreshSequence, Abbreviation Destination)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 4 + Abbreviation.Size;

    private const byte FreshSequenceFlag = 0x01;

    /// <summary>Reads a body; false if it has another size or an unknown flag.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out PathRequest request)
    {
        request = default;
        if (body.Length != Size || (body[3] & ~FreshSequenceFlag) != 0)
            return false;
        request = new PathRequest(
            body[0], BinaryPrimitives.ReadUInt16BigEndian(body[1..]), body[3] != 0, Abbreviation.Read(body[4..]));
        return true;
    }

    /// <summary>Writes 12 bytes.</summary>
    public void Write(Span<byte> body)
    {
        body[0] = HopsLeft;
        BinaryPrimitives.WriteUInt16BigEndian(body[1..], MinimumSequence);
        body[3] = FreshSequence ? FreshSequenceFlag : (byte)0;
        Destination.Write(body[4..]);
    }
}
