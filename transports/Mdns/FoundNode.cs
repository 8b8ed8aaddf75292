using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>What became of a node that was found.</summary>
internal enum FoundState
{
    /// <summary>It is not dialled: there are too many, or it is not known enough, or not one of ours.</summary>
    Waiting,

    /// <summary>It is dialled, and there is no link to it now.</summary>
    Dialled,

    /// <summary>There is a link to it.</summary>
    Linked,

    /// <summary>It was dialled in vain; it is tried again later.</summary>
    Failed,
}

/// <summary>A service of a found instance on one link.</summary>
internal sealed class FoundWay(ServiceKind kind, MdnsLink link)
{
    internal ServiceKind Kind { get; } = kind;

    internal MdnsLink Link { get; } = link;

    /// <summary>0 until it was heard.</summary>
    internal int Port { get; set; }

    /// <summary>Where its IPv4 answers come from.</summary>
    internal IPAddress? IPv4 { get; private set; }

    /// <summary>Where its IPv6 answers come from.</summary>
    internal IPAddress? IPv6 { get; private set; }

    /// <summary>Until when it is believed.</summary>
    internal TimeSpan Expires { get; set; }

    /// <summary>When half of its lifetime is over: from then on an asker does not say that it knows it.</summary>
    internal TimeSpan HalfLife { get; set; }

    /// <summary>The URIs to dial, in no order.</summary>
    internal IEnumerable<string> Uris
    {
        get
        {
            if (Port == 0 || Kind == ServiceKind.Server)
                yield break;
            string scheme = Kind == ServiceKind.Tcp ? Tcp.TcpTransport.SchemeName : Quic.QuicTransport.SchemeName;
            if (IPv4 is not null)
                yield return $"{scheme}://{IPv4}:{Port}";
            if (IPv6 is { } address)
                yield return $"{scheme}://[{Text(address)}]:{Port}";
        }
    }

    /// <summary>
    /// True if somebody answers from there: the first of a family stays, so that nobody leads astray whoever has found
    /// it.
    /// </summary>
    internal bool Take(IPAddress source)
    {
        if (source.AddressFamily == AddressFamily.InterNetwork)
            return (IPv4 ??= source).Equals(source);
        return (IPv6 ??= source).Equals(source);
    }

    /// <summary>A link-local address has its interface behind it, by name where the name can stand there.</summary>
    private string Text(IPAddress address)
    {
        if (!address.IsIPv6LinkLocal)
            return address.ToString();
        string bare = new IPAddress(address.GetAddressBytes()).ToString();
        string named = $"{bare}%{Link.Name}";
        return IpText.TryParse(named, out _) ? named : $"{bare}%{Link.Index}";
    }
}

/// <summary>An instance that was found: a node, or a server.</summary>
internal sealed class FoundNode(string instance, bool isServer, IPAddress source)
{
    /// <summary>Services on links that are kept of one instance. Arbitrary.</summary>
    internal const int MaxWays = 8;

    internal string Instance { get; } = instance;

    internal bool IsServer { get; } = isServer;

    /// <summary>Who told of it first.</summary>
    internal IPAddress Source { get; } = source;

    internal ServiceTexts? Texts { get; set; }

    internal List<FoundWay> Ways { get; } = [];

    /// <summary>When it was heard last.</summary>
    internal TimeSpan Heard { get; set; }

    /// <summary>How often it was asked for what is missing.</summary>
    internal int Asked { get; set; }

    internal FoundState State { get; set; }

    /// <summary>Why dialling it came to nothing.</summary>
    internal string? Failure { get; set; }

    /// <summary>When a failed one is tried again.</summary>
    internal TimeSpan RetryAt { get; set; }

    /// <summary>How it is dialled.</summary>
    internal PeerUris? Dialled { get; set; }

    /// <summary>It was found and is no use yet: its port or its texts are missing.</summary>
    internal bool LacksSomething => Texts is null || Ways.Exists(w => w.Port == 0);

    /// <summary>The ways to dial it; null while there is none.</summary>
    internal PeerUris? Peer =>
        string.Join(',', Ways.SelectMany(w => w.Uris)) is { Length: > 0 } uris
        && PeerUris.TryParse(uris, out PeerUris? peer, out _) ? peer : null;
}
