using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody.Network;

/// <summary>How a simulated link behaves.</summary>
internal sealed record RouterLinkKind(
    LinkProperties Properties, TimeSpan Delay, double Loss = 0, double Duplicates = 0, int Queue = int.MaxValue)
{
    public static readonly RouterLinkKind Stream = new(LinkProperties.Stream, TimeSpan.FromMilliseconds(1));

    /// <summary>To neighbours that read bundles.</summary>
    public static readonly RouterLinkKind Bundling =
        new(LinkProperties.Stream with { Bundles = true }, TimeSpan.FromMilliseconds(1));

    public static readonly RouterLinkKind Radio = new(
        LinkProperties.Stream with { Reliable = false, Mtu = 4096, BitsPerSecond = 50_000 },
        TimeSpan.FromMilliseconds(40),
        Loss: 0.2, Duplicates: 0.1);
}

/// <summary>A link between two nodes, up from the start.</summary>
internal sealed class RouterLink
{
    private readonly RouterNetwork _network;
    private int _life;

    public RouterLink(RouterNetwork network, RouterNode a, RouterNode b, RouterLinkKind kind)
    {
        _network = network;
        A = a;
        B = b;
        Kind = kind;
        a.Links.Add(this);
        b.Links.Add(this);
        Raise();
    }

    public RouterNode A { get; }

    public RouterNode B { get; }

    public RouterLinkKind Kind { get; }

    public bool Up { get; private set; }

    /// <summary>Sees every frame that is sent; true: it is lost.</summary>
    public Func<RouterNode, byte[], bool>? Lose { get; set; }

    /// <summary>Whoever has no room for another frame on it.</summary>
    public HashSet<RouterNode> Full { get; } = [];

    public RouterNode Other(RouterNode node) => node == A ? B : A;

    public void Raise()
    {
        if (Up || !A.Up || !B.Up)
            return;
        Up = true;
        _life++;
        A.Attach(this, B);
        B.Attach(this, A);
    }

    public void Cut()
    {
        if (!Up)
            return;
        Up = false;
        _life++;
        A.Detach(this);
        B.Detach(this);
    }

    public bool Send(RouterNode from, ReadOnlySpan<byte> frame)
    {
        if (Full.Contains(from))
            return false;
        byte[] copy = frame.ToArray();
        RouterNode to = Other(from);
        _network.Trace([(byte)from.Index, (byte)to.Index, .. copy]);
        if (Lose?.Invoke(from, copy) == true || _network.Random.NextDouble() < Kind.Loss)
            return true;
        Carry(to, copy, Kind.Delay);
        if (_network.Random.NextDouble() < Kind.Duplicates)
            Carry(to, copy, Kind.Delay + Kind.Delay * (3 * _network.Random.NextDouble()));
        return true;
    }

    private void Carry(RouterNode to, byte[] frame, TimeSpan delay)
    {
        int life = _life;
        _network.At(delay, () =>
        {
            if (life == _life)
                to.Deliver(this, frame);
        });
    }
}
