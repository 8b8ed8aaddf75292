using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 5.3:
//
// hops(1) minimumSequence(2) flags(1) abbreviation(8)        flags: 00000 whole-table(1) wants-announce(1)
// fresh-sequence(1)

/// <summary>Asks for a route.</summary>
/// <param name="HopsLeft">How far the request may still travel.</param>
/// <param name="MinimumSequence">The sequence asked for, modulo 2^16, where <paramref name="FreshSequence"/> is
/// set.</param>
/// <param name="FreshSequence">The origin has to reach the sequence; otherwise any route will do.</param>
/// <param name="Destination">Where to.</param>
/// <param name="WantsAnnounce">The answer shall bring the announce along: whoever asks does not have it.</param>
/// <param name="WholeTable">
/// The neighbour shall tell everything again that it told before: there was no room for all of it. It names the
/// neighbour.
/// </param>
public readonly record struct PathRequest(
    byte HopsLeft, ushort MinimumSequence, bool FreshSequence, Abbreviation Destination, bool WantsAnnounce = false,
    bool WholeTable = false)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 4 + Abbreviation.Size;

    private const byte FreshSequenceFlag = 0x01;
    private const byte WantsAnnounceFlag = 0x02;
    private const byte WholeTableFlag = 0x04;

    /// <summary>Reads a body; false if it has another size or an unknown flag.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out PathRequest request)
    {
        request = default;
        if (body.Length != Size || (body[3] & ~(FreshSequenceFlag | WantsAnnounceFlag | WholeTableFlag)) != 0)
            return false;
        request = new PathRequest(
            body[0], BinaryPrimitives.ReadUInt16BigEndian(body[1..]), (body[3] & FreshSequenceFlag) != 0,
            Abbreviation.Read(body[4..]),
            (body[3] & WantsAnnounceFlag) != 0, (body[3] & WholeTableFlag) != 0);
        return true;
    }

    /// <summary>Writes 12 bytes.</summary>
    public void Write(Span<byte> body)
    {
        body[0] = HopsLeft;
        BinaryPrimitives.WriteUInt16BigEndian(body[1..], MinimumSequence);
        body[3] = (byte)((FreshSequence ? FreshSequenceFlag : 0) | (WantsAnnounce ? WantsAnnounceFlag : 0)
            | (WholeTable ? WholeTableFlag : 0));
        Destination.Write(body[4..]);
    }
}
