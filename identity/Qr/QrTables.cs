namespace QuicProChat.Mesh.Identity.Qr;

/// <summary>The numbers of ISO/IEC 18004: table 9 (error correction) and annex E (alignment patterns).</summary>
internal static class QrTables
{
    internal const int MaxVersion = 40;

    // Table 9, by level, then version 1 to 40: error correction codewords in each block.
    private static readonly byte[][] EccPerBlock =
    [
        [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
        [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28],
        [13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
        [17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
    ];

    // Table 9, likewise: number of blocks.
    private static readonly byte[][] Blocks =
    [
        [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
        [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49],
        [1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68],
        [1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81],
    ];

    internal static int EccCodewords(int version, QrLevel level) => EccPerBlock[(int)level][version - 1];

    internal static int BlockCount(int version, QrLevel level) => Blocks[(int)level][version - 1];

    internal static int DataCodewords(int version, QrLevel level) =>
        AllCodewords(version) - EccCodewords(version, level) * BlockCount(version, level);

    internal static int SizeOf(int version) => version * 4 + 17;

    /// <summary>Codewords of a symbol: the modules that no function pattern, format or version information takes, in bytes.</summary>
    internal static int AllCodewords(int version)
    {
        int size = SizeOf(version);
        // Three finders with separators, two timing patterns, two copies of the format, the dark module.
        int modules = size * size - 3 * 64 - 2 * (size - 16) - 31;
        if (version >= 2)
        {
            int side = AlignmentPositions(version).Length;
            // Those on a timing pattern share five modules with it; three corners hold finders instead.
            modules -= (side * side - 3) * 25 - 2 * (side - 2) * 5;
        }

        if (version >= 7)
            modules -= 2 * 18;
        return modules / 8;
    }

    /// <summary>Annex E: centres of the alignment patterns on either axis.</summary>
    internal static int[] AlignmentPositions(int version)
    {
        if (version == 1)
            return [];
        int count = version / 7 + 2;
        // Evenly spaced from the far side by an even step; version 32 is the table's one exception.
        int step = version == 32 ? 26 : (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2;
        int[] positions = new int[count];
        positions[0] = 6;
        for (int i = count - 1, position = SizeOf(version) - 7; i >= 1; i--, position -= step)
            positions[i] = position;
        return positions;
    }
}
