using System.Buffers.Binary;

namespace QuicProChat.Mesh.MlsLite;

// docs/reference/mls-lite.md, section 3:
//
//  +-------+------------------+---------------+--------------------+-------------+----------+
//  | tag 2 | type(3) sender(5)| sender 0 or 1 | counter 1 or 2     | ciphertext  | tag 16/8 |   text, signed text
//  +-------+------------------+---------------+--------------------+-------------+----------+
//  | tag 2 | type(3) sender(5)| sender 0 or 1 | counter | stream 18| ciphertext  | tag 16/8 |   the others
//  +-------+------------------+---------------+--------------------+-------------+----------+
//
//  tag: of the stream in the first form, of the epoch in the second
//  sender: five bits, or 31 and a byte from 31 to 254
//  counter: 0xxxxxxx | 100000xx x{8}; the shortest form only
//  stream: slot 2 | salt 16

/// <summary>What an MLS-Lite message says; authenticated, but readable without the key.</summary>
public enum LiteMessageType : byte
{
    /// <summary>UTF-8 text, by some member of the group.</summary>
    Text = 0,

    /// <summary>UTF-8 text with its sender's signature.</summary>
    SignedText = 1,

    /// <summary>The secret of an epoch, for one member.</summary>
    Rekey = 2,

    /// <summary>A newcomer says who holds its index.</summary>
    Hello = 3,

    /// <summary>Who holds which index.</summary>
    Roster = 4,

    /// <summary>A sender tells of the stream that its texts come in.</summary>
    Start = 5,
}

/// <summary>An MLS-Lite message, split but not yet authenticated.</summary>
public readonly ref struct UnverifiedLiteMessage
{
    private const int LongSender = 31;

    private UnverifiedLiteMessage(
        ushort tag, LiteMessageType type, int sender, int counter, LiteStream stream, ReadOnlySpan<byte> sealedContent)
    {
        Tag = tag;
        Type = type;
        Sender = sender;
        Counter = counter;
        Stream = stream;
        SealedContent = sealedContent;
    }

    /// <summary>Names the stream or the epoch among those that a node knows; two may share one.</summary>
    public ushort Tag { get; }

    /// <summary>What the content is.</summary>
    public LiteMessageType Type { get; }

    /// <summary>The sender's index, 0 to 254.</summary>
    public int Sender { get; }

    /// <summary>The sender's message counter, 0 to 1,023.</summary>
    public int Counter { get; }

    /// <summary>Ciphertext and authentication tag.</summary>
    public ReadOnlySpan<byte> SealedContent { get; }

    /// <summary>It names its stream, and its tag is an epoch's: any message but a text.</summary>
    public bool NamesStream => HasStream(Type);

    internal LiteStream Stream { get; }

    internal static bool HasStream(LiteMessageType type) => type >= LiteMessageType.Rekey;

    /// <summary>Splits a message; false unless it has exactly this layout.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out UnverifiedLiteMessage message)
    {
        message = default;
        if (bytes.Length < LiteConstants.TagSize + 2)
            return false;
        ushort tag = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        var type = (LiteMessageType)(bytes[2] >> 5);
        if (type > LiteMessageType.Start)
            return false;
        int sender = bytes[2] & 0x1F;
        ReadOnlySpan<byte> rest = bytes[3..];
        if (sender == LongSender)
        {
            sender = rest[0];
            if (sender is < LongSender or > LiteConstants.MaxIndex)
                return false;
            rest = rest[1..];
        }

        if (!TryReadCounter(ref rest, out int counter))
            return false;
        LiteStream stream = default;
        if (HasStream(type))
        {
            if (rest.Length < LiteStream.Size || !LiteStream.TryRead(rest, out stream))
                return false;
            rest = rest[LiteStream.Size..];
        }

        message = new UnverifiedLiteMessage(tag, type, sender, counter, stream, rest);
        return true;
    }

    /// <summary>Writes what stands before the ciphertext; returns its size.</summary>
    internal static int WriteHeader(Span<byte> bytes, ushort tag, in LiteHeader header)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, tag);
        bytes[2] = (byte)((int)header.Type << 5 | Math.Min(header.Sender, LongSender));
        int size = 3;
        if (header.Sender >= LongSender)
            bytes[size++] = (byte)header.Sender;
        if (header.Counter < 0x80)
        {
            bytes[size++] = (byte)header.Counter;
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes[size..], (ushort)(0x8000 | header.Counter));
            size += sizeof(ushort);
        }

        if (!HasStream(header.Type))
            return size;
        header.Stream.Write(bytes[size..]);
        return size + LiteStream.Size;
    }

    /// <summary>Size of a header in bytes.</summary>
    internal static int HeaderSize(in LiteHeader header) =>
        LiteConstants.TagSize + (header.Sender >= LongSender ? 2 : 1) + (header.Counter < 0x80 ? 1 : 2)
        + (HasStream(header.Type) ? LiteStream.Size : 0);

    private static bool TryReadCounter(ref ReadOnlySpan<byte> bytes, out int counter)
    {
        counter = 0;
        if (bytes.IsEmpty)
            return false;
        counter = bytes[0];
        if (counter < 0x80)
        {
            bytes = bytes[1..];
            return true;
        }

        if (bytes.Length < sizeof(ushort))
            return false;
        counter = BinaryPrimitives.ReadUInt16BigEndian(bytes) & 0x7FFF;
        bytes = bytes[sizeof(ushort)..];
        return counter is >= 0x80 and <= LiteConstants.MaxCounter;
    }
}
