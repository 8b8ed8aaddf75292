using System.Buffers.Binary;
using System.Globalization;
using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Places;

// postal-codes.bin, written by build/postal-codes.py: five bytes a code, sorted.
//
//  0                  20          30          40 bits
//  +------------------+-----------+-----------+
//  |  code as number  |   north   |   east    |     hundredths of a degree from 47 N, 5 E
//  +------------------+-----------+-----------+

/// <summary>
/// Where postal codes are: about 8,200 of them, searched in the embedded table. docs/decisions/fapp-places.md says
/// where it comes from and how exact it is.
/// </summary>
public static class PlaceTable
{
    private const int EntrySize = 5, CoordinateBits = 10, CoordinateMask = (1 << CoordinateBits) - 1;
    private const int South = 4700, West = 500;
    private const int RegionSize = 1000;

    private static readonly Lazy<byte[]> Table = new(Load);

    /// <summary>How many codes the table has.</summary>
    public static int Count => Table.Value.Length / EntrySize;

    /// <summary>
    /// The place of a code. A code that the table lacks (of a post office box, or a new one) is where the numerically
    /// nearest code of its region is; false where the region has none.
    /// </summary>
    public static bool TryLocate(PostalCode code, out Place place)
    {
        place = default;
        int sought = int.Parse(code.ToString(), NumberStyles.None, CultureInfo.InvariantCulture);
        int low = 0, high = Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (NumberAt(middle) < sought)
                low = middle + 1;
            else
                high = middle;
        }

        int nearest = -1, distance = RegionSize;
        for (int at = Math.Max(0, low - 1); at <= low && at < Count; at++)
        {
            int number = NumberAt(at);
            if (number / RegionSize != sought / RegionSize || Math.Abs(number - sought) >= distance)
                continue;
            nearest = at;
            distance = Math.Abs(number - sought);
        }

        if (nearest < 0)
            return false;
        ulong entry = EntryAt(nearest);
        place = new Place(South + (int)(entry >> CoordinateBits & CoordinateMask), West
            + (int)(entry & CoordinateMask));
        return true;
    }

    /// <summary>The distance between two codes in kilometres; null where one of them is in no known region.</summary>
    public static double? KilometresBetween(PostalCode from, PostalCode to) =>
        TryLocate(from, out Place start) && TryLocate(to, out Place end) ? start.KilometresTo(end) : null;

    private static int NumberAt(int index) => (int)(EntryAt(index) >> 2 * CoordinateBits);

    private static ulong EntryAt(int index)
    {
        ReadOnlySpan<byte> entry = Table.Value.AsSpan(index * EntrySize, EntrySize);
        return (ulong)BinaryPrimitives.ReadUInt32BigEndian(entry) << 8 | entry[4];
    }

    private static byte[] Load()
    {
        const string name = "postal-codes.bin";
        using Stream stream = typeof(PlaceTable).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the program lacks its table {name}");
        byte[] table = new byte[stream.Length];
        stream.ReadExactly(table);
        return table;
    }
}
