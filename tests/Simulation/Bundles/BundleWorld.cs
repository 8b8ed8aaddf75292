using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>Frames and bytes of one sort, with the lengths before the frames.</summary>
public readonly record struct FrameCount(long Frames, long Bytes)
{
    /// <summary>Both added.</summary>
    public static FrameCount operator +(FrameCount a, FrameCount b) => new(a.Frames + b.Frames, a.Bytes + b.Bytes);
}

/// <summary>A network of routers in which texts for many are sent, and what crossed its links for them.</summary>
public sealed class BundleWorld : INetworkObserver
{
    /// <summary>Longer than any text takes.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);

    private readonly SharedAnnounces _announces = new();
    private readonly Random _random;

    /// <summary>Builds a network; all its nodes are off.</summary>
    /// <param name="topology">Nodes and links.</param>
    /// <param name="seed">All chance comes from it.</param>
    /// <param name="bundles">Neighbours read bundles.</param>
    public BundleWorld(Topology topology, int seed, bool bundles)
    {
        Topology = topology;
        Seed = seed;
        _random = new Random(seed);
        Network = new Network(seed)
        {
            Boot = Boot,
            Properties = LinkProperties.Stream with { Bundles = bundles },
            Observer = this,
        };
        Identities = [.. Enumerable.Range(0, topology.Nodes).Select(i => new NodeIdentity(seed, i))];
        foreach (string _ in topology.Names)
            Network.AddNode();
        foreach (Edge edge in topology.Edges)
            Network.AddLink(edge.A, edge.B, new LinkModel(TimeSpan.FromMilliseconds(2)));
    }

    /// <summary>The graph.</summary>
    public Topology Topology { get; }

    /// <summary>Where all chance comes from.</summary>
    public int Seed { get; }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Every node's keys.</summary>
    public IReadOnlyList<NodeIdentity> Identities { get; }

    /// <summary>Frames with texts, in bundles or alone.</summary>
    public FrameCount Texts { get; private set; }

    /// <summary>Frames with receipts, in bundles or alone.</summary>
    public FrameCount Receipts { get; private set; }

    /// <summary>Custody acknowledgements.</summary>
    public FrameCount Custody { get; private set; }

    /// <summary>All of these.</summary>
    public FrameCount All => Texts + Receipts + Custody;

    /// <summary>Copies that arrived for the first time.</summary>
    public int Delivered { get; internal set; }

    /// <summary>Copies whose receipt came.</summary>
    public int Proven { get; internal set; }

    /// <summary>Switches all nodes on and waits until routes have settled.</summary>
    public void StartAll()
    {
        for (int i = 0; i < Topology.Nodes; i++)
            Network.StartNode(i, Network.Now);
        Network.Run(Network.Now + TimeSpan.FromSeconds(60));
    }

    /// <summary>Sends a text for many, and lets a second pass.</summary>
    public void Send(int from, IReadOnlyList<int> to, int size)
    {
        byte[] payload = new byte[size];
        _random.NextBytes(payload);
        BitConverter.TryWriteBytes(payload, from);
        Network.Call(Network.Nodes[from], program => ((BundleHost)program).Send(to, payload));
        Network.Run(Network.Now + TimeSpan.FromSeconds(1));
    }

    /// <inheritdoc/>
    public void Arriving(Node from, Node to, ReadOnlySpan<byte> frame)
    {
        var one = new FrameCount(1, frame.Length + StreamFraming.LengthPrefix);
        switch ((FrameKind)frame[0])
        {
            case FrameKind.Envelope when Envelope.TryRead(frame[1..], out Envelope envelope)
                && envelope.Header.Kind != EnvelopeKind.Receipt:
                Texts += one;
                break;
            case FrameKind.Envelope or FrameKind.ReceiptBundle:
                Receipts += one;
                break;
            case FrameKind.Bundle:
                Texts += one;
                break;
            case FrameKind.CustodyAck:
                Custody += one;
                break;
        }
    }

    /// <summary>What the receipt of a copy carries.</summary>
    internal static byte[] Proof(ReadOnlySpan<byte> payload, in NodeAddress receiver)
    {
        byte[] both = new byte[payload.Length + NodeAddress.Size];
        payload.CopyTo(both);
        receiver.Write(both.AsSpan(payload.Length));
        return SHA256.HashData(both)[..Receipt.ProofSize];
    }

    private BundleHost Boot(Node node) => new(this, node, _announces);
}
