namespace QuicProChat.Mesh.Transports.Lora.Modems.Ebyte;

// The configuration registers of an E22, 00h to 06h (user manuals of the E22-xxxT22 and T30 series, chapter 7):
//   00 ADDH, 01 ADDL   address; FFFF receives everything
//   02 NETID
//   03 REG0            serial speed (3 bits), parity (2), air rate (3)
//   04 REG1            sub-packet (2), noise reading (1), software mode switch or reserved (3), power (2)
//   05 REG2            channel
//   06 REG3            RSSI byte, fixed-point, repeater, listen before talk, WOR role, WOR cycle (3)
// 07 and 08 hold a write-only key and stay as they are.

/// <summary>The registers that the driver sets and reads back.</summary>
internal static class E22Registers
{
    internal const int Count = 7;

    /// <summary>Write for good, read, write until power-off; the answer always begins as a read does.</summary>
    internal const byte Write = 0xC0, Read = 0xC1;

    /// <summary>Bits of REG1 that the driver leaves as they are: software mode switching and reserved ones.</summary>
    internal const byte Reg1Kept = 0b0001_1100;

    private const byte Reg3RssiByte = 0x80, Reg3ListenBeforeTalk = 0x10, Reg3CycleDefault = 0x03;

    /// <summary>Serial speeds by their number in REG0.</summary>
    private static readonly int[] Bauds = [1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200];

    /// <summary>Transmit powers by their number in REG1.</summary>
    private static readonly int[] Powers22 = [22, 17, 13, 10];
    private static readonly int[] Powers30 = [30, 27, 24, 21];

    internal static IReadOnlyList<int> BaudRates => Bauds;

    internal static IReadOnlyList<int> Powers(ModemKind kind) =>
        kind == ModemKind.E22HighPower ? Powers30 : Powers22;

    /// <summary>
    /// Channel of a frequency: 1 MHz steps from 850.125 MHz (E22-900) or 410.125 MHz (E22-400). Null: between channels.
    /// </summary>
    internal static byte? Channel(long frequencyHz)
    {
        (long first, int last) = frequencyHz >= 800_000_000 ? (850_125_000L, 80) : (410_125_000L, 83);
        long channel = (frequencyHz - first) / 1_000_000;
        return channel >= 0 && channel <= last && first + (channel * 1_000_000) == frequencyHz ? (byte)channel : null;
    }

    /// <summary>
    /// The registers as the options want them; bits that are not ours are taken from <paramref name="present"/>.
    /// </summary>
    internal static byte[] Wanted(LoraOptions options, int baud, ReadOnlySpan<byte> present) =>
    [
        0xFF, 0xFF, (byte)options.EbyteNetworkId,
        (byte)((Array.IndexOf(Bauds, baud) << 5) | E22AirRate.Find(options.AirRate)!.Number),
        (byte)((present[4] & Reg1Kept) | IndexOf(Powers(options.Modem), options.PowerDbm)),
        Channel(options.FrequencyHz)!.Value,
        Reg3RssiByte | Reg3ListenBeforeTalk | Reg3CycleDefault,
    ];

    private static int IndexOf(IReadOnlyList<int> list, int value)
    {
        for (int i = 0; i < list.Count; i++)
        {
            if (list[i] == value)
                return i;
        }
        throw new ArgumentOutOfRangeException(nameof(value), value, "not a power of this module");
    }
}
