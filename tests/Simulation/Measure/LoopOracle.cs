using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// Watches every step of every envelope. A copy is known by its id, attempt and hops left at a node, and points to the
/// node it came from; so the way of each copy can be walked back, and one that comes to a node where it was before is
/// seen. At each step the next hops ahead, as they are at this moment, are walked too.
/// </summary>
public sealed class LoopOracle(Network network, IRouteView view, Func<ulong, ulong, int> nodeOf) : INetworkObserver
{
    private readonly Dictionary<(EnvelopeId Id, int Node, int Step), int> _cameFrom = [];
    private readonly List<string> _examples = [];

    /// <summary>Steps of envelopes from node to node.</summary>
    public long Steps { get; private set; }

    /// <summary>Envelopes that came to a node where the same copy had been.</summary>
    public long Returns { get; private set; }

    /// <summary>Steps into a node from which the next hops led in a circle.</summary>
    public long Circles { get; private set; }

    /// <summary>The first few, for people.</summary>
    public IReadOnlyList<string> Examples => _examples;

    /// <inheritdoc/>
    public void Arriving(Node from, Node to, ReadOnlySpan<byte> frame)
    {
        if ((FrameKind)frame[0] != FrameKind.Envelope || !Envelope.TryRead(frame[1..], out Envelope envelope))
            return;
        Steps++;
        EnvelopeId id = envelope.ComputeId();
        EnvelopeHeader header = envelope.Header;
        int attempt = header.Attempt << 8;
        int node = from.Index;
        int hops = header.HopsLeft + 1;
        bool returned = node == to.Index;
        while (!returned && _cameFrom.TryGetValue((id, node, attempt | hops), out int earlier))
        {
            node = earlier;
            hops++;
            returned = node == to.Index;
        }

        _cameFrom[(id, to.Index, attempt | header.HopsLeft)] = from.Index;
        if (returned)
        {
            Returns++;
            Note($"{Seconds(network.Now)}: {header.Kind} {id} attempt {header.Attempt} came back to node {to.Index} "
                + $"from {from.Index} with {header.HopsLeft} hops left");
        }

        if (Circle(to.Index, nodeOf(header.Destination.High, header.Destination.Low)))
        {
            Circles++;
            Note($"{Seconds(network.Now)}: next hops from node {to.Index} towards "
                + $"{nodeOf(header.Destination.High, header.Destination.Low)} lead in a circle");
        }
    }

    /// <summary>Forgets envelopes whose fate is known.</summary>
    public void Forget() => _cameFrom.Clear();

    private bool Circle(int node, int destination)
    {
        Span<int> next = stackalloc int[1];
        for (int hops = 0; hops <= network.Nodes.Count; hops++)
        {
            if (node == destination || destination < 0 || !network.Nodes[node].Running
                || view.NextHops(node, destination, next) == 0)
                return false;
            node = next[0];
        }

        return true;
    }

    private void Note(string what)
    {
        if (_examples.Count < 10)
            _examples.Add(what);
    }

    private static string Seconds(Instant at) =>
        TimeSpan.FromTicks(at.Ticks).ToString("c", System.Globalization.CultureInfo.InvariantCulture);
}
