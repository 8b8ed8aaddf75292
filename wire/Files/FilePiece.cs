using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire.Files;

// docs/reference/files.md, section 5:
//
//  01 ticket(8) chunk(16) piece(1) bytes(8192)

/// <summary>A view of a payload with a piece of a chunk.</summary>
public readonly ref struct FilePiece
{
    /// <summary>Bytes of a payload.</summary>
    public const int Size = HeaderSize + FileFormat.PieceSize;

    /// <summary>Bytes before the piece itself.</summary>
    public const int HeaderSize = 1 + sizeof(ulong) + ChunkId.Size + 1;

    private readonly ReadOnlySpan<byte> _payload;

    private FilePiece(ReadOnlySpan<byte> payload) => _payload = payload;

    /// <summary>What the request said that asked for it: nobody else can answer it, but those on the way.</summary>
    public ulong Ticket => BinaryPrimitives.ReadUInt64BigEndian(_payload[1..]);

    /// <summary>The chunk.</summary>
    public ChunkId Chunk => ChunkId.Read(_payload[(1 + sizeof(ulong))..]);

    /// <summary>Which piece of it: 0 to <see cref="FileFormat.Pieces"/> - 1.</summary>
    public int Piece => _payload[HeaderSize - 1];

    /// <summary>Its bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _payload[HeaderSize..];

    /// <summary>Reads a payload; false if it has another size or begins otherwise, or there is no such piece.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out FilePiece piece)
    {
        piece = default;
        if (payload.Length != Size || payload[0] != (byte)FilePayloadKind.Piece
            || payload[HeaderSize - 1] >= FileFormat.Pieces)
            return false;
        piece = new FilePiece(payload);
        return true;
    }

    /// <summary>Writes a payload.</summary>
    public static void Write(Span<byte> payload, ulong ticket, in ChunkId chunk, int piece, ReadOnlySpan<byte> bytes)
    {
        payload[0] = (byte)FilePayloadKind.Piece;
        BinaryPrimitives.WriteUInt64BigEndian(payload[1..], ticket);
        chunk.Write(payload[(1 + sizeof(ulong))..]);
        payload[HeaderSize - 1] = (byte)piece;
        bytes.CopyTo(payload[HeaderSize..]);
    }
}
