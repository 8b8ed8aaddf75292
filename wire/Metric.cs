namespace QuicProChat.Mesh.Wire;

/// <summary>
/// The cost of a path as it travels: a 16-bit float of 100 us units (docs/reference/protocol.md, section 5.2).
/// <c>e(4) f(12)</c>: f for e = 0, else (4096 + f) &lt;&lt; (e - 1). Codes order as their values do.
/// Sums are rounded up, so a path is always dearer than its remainder: the loop-freedom of the vector rests on it.
/// </summary>
public readonly record struct Metric(ushort Code) : IComparable<Metric>
{
    private const int FractionBits = 12;
    private const uint Implicit = 1u << FractionBits;

    /// <summary>The origin's own metric.</summary>
    public static readonly Metric Zero = new(0);

    /// <summary>No route.</summary>
    public static readonly Metric Infinite = new(0xFFFF);

    /// <summary>The dearest metric that still is a route: about 3.7 hours for 256 bytes.</summary>
    public static readonly Metric Largest = new(0xFFFE);

    /// <summary>True for <see cref="Infinite"/>.</summary>
    public bool IsInfinite => Code == 0xFFFF;

    /// <summary>The value in units of 100 us.</summary>
    public uint Units
    {
        get
        {
            int exponent = Code >> FractionBits;
            uint fraction = Code & (Implicit - 1);
            return exponent == 0 ? fraction : (Implicit + fraction) << (exponent - 1);
        }
    }

    /// <summary>The smallest metric that is not below a number of 100 us units; never <see cref="Infinite"/>.</summary>
    public static Metric FromUnits(uint units)
    {
        if (units < Implicit)
            return new((ushort)units);
        int exponent = 32 - FractionBits - System.Numerics.BitOperations.LeadingZeroCount(units);
        int shift = exponent - 1;
        uint mantissa = (uint)(((ulong)units + (1ul << shift) - 1) >> shift);
        if (mantissa == Implicit << 1)
        {
            mantissa = Implicit;
            exponent++;
        }

        uint code = ((uint)exponent << FractionBits) | (mantissa - Implicit);
        return exponent > 15 || code > Largest.Code ? Largest : new((ushort)code);
    }

    /// <summary>The cost of a link, from a duration; at least one unit.</summary>
    public static Metric FromTime(TimeSpan time) =>
        FromUnits((uint)Math.Clamp((time.Ticks + 999) / 1000, 1, uint.MaxValue));

    /// <summary>The cost of a path behind a link: rounded up, strictly dearer, infinite where it overflows.</summary>
    public static Metric operator +(Metric path, Metric link)
    {
        if (path.IsInfinite || link.IsInfinite)
            return Infinite;
        ulong sum = (ulong)path.Units + link.Units;
        if (sum > Largest.Units)
            return Infinite;
        Metric result = FromUnits((uint)sum);
        return result.Code > path.Code ? result : new((ushort)(path.Code + 1));
    }

    /// <inheritdoc/>
    public int CompareTo(Metric other) => Code.CompareTo(other.Code);

    /// <summary>Cheaper than.</summary>
    public static bool operator <(Metric a, Metric b) => a.Code < b.Code;

    /// <summary>Dearer than.</summary>
    public static bool operator >(Metric a, Metric b) => a.Code > b.Code;

    /// <summary>Not dearer than.</summary>
    public static bool operator <=(Metric a, Metric b) => a.Code <= b.Code;

    /// <summary>Not cheaper than.</summary>
    public static bool operator >=(Metric a, Metric b) => a.Code >= b.Code;

    /// <inheritdoc/>
    public override string ToString() => IsInfinite ? "inf" : $"{Units / 10.0:0.#} ms";
}
