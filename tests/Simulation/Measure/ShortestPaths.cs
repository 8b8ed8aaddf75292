namespace QuicProChat.Mesh.Simulation;

/// <summary>Hop counts over the wires that are up between nodes that are on: what perfect routes would need.</summary>
public sealed class ShortestPaths(Network network)
{
    /// <summary>No way.</summary>
    public const int Unreachable = -1;

    private readonly int[] _hops = new int[network.Nodes.Count];
    private readonly int[] _queue = new int[network.Nodes.Count];

    /// <summary>Hops from one node to all others; the span is valid until the next call.</summary>
    public ReadOnlySpan<int> From(int start)
    {
        Array.Fill(_hops, Unreachable);
        int head = 0, tail = 0;
        _hops[start] = 0;
        _queue[tail++] = start;
        while (head < tail)
        {
            int at = _queue[head++];
            foreach (Channel channel in network.Nodes[at].Channels)
            {
                Node next = network.Receiver(channel);
                if (_hops[next.Index] != Unreachable || !next.Running || !network.Links[channel.Index / 2].WireUp)
                    continue;
                _hops[next.Index] = _hops[at] + 1;
                _queue[tail++] = next.Index;
            }
        }

        return _hops;
    }
}
