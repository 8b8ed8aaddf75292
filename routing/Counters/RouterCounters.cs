namespace QuicProChat.Mesh.Routing;

/// <summary>The router's counters: one 64-bit number for each <see cref="RouterCounter"/>, never reset.</summary>
public sealed class RouterCounters
{
    private readonly long[] _values = new long[(int)Enum.GetValues<RouterCounter>()[^1] + 1];

    /// <summary>The present number.</summary>
    public long this[RouterCounter counter] => _values[(int)counter];

    /// <summary>All numbers, indexed by <see cref="RouterCounter"/>.</summary>
    public ReadOnlySpan<long> Values => _values;

    internal void Add(RouterCounter counter, long amount = 1) => _values[(int)counter] += amount;
}
