using System.Net;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>
/// What was found on all links. Anybody on a link can make up instances, so each source has a share, and where all is
/// full a newcomer takes the place of what failed, else of what was heard of least lately; what is dialled stays.
/// </summary>
internal sealed class FoundTable
{
    /// <summary>Instances that are remembered in all: some 300 kB. Arbitrary.</summary>
    internal const int MaxNodes = 512;

    /// <summary>Instances that one address may tell of. Arbitrary.</summary>
    internal const int MaxOfSource = 16;

    /// <summary>The longest that a record is believed: 75 minutes, RFC 6762, section 10.</summary>
    internal static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(75);

    private readonly Dictionary<(string Instance, bool IsServer), FoundNode> _nodes = new(Comparer.Instance);

    /// <summary>All that is remembered.</summary>
    internal Dictionary<(string Instance, bool IsServer), FoundNode>.ValueCollection Nodes => _nodes.Values;

    /// <summary>What was left out for want of room.</summary>
    internal long Displaced { get; private set; }

    /// <summary>Told of what is forgotten.</summary>
    internal required Action<FoundNode> Forgotten { get; init; }

    /// <summary>True if an instance of this name is remembered.</summary>
    internal bool Has(string instance, bool isServer) => _nodes.ContainsKey((instance, isServer));

    /// <summary>The instance of this name; made where there is room for it, else null.</summary>
    internal FoundNode? Note(string instance, bool isServer, IPAddress source, TimeSpan now)
    {
        if (!_nodes.TryGetValue((instance, isServer), out FoundNode? node))
        {
            if (!HasRoom(source))
            {
                Displaced++;
                return null;
            }

            node = new FoundNode(instance, isServer, source);
            _nodes.Add((instance, isServer), node);
        }

        node.Heard = now;
        return node;
    }

    /// <summary>The way to an instance by a service on a link; made where it may have one more, else null.</summary>
    internal static FoundWay? NoteWay(FoundNode node, ServiceKind kind, MdnsLink link, TimeSpan life, TimeSpan now)
    {
        FoundWay? way = node.Ways.Find(w => w.Kind == kind && w.Link.Index == link.Index);
        if (way is null)
        {
            if (node.Ways.Count == FoundNode.MaxWays)
                return null;
            way = new FoundWay(kind, link);
            node.Ways.Add(way);
        }

        if (life > LongestLife)
            life = LongestLife;
        // The records of an instance have lives of their own, and its pointer the longest.
        if (now + life > way.Expires)
        {
            way.Expires = now + life;
            way.HalfLife = now + life / 2;
        }

        return way;
    }

    /// <summary>
    /// A process that went without a word and came back has another name at the same place: the old one is forgotten.
    /// </summary>
    internal void ForgetOthersAt(FoundNode node, FoundWay way, IPAddress source)
    {
        int removed = 0;
        foreach (FoundNode other in _nodes.Values)
        {
            if (other != node && other.IsServer == node.IsServer)
                removed += other.Ways.RemoveAll(w => w.Port == way.Port && IsAt(w, way.Kind, way.Link.Index, source));
        }

        if (removed > 0)
            ForgetWithoutWays();
    }

    /// <summary>An instance says goodbye on a link.</summary>
    internal void Goodbye(string instance, ServiceKind kind, int link, IPAddress source)
    {
        if (!_nodes.TryGetValue((instance, kind == ServiceKind.Server), out FoundNode? node))
            return;
        if (node.Ways.RemoveAll(w => IsAt(w, kind, link, source)) > 0)
            ForgetWithoutWays();
    }

    /// <summary>Forgets what is believed no longer, and all of links that are gone.</summary>
    internal void Expire(TimeSpan now, Predicate<int> isLink)
    {
        foreach (FoundNode node in _nodes.Values)
            node.Ways.RemoveAll(w => w.Expires <= now || !isLink(w.Link.Index));
        ForgetWithoutWays();
    }

    private static bool IsAt(FoundWay way, ServiceKind kind, int link, IPAddress source) =>
        way.Kind == kind && way.Link.Index == link && (source.Equals(way.IPv4) || source.Equals(way.IPv6));

    private bool HasRoom(IPAddress source)
    {
        int ofSource = 0;
        FoundNode? oldest = null;
        foreach (FoundNode node in _nodes.Values)
        {
            if (node.Source.Equals(source) && ++ofSource == MaxOfSource)
                return false;
            if (node.State is FoundState.Waiting or FoundState.Failed && (oldest is null || GoesBefore(node, oldest)))
                oldest = node;
        }

        if (_nodes.Count < MaxNodes)
            return true;
        if (oldest is null)
            return false;
        Displaced++;
        Forget(oldest);
        return true;
    }

    private static bool GoesBefore(FoundNode one, FoundNode other) =>
        one.State == other.State ? one.Heard < other.Heard : one.State == FoundState.Failed;

    private void ForgetWithoutWays()
    {
        List<FoundNode>? empty = null;
        foreach (FoundNode node in _nodes.Values)
        {
            if (node.Ways.Count == 0)
                (empty ??= []).Add(node);
        }

        foreach (FoundNode node in empty ?? [])
            Forget(node);
    }

    private void Forget(FoundNode node)
    {
        _nodes.Remove((node.Instance, node.IsServer));
        Forgotten(node);
    }

    /// <summary>Names of either size are the same.</summary>
    private sealed class Comparer : IEqualityComparer<(string Instance, bool IsServer)>
    {
        internal static readonly Comparer Instance = new();

        public bool Equals((string Instance, bool IsServer) x, (string Instance, bool IsServer) y) =>
            x.IsServer == y.IsServer && x.Instance.Equals(y.Instance, StringComparison.OrdinalIgnoreCase);

        public int GetHashCode((string Instance, bool IsServer) obj) =>
            HashCode.Combine(obj.Instance.GetHashCode(StringComparison.OrdinalIgnoreCase), obj.IsServer);
    }
}
