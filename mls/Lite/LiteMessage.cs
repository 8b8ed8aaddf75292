using System.Buffers.Binary;

namespace QuicProChat.Mesh.Mls.Lite;

// docs/mls-lite.md, section 3:
//
//  +-----------+-----------------+--------------+----------------+----------+
//  | epochTag 2| type(3) sender(5)| counter 1..3 | ciphertext     | tag 16/8 |
//  +-----------+-----------------+--------------+----------------+----------+
//
//  counter: 0xxxxxxx | 10xxxxxx x{8} | 110xxxxx x{16}; the shortest form only.

/// <summary>What an MLS-Lite message says; authenticated, but readable without the key.</summary>
public enum LiteMessageType : byte
{
    /// <summary>UTF-8 text.</summary>
    Text = 0,

    /// <summary>UTF-8 text behind a 64-byte Ed25519 signature.</summary>
    SignedText = 1,

    /// <summary>The secret of the next epoch.</summary>
    Rekey = 2,

    /// <summary>A newcomer says who holds its index.</summary>
    Hello = 3,

    /// <summary>Who holds which index.</summary>
    Roster = 4,
}

/// <summary>An MLS-Lite message, split but not yet authenticated.</summary>
public readonly ref struct UnverifiedLiteMessage
{
    private UnverifiedLiteMessage(ushort epochTag, LiteMessageType type, int sender, int counter, ReadOnlySpan<byte> sealedContent)
    {
        EpochTag = epochTag;
        Type = type;
        Sender = sender;
        Counter = counter;
        SealedContent = sealedContent;
    }

    /// <summary>Names the group and epoch among those a node knows; two groups may share one.</summary>
    public ushort EpochTag { get; }

    /// <summary>What the content is.</summary>
    public LiteMessageType Type { get; }

    /// <summary>The sender's index, 0 to 31.</summary>
    public int Sender { get; }

    /// <summary>The sender's message counter.</summary>
    public int Counter { get; }

    /// <summary>Ciphertext and tag.</summary>
    public ReadOnlySpan<byte> SealedContent { get; }

    /// <summary>Splits a message; false unless it has exactly this layout.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out UnverifiedLiteMessage message)
    {
        message = default;
        if (bytes.Length < LiteConstants.EpochTagSize + 2)
            return false;
        ushort epochTag = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        int type = bytes[2] >> 5;
        if (type > (int)LiteMessageType.Roster)
            return false;
        int sender = bytes[2] & 0x1F;
        bytes = bytes[3..];
        int first = bytes[0];
        int size = first < 0x80 ? 1 : first < 0xC0 ? 2 : first < 0xE0 ? 3 : 0;
        if (size == 0 || bytes.Length < size)
            return false;
        int counter = size switch
        {
            1 => first,
            2 => (first & 0x3F) << 8 | bytes[1],
            _ => (first & 0x1F) << 16 | bytes[1] << 8 | bytes[2],
        };
        if (CounterSize(counter) != size)
            return false;
        message = new UnverifiedLiteMessage(epochTag, (LiteMessageType)type, sender, counter, bytes[size..]);
        return true;
    }

    /// <summary>Writes what stands before the ciphertext; returns its size.</summary>
    internal static int WriteHeader(Span<byte> bytes, ushort epochTag, LiteMessageType type, int sender, int counter)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, epochTag);
        bytes[2] = (byte)((int)type << 5 | sender);
        int size = CounterSize(counter);
        switch (size)
        {
            case 1:
                bytes[3] = (byte)counter;
                break;
            case 2:
                BinaryPrimitives.WriteUInt16BigEndian(bytes[3..], (ushort)(0x8000 | counter));
                break;
            default:
                bytes[3] = (byte)(0xC0 | counter >> 16);
                BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)counter);
                break;
        }

        return 3 + size;
    }

    /// <summary>Size of a header with this counter in bytes.</summary>
    internal static int HeaderSize(int counter) => 3 + CounterSize(counter);

    private static int CounterSize(int counter) => counter < 0x80 ? 1 : counter < 0x4000 ? 2 : 3;
}
