namespace QuicProChat.Mesh.Simulation;

/// <summary>Hop counts over the wires that are up between nodes that are on: what perfect routes would need.</summary>
public sealed class ShortestPaths(Network network)
{
    /// <summary>No way.</summary>
    public const int Unreachable = -1;

    private readonly int[] _hops = new int[network.Nodes.Count];
    private readonly int[] _queue = new int[network.Nodes.Count];
    private readonly int[] _first = new int[network.Nodes.Count + 1];
    private int[] _near = [];

    /// <summary>Takes note of the wires and nodes as they are now.</summary>
    public void Look()
    {
        if (_near.Length < network.Channels.Count)
            _near = new int[network.Channels.Count];
        int count = 0;
        foreach (Node node in network.Nodes)
        {
            foreach (Channel channel in node.Channels)
            {
                Node next = network.Receiver(channel);
                if (next.Running && network.Links[channel.Index / 2].WireUp)
                    _near[count++] = next.Index;
            }

            _first[node.Index + 1] = count;
        }
    }

    /// <summary>
    /// Hops from one node to all others, as they were at the last <see cref="Look"/>; the span is valid until the next
    /// call.
    /// </summary>
    public ReadOnlySpan<int> From(int start)
    {
        Array.Fill(_hops, Unreachable);
        int head = 0, tail = 0;
        _hops[start] = 0;
        _queue[tail++] = start;
        while (head < tail)
        {
            int at = _queue[head++];
            foreach (int next in _near.AsSpan(_first[at], _first[at + 1] - _first[at]))
            {
                if (_hops[next] != Unreachable)
                    continue;
                _hops[next] = _hops[at] + 1;
                _queue[tail++] = next;
            }
        }

        return _hops;
    }
}
