using System.Numerics;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>Which chunks of a file are there: one bit each, the first of them the highest of the first byte.</summary>
/// <param name="chunks">How many chunks the file has, chunk 0 included.</param>
public sealed class ChunkSet(int chunks)
{
    private readonly byte[] _bits = new byte[FileFormat.HaveSizeOf(chunks)];

    /// <summary>How many chunks the file has.</summary>
    public int Chunks => chunks;

    /// <summary>How many are there.</summary>
    public int Count { get; private set; }

    /// <summary>All are there.</summary>
    public bool IsWhole => Count == chunks;

    /// <summary>The bits.</summary>
    public ReadOnlySpan<byte> Bytes => _bits;

    /// <summary>Whether a chunk is there.</summary>
    public bool this[int chunk] => (_bits[chunk >> 3] & Bit(chunk)) != 0;

    /// <summary>A set of all chunks.</summary>
    public static ChunkSet Whole(int chunks)
    {
        var all = new ChunkSet(chunks);
        for (int i = 0; i < chunks; i++)
            all.Add(i);
        return all;
    }

    /// <summary>
    /// Reads bits; null if there are too few or too many, or one of a chunk that the file does not have.
    /// </summary>
    public static ChunkSet? TryRead(ReadOnlySpan<byte> bits, int chunks)
    {
        if (bits.Length != FileFormat.HaveSizeOf(chunks))
            return null;
        if ((chunks & 7) != 0 && (bits[^1] & 0xFF >> (chunks & 7)) != 0)
            return null;
        var set = new ChunkSet(chunks);
        bits.CopyTo(set._bits);
        foreach (byte some in bits)
            set.Count += BitOperations.PopCount(some);
        return set;
    }

    /// <summary>A chunk is there now.</summary>
    public void Add(int chunk)
    {
        if (this[chunk])
            return;
        _bits[chunk >> 3] |= Bit(chunk);
        Count++;
    }

    /// <summary>A chunk is gone.</summary>
    public void Remove(int chunk)
    {
        if (!this[chunk])
            return;
        _bits[chunk >> 3] &= (byte)~Bit(chunk);
        Count--;
    }

    /// <summary>
    /// The first chunk from a number on that is not there; the number of chunks where none is missing.
    /// </summary>
    public int FirstMissing(int from)
    {
        while (from < chunks && this[from])
            from++;
        return from;
    }

    private static byte Bit(int chunk) => (byte)(0x80 >> (chunk & 7));
}
