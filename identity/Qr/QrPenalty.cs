namespace QuicProChat.Mesh.Identity.Qr;

/// <summary>How hard a masked symbol is to read (ISO/IEC 18004, section 7.8.3): the mask with the lowest sum is taken.</summary>
internal static class QrPenalty
{
    private const int Run = 3;
    private const int Block = 3;
    private const int FinderLike = 40;
    private const int Balance = 10;

    // dark light dark dark dark light dark, with four light modules before or after.
    private const int FinderAfterLight = 0b00001011101;
    private const int FinderBeforeLight = 0b10111010000;
    private const int FinderWindow = 0b11111111111;

    internal static int Of(bool[,] dark)
    {
        int size = dark.GetLength(0);
        int penalty = 0;
        int count = 0;
        for (int i = 0; i < size; i++)
        {
            penalty += Line(dark, size, i, horizontal: true) + Line(dark, size, i, horizontal: false);
            for (int j = 0; j < size; j++)
            {
                count += dark[i, j] ? 1 : 0;
                if (i > 0 && j > 0 && dark[i, j] == dark[i - 1, j] && dark[i, j] == dark[i, j - 1] && dark[i, j] == dark[i - 1, j - 1])
                    penalty += Block;
            }
        }

        // Ten points for each full five percent off an even share.
        return penalty + Math.Abs(count * 20 - size * size * 10) / (size * size) * Balance;
    }

    private static int Line(bool[,] dark, int size, int line, bool horizontal)
    {
        int penalty = 0;
        int run = 0;
        bool last = false;
        int window = 0;
        for (int i = 0; i < size; i++)
        {
            bool module = horizontal ? dark[line, i] : dark[i, line];
            run = i > 0 && module == last ? run + 1 : 1;
            last = module;
            if (run == 5)
                penalty += Run;
            else if (run > 5)
                penalty++;
            window = (window << 1 | (module ? 1 : 0)) & FinderWindow;
            if (i >= 10 && window is FinderAfterLight or FinderBeforeLight)
                penalty += FinderLike;
        }

        return penalty;
    }
}
