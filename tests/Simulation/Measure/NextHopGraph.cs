namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// The next hops of all nodes towards one destination, as they were when it was read: all alternatives, best first.
/// </summary>
public sealed class NextHopGraph(int nodes)
{
    private readonly int[] _first = new int[nodes + 1];
    private readonly bool[] _knows = new bool[nodes];
    private int[] _hops = new int[nodes];
    private int _read;

    /// <summary>The destination.</summary>
    public int Destination { get; private set; }

    /// <summary>Begins anew; the nodes are then given in the order of their numbers.</summary>
    public void Clear(int destination)
    {
        Destination = destination;
        _read = 0;
    }

    /// <summary>Takes in the next node.</summary>
    public void Add(ReadOnlySpan<int> hops, bool knows)
    {
        int start = _first[_read];
        if (start + hops.Length > _hops.Length)
            Array.Resize(ref _hops, Math.Max(start + hops.Length, 2 * _hops.Length));
        hops.CopyTo(_hops.AsSpan(start));
        _knows[_read] = knows;
        _first[++_read] = start + hops.Length;
    }

    /// <summary>The next hops of a node; none of a node that is off, and of the destination.</summary>
    public ReadOnlySpan<int> Of(int node) => _hops.AsSpan(_first[node], _first[node + 1] - _first[node]);

    /// <summary>The node has the destination's record.</summary>
    public bool Knows(int node) => _knows[node];
}
