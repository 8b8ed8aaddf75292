namespace QuicProChat.Mesh.Identity.Qr;

/// <summary>Places patterns and codewords and chooses the mask (ISO/IEC 18004, sections 6.3 and 7.7 to 7.10).</summary>
internal sealed class QrMatrix
{
    private const int FormatGenerator = 0x537;
    private const int FormatMask = 0x5412;
    private const int VersionGenerator = 0x1F25;

    private readonly int _version;
    private readonly int _size;
    private readonly bool[,] _dark;
    private readonly bool[,] _reserved;

    private QrMatrix(int version)
    {
        _version = version;
        _size = QrTables.SizeOf(version);
        _dark = new bool[_size, _size];
        _reserved = new bool[_size, _size];
    }

    internal static QrCode Build(int version, QrLevel level, byte[] codewords)
    {
        QrMatrix matrix = new(version);
        matrix.DrawPatterns();
        matrix.DrawCodewords(codewords);
        int best = 0;
        int lowest = int.MaxValue;
        for (int mask = 0; mask < 8; mask++)
        {
            matrix.ApplyMask(mask);
            matrix.DrawFormat(level, mask);
            int penalty = QrPenalty.Of(matrix._dark);
            if (penalty < lowest)
                (lowest, best) = (penalty, mask);
            matrix.ApplyMask(mask);
        }

        matrix.ApplyMask(best);
        matrix.DrawFormat(level, best);
        return new QrCode(matrix._dark, version, best);
    }

    private void Set(int x, int y, bool dark)
    {
        _dark[y, x] = dark;
        _reserved[y, x] = true;
    }

    private void DrawPatterns()
    {
        for (int i = 0; i < _size; i++)
        {
            Set(6, i, i % 2 == 0);
            Set(i, 6, i % 2 == 0);
        }

        DrawFinder(3, 3);
        DrawFinder(_size - 4, 3);
        DrawFinder(3, _size - 4);
        int[] positions = QrTables.AlignmentPositions(_version);
        for (int i = 0; i < positions.Length; i++)
        {
            for (int j = 0; j < positions.Length; j++)
            {
                bool finder = (i == 0 && j == 0) || (i == 0 && j == positions.Length - 1) || (i == positions.Length - 1 && j == 0);
                if (!finder)
                    DrawRings(positions[i], positions[j], radius: 2, lightRings: 0b010);
            }
        }

        DrawFormat(QrLevel.Low, mask: 0);
        DrawVersion();
    }

    // Rings 2 and 4 (the separator) of a finder are light.
    private void DrawFinder(int x, int y) => DrawRings(x, y, radius: 4, lightRings: 0b10100);

    private void DrawRings(int x, int y, int radius, int lightRings)
    {
        for (int dy = -radius; dy <= radius; dy++)
        {
            for (int dx = -radius; dx <= radius; dx++)
            {
                if ((uint)(x + dx) < (uint)_size && (uint)(y + dy) < (uint)_size)
                    Set(x + dx, y + dy, (lightRings >> Math.Max(Math.Abs(dx), Math.Abs(dy)) & 1) == 0);
            }
        }
    }

    /// <summary>Section 7.9: five bits and ten of a BCH code, twice.</summary>
    private void DrawFormat(QrLevel level, int mask)
    {
        // Table 12 numbers the levels L 1, M 0, Q 3, H 2.
        int data = ((int)level ^ 1) << 3 | mask;
        int bits = (data << 10 | BchRemainder(data, 10, FormatGenerator)) ^ FormatMask;
        for (int i = 0; i < 15; i++)
        {
            bool dark = (bits >> i & 1) != 0;
            // Around the first finder, bit 0 at the top right of it, skipping the timing patterns.
            (int x, int y) = i switch
            {
                < 6 => (8, i),
                6 => (8, 7),
                7 => (8, 8),
                8 => (7, 8),
                _ => (14 - i, 8),
            };
            Set(x, y, dark);
            if (i < 8)
                Set(_size - 1 - i, 8, dark);
            else
                Set(8, _size - 15 + i, dark);
        }

        Set(8, _size - 8, true);
    }

    /// <summary>Section 7.10: six bits and twelve of a Golay code, twice, from version 7 on.</summary>
    private void DrawVersion()
    {
        if (_version < 7)
            return;
        int bits = _version << 12 | BchRemainder(_version, 12, VersionGenerator);
        for (int i = 0; i < 18; i++)
        {
            bool dark = (bits >> i & 1) != 0;
            Set(_size - 11 + i % 3, i / 3, dark);
            Set(i / 3, _size - 11 + i % 3, dark);
        }
    }

    private static int BchRemainder(int data, int bits, int generator)
    {
        int remainder = data;
        for (int i = 0; i < bits; i++)
            remainder = remainder << 1 ^ (remainder >> (bits - 1)) * generator;
        return remainder;
    }

    /// <summary>Section 7.7.3: in columns of two from the right, upwards and downwards in turn.</summary>
    private void DrawCodewords(byte[] codewords)
    {
        int bit = 0;
        bool upwards = true;
        for (int right = _size - 1; right >= 1; right -= 2, upwards = !upwards)
        {
            // The vertical timing pattern is no column.
            if (right == 6)
                right = 5;
            for (int row = 0; row < _size; row++)
            {
                int y = upwards ? _size - 1 - row : row;
                for (int x = right; x >= right - 1; x--)
                {
                    if (_reserved[y, x] || bit >= codewords.Length * 8)
                        continue;
                    _dark[y, x] = (codewords[bit / 8] >> (7 - bit % 8) & 1) != 0;
                    bit++;
                }
            }
        }
    }

    /// <summary>Section 7.8.2, table 10; doing it twice undoes it.</summary>
    private void ApplyMask(int mask)
    {
        for (int y = 0; y < _size; y++)
        {
            for (int x = 0; x < _size; x++)
            {
                bool flip = mask switch
                {
                    0 => (x + y) % 2 == 0,
                    1 => y % 2 == 0,
                    2 => x % 3 == 0,
                    3 => (x + y) % 3 == 0,
                    4 => (x / 3 + y / 2) % 2 == 0,
                    5 => x * y % 2 + x * y % 3 == 0,
                    6 => (x * y % 2 + x * y % 3) % 2 == 0,
                    _ => ((x + y) % 2 + x * y % 3) % 2 == 0,
                };
                _dark[y, x] ^= flip && !_reserved[y, x];
            }
        }
    }
}
