using System.Buffers.Binary;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>What a radio frame is (docs/reference/lora.md, section 4).</summary>
internal enum RadioFrameType : byte
{
    /// <summary>Discovery; the sequence bits are a <see cref="DiscoveryKind"/>.</summary>
    Discovery = 0,

    /// <summary>Items for one neighbour, numbered and acknowledged.</summary>
    Data = 1,

    /// <summary>Acknowledges data; may carry custody answers. Not acknowledged itself.</summary>
    Acknowledgement = 2,

    /// <summary>Items for all neighbours; not acknowledged.</summary>
    Broadcast = 3,
}

/// <summary>Kinds of discovery frames.</summary>
internal enum DiscoveryKind : byte
{
    /// <summary>
    /// I am here: body = a tag for each neighbour; <c>to</c> holds its number (<see cref="Broadcasts"/>).
    /// </summary>
    Beacon = 0,

    /// <summary>Who I claim to be: <see cref="RadioIdentity"/>.</summary>
    Identity = 1,

    /// <summary>I want a session with you: <see cref="RadioGreeting"/>.</summary>
    Greeting = 2,

    /// <summary>So do I: <see cref="RadioAnswer"/>.</summary>
    Answer = 3,
}

// docs/reference/lora.md, section 4:
//
//  type(2) ackRequest(1) sequence(5) | from(2) | to(2) | body | check(2 or 4) or tags

/// <summary>The five bytes before a radio frame's body.</summary>
/// <param name="Type">What it is.</param>
/// <param name="AckRequest">The sender waits for an acknowledgement of all it sent so far.</param>
/// <param name="Sequence">
/// Low five bits of the frame's number, or of the next one expected; a discovery kind; how many tags a broadcast has.
/// </param>
/// <param name="From">Link-local id of the sender.</param>
/// <param name="To">Link-local id of the receiver, or <see cref="Everyone"/>; low bits of a broadcast's number.</param>
internal readonly record struct RadioFrame(RadioFrameType Type, bool AckRequest, byte Sequence, ushort From, ushort To)
{
    /// <summary>Size of the header in bytes.</summary>
    internal const int HeaderSize = 5;

    /// <summary>The id that everybody answers to.</summary>
    internal const ushort Everyone = 0xFFFF;

    internal const byte SequenceMask = 0x1F;

    private const byte AckFlag = 0x20;
    private const int TypeShift = 6;

    /// <summary>
    /// Reads a header; false if the frame is shorter than header and check, or has no place in the protocol.
    /// </summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, int checkSize, out RadioFrame frame)
    {
        frame = default;
        if (bytes.Length < HeaderSize + checkSize)
            return false;
        frame = new RadioFrame(
            (RadioFrameType)(bytes[0] >> TypeShift), (bytes[0] & AckFlag) != 0, (byte)(bytes[0] & SequenceMask),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]));
        return frame.Type == RadioFrameType.Data || !frame.AckRequest;
    }

    /// <summary>Writes five bytes.</summary>
    internal void Write(Span<byte> bytes)
    {
        bytes[0] = (byte)(((int)Type << TypeShift) | (AckRequest ? AckFlag : 0) | (Sequence & SequenceMask));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], From);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[3..], To);
    }
}
