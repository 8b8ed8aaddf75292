using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire.Files;

// docs/reference/files.md, section 5; sealed:
//
//  03 file(16) session(8) number(4) ticket(8) count(1) count x { chunk(2) pieces(1) }        count 1..32, pieces 1..FF

/// <summary>Pieces of one chunk that are asked for.</summary>
/// <param name="Chunk">The chunk's number.</param>
/// <param name="Pieces">The pieces, one bit each: the lowest is piece 0.</param>
public readonly record struct WantedPieces(ushort Chunk, byte Pieces);

/// <summary>A view of a request for pieces.</summary>
public readonly ref struct FileRequest
{
    /// <summary>Most chunks in one request: 2 MiB. Arbitrary.</summary>
    public const int MaxChunks = 32;

    /// <summary>Largest word in bytes.</summary>
    public const int MaxSize = HeaderSize + MaxChunks * EntrySize;

    private const int HeaderSize = 1 + FileTag.Size + sizeof(ulong) + sizeof(uint) + sizeof(ulong) + 1;
    private const int EntrySize = 3;
    private const int SessionAt = 1 + FileTag.Size;
    private const int NumberAt = SessionAt + sizeof(ulong);
    private const int TicketAt = NumberAt + sizeof(uint);

    private readonly ReadOnlySpan<byte> _word;

    private FileRequest(ReadOnlySpan<byte> word) => _word = word;

    /// <summary>The file.</summary>
    public FileTag File => FileTag.Read(_word[1..]);

    /// <summary>What the answer said.</summary>
    public ulong Session => BinaryPrimitives.ReadUInt64BigEndian(_word[SessionAt..]);

    /// <summary>
    /// Counts the requests of a session from 1 on: one that is not higher than the last was repeated by others.
    /// </summary>
    public uint Number => BinaryPrimitives.ReadUInt32BigEndian(_word[NumberAt..]);

    /// <summary>What the pieces are to say, so that who asked knows them for an answer.</summary>
    public ulong Ticket => BinaryPrimitives.ReadUInt64BigEndian(_word[TicketAt..]);

    /// <summary>How many chunks it is about.</summary>
    public int Count => _word[HeaderSize - 1];

    /// <summary>What is wanted, at an index from 0 to <see cref="Count"/> - 1.</summary>
    public WantedPieces this[int index]
    {
        get
        {
            ReadOnlySpan<byte> entry = _word[(HeaderSize + index * EntrySize)..];
            return new WantedPieces(BinaryPrimitives.ReadUInt16BigEndian(entry), entry[2]);
        }
    }

    /// <summary>Size in bytes with so many chunks.</summary>
    public static int SizeOf(int count) => HeaderSize + count * EntrySize;

    /// <summary>
    /// Reads a word; false if its size does not fit its count, that is out of bounds, or it asks for no piece of a
    /// chunk.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> word, out FileRequest request)
    {
        request = default;
        if (word.Length < HeaderSize || (word[0] & 0x7F) != (byte)FileWordKind.Request
            || word[HeaderSize - 1] is 0 or > MaxChunks || word.Length != SizeOf(word[HeaderSize - 1]))
            return false;
        for (int at = HeaderSize + EntrySize - 1; at < word.Length; at += EntrySize)
        {
            if (word[at] == 0)
                return false;
        }

        request = new FileRequest(word);
        return true;
    }

    /// <summary>Writes the word; returns the bytes written.</summary>
    public static int Write(
        Span<byte> word, in FileTag file, ulong session, uint number, ulong ticket, ReadOnlySpan<WantedPieces> wanted)
    {
        word[0] = (byte)FileWordKind.Request;
        file.Write(word[1..]);
        BinaryPrimitives.WriteUInt64BigEndian(word[SessionAt..], session);
        BinaryPrimitives.WriteUInt32BigEndian(word[NumberAt..], number);
        BinaryPrimitives.WriteUInt64BigEndian(word[TicketAt..], ticket);
        word[HeaderSize - 1] = (byte)wanted.Length;
        for (int i = 0; i < wanted.Length; i++)
        {
            Span<byte> entry = word[(HeaderSize + i * EntrySize)..];
            BinaryPrimitives.WriteUInt16BigEndian(entry, wanted[i].Chunk);
            entry[2] = wanted[i].Pieces;
        }

        return SizeOf(wanted.Length);
    }
}
