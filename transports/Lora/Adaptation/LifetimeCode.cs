using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// A lifetime of 16 bits in 8 (docs/reference/lora.md, section 3): exponent(4) mantissa(4); exponent 0: the mantissa,
/// else (16 + mantissa) &lt;&lt; (exponent - 1). Rounded down, so a relay never lengthens a life; it costs at most 1/17
/// of it.
/// </summary>
internal static class LifetimeCode
{
    /// <summary>The largest code that stands for 16 bits.</summary>
    private const int Largest = 0xCF;

    internal static byte Encode(ushort units)
    {
        if (units < 16)
            return (byte)units;
        int exponent = System.Numerics.BitOperations.Log2(units) - 3;
        return (byte)((exponent << 4) | ((units >> (exponent - 1)) & 0x0F));
    }

    /// <summary>
    /// Units left of a lifetime after a wait (docs/reference/protocol.md, section 4): nothing is charged for less than
    /// a unit, from a unit on what was begun is charged in full, but the last one is over only when it really is. 0:
    /// over.
    /// </summary>
    internal static ushort Left(ushort units, TimeSpan waited)
    {
        long unit = EnvelopeHeader.LifetimeUnit.Ticks;
        if (waited.Ticks < unit)
            return units;
        return waited.Ticks >= units * unit ? (ushort)0 : (ushort)Math.Max(1, units - ((waited.Ticks - 1) / unit) - 1);
    }

    /// <summary>False for codes beyond 16 bits.</summary>
    internal static bool TryDecode(byte code, out ushort units)
    {
        int exponent = code >> 4;
        units = (ushort)(exponent == 0 ? code : (16 + (code & 0x0F)) << (exponent - 1));
        return code <= Largest;
    }
}
