using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// A distance as routes compare it: (sequence, metric) in four bytes, because there is one for each destination and
/// neighbour. The default value says "no route", so that fresh arrays need no filling.
/// </summary>
internal readonly record struct Distance
{
    private const int SequenceShift = 16;
    private const uint MetricMask = 0xFFFF;

    private readonly uint _packed;

    private Distance(uint packed) => _packed = packed;

    /// <summary>A distance; <see cref="None"/> for an infinite metric, whatever the sequence.</summary>
    public Distance(ushort sequence, Metric metric) =>
        _packed = metric.IsInfinite ? 0 : (uint)sequence << SequenceShift | (uint)(metric.Code ^ MetricMask);

    /// <summary>No route.</summary>
    public static Distance None => default;

    /// <summary>What a neighbour believes is not certain; equal to nothing that is ever advertised.</summary>
    public static Distance Unknown => new(0xFFFFu << SequenceShift);

    /// <summary>True if there is no route.</summary>
    public bool IsNone => (_packed & MetricMask) == 0;

    /// <summary>The origin's sequence, modulo 2^16.</summary>
    public ushort Sequence => (ushort)(_packed >> SequenceShift);

    /// <summary>The metric; infinite if there is no route.</summary>
    public Metric Metric => new((ushort)(_packed & MetricMask ^ MetricMask));

    /// <summary>True if a is newer than b modulo 2^16 (RFC 8966, section 3.2.1).</summary>
    public static bool IsNewer(ushort a, ushort b) => (short)(a - b) > 0;

    /// <summary>
    /// The feasibility condition (RFC 8966, section 3.5.1): strictly better than whatever this node ever advertised.
    /// </summary>
    public bool IsFeasible(Distance feasibility) =>
        !IsNone && (feasibility.IsNone || IsNewer(Sequence, feasibility.Sequence)
            || (Sequence == feasibility.Sequence && Metric < feasibility.Metric));

    /// <summary>The feasibility distance after advertising a route (RFC 8966, section 3.7.3).</summary>
    public static Distance Best(Distance feasibility, Distance advertised) =>
        advertised.IsFeasible(feasibility) ? advertised : feasibility;

    /// <summary>The same metric under another sequence.</summary>
    public Distance WithSequence(ushort sequence) => new(sequence, Metric);

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : $"({Sequence}, {Metric})";
}
