namespace QuicProChat.Mesh.Identity.Qr;

/// <summary>Reed-Solomon codewords over GF(256) modulo x^8+x^4+x^3+x^2+1, and their order (ISO/IEC 18004, sections 7.5 and 7.6).</summary>
internal static class QrErrorCorrection
{
    private const int Polynomial = 0x11D;

    /// <summary>Splits data into blocks, appends each one's error correction, and interleaves them.</summary>
    internal static byte[] Interleave(byte[] data, int version, QrLevel level)
    {
        int blocks = QrTables.BlockCount(version, level);
        int ecc = QrTables.EccCodewords(version, level);
        int shortLength = data.Length / blocks;
        int longBlocks = data.Length % blocks;
        byte[] generator = Generator(ecc);
        byte[] result = new byte[data.Length + blocks * ecc];
        int start = 0;
        for (int block = 0; block < blocks; block++)
        {
            // The short blocks come first; a long one's extra codeword follows all short columns.
            int length = shortLength + (block >= blocks - longBlocks ? 1 : 0);
            ReadOnlySpan<byte> part = data.AsSpan(start, length);
            for (int i = 0; i < length; i++)
                result[i < shortLength ? i * blocks + block : shortLength * blocks + block - (blocks - longBlocks)] = part[i];
            byte[] remainder = Remainder(part, generator);
            for (int i = 0; i < ecc; i++)
                result[data.Length + i * blocks + block] = remainder[i];
            start += length;
        }

        return result;
    }

    /// <summary>The product of (x - 2^i) for i below the degree; the leading 1 is left out.</summary>
    private static byte[] Generator(int degree)
    {
        byte[] result = new byte[degree];
        result[^1] = 1;
        int root = 1;
        for (int i = 0; i < degree; i++)
        {
            for (int j = 0; j < degree; j++)
                result[j] = (byte)(Multiply(result[j], root) ^ (j + 1 < degree ? result[j + 1] : 0));
            root = Multiply(root, 2);
        }

        return result;
    }

    private static byte[] Remainder(ReadOnlySpan<byte> data, byte[] generator)
    {
        byte[] result = new byte[generator.Length];
        foreach (byte b in data)
        {
            int factor = b ^ result[0];
            Array.Copy(result, 1, result, 0, result.Length - 1);
            result[^1] = 0;
            for (int i = 0; i < result.Length; i++)
                result[i] ^= (byte)Multiply(generator[i], factor);
        }

        return result;
    }

    private static int Multiply(int a, int b)
    {
        int product = 0;
        for (int i = 7; i >= 0; i--)
        {
            product = product << 1 ^ (product >> 7) * Polynomial;
            product ^= (b >> i & 1) * a;
        }

        return product;
    }
}
