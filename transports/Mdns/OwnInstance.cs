using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Names;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>
/// What this node is called on its links: drawn at each start, so that nobody knows it again. Names of 64 random bits
/// need no probing (RFC 6762, section 8.1).
/// </summary>
internal sealed class OwnInstance
{
    // RFC 6762, section 10: what may be remembered, in seconds. All records of a node live as long as its pointer: the
    // address of its host is the sender's, and a node that leaves says goodbye.
    private const uint Ttl = 4500;

    private const uint GoodbyeTtl = 0;
    private const int RandomBytes = 8;

    private readonly byte[] _host;
    private readonly byte[][] _names;
    private readonly byte[] _texts;

    /// <summary>Draws the names.</summary>
    /// <param name="random">From this.</param>
    /// <param name="tag">The closed network's tags; null in an open one.</param>
    internal OwnInstance(RandomFill random, NetworkTag? tag)
    {
        Span<byte> drawn = stackalloc byte[2 * RandomBytes];
        random(drawn);
        Name = Convert.ToHexStringLower(drawn[..RandomBytes]);
        _host = DnsName.Of($"{Convert.ToHexStringLower(drawn[RandomBytes..])}.local");
        _names = Array.ConvertAll(ServiceNames.All, NameOf);
        _texts = ServiceTexts.OfNode(tag?.Of(Name));
    }

    /// <summary>The name of the instance, 16 hexadecimal digits.</summary>
    internal string Name { get; }

    /// <summary>True if a question is about something that this node announces on a link.</summary>
    internal bool IsAskedFor(in MdnsQuestion question, MdnsLink link)
    {
        ushort type = question.Type;
        bool pointer = type is RecordType.Ptr or RecordType.Any;
        if (pointer && DnsName.AreEqual(question.Name, ServiceNames.Enumeration))
            return true;
        if (DnsName.AreEqual(question.Name, _host))
            return type is RecordType.A or RecordType.Aaaa or RecordType.Any;
        foreach ((ServiceKind kind, _) in Services(link))
        {
            if (pointer && DnsName.AreEqual(question.Name, ServiceNames.Of(kind)))
                return true;
            if (type is RecordType.Srv or RecordType.Txt or RecordType.Any
                && DnsName.AreEqual(question.Name, _names[(int)kind]))
                return true;
        }

        return false;
    }

    /// <summary>
    /// True if an asker says that it knows this node's pointer, for more than half of its life yet (RFC 6762, section
    /// 7.1).
    /// </summary>
    internal bool IsKnownBy(in MdnsRecord answer, ReadOnlySpan<byte> target) =>
        answer.Type == RecordType.Ptr && answer.Ttl >= Ttl / 2
            && ServiceNames.TrySplit(target, out ReadOnlySpan<byte> instance, out _)
        && IsOwn(instance);

    /// <summary>True for this node's own label.</summary>
    internal bool IsOwn(ReadOnlySpan<byte> instance) => DnsName.AreEqual(instance, _names[0].AsSpan(1, _names[0][0]));

    /// <summary>
    /// Writes everything that this node announces on a link; or the goodbye for it (RFC 6762, section 10.1).
    /// </summary>
    /// <param name="link">The link.</param>
    /// <param name="isGoodbye">It is there no more.</param>
    /// <param name="buffer">Room for a message.</param>
    internal ReadOnlySpan<byte> Write(MdnsLink link, bool isGoodbye, Span<byte> buffer)
    {
        uint ttl = isGoodbye ? GoodbyeTtl : Ttl;
        var writer = new MdnsWriter(buffer, isResponse: true);
        foreach ((ServiceKind kind, int port) in Services(link))
        {
            byte[] name = _names[(int)kind];
            _ = writer.TryPointer(ServiceNames.Of(kind), ttl, name) && writer.TryService(name, ttl, port, _host)
                && writer.TryTexts(name, ttl, _texts)
                && writer.TryPointer(ServiceNames.Enumeration, ttl, ServiceNames.Of(kind));
        }

        foreach (LinkAddress address in link.Addresses)
            _ = writer.TryAddress(_host, ttl, address.Address);
        return writer.Written;
    }

    private byte[] NameOf(ServiceKind kind) =>
        [(byte)Name.Length, .. Encoding.ASCII.GetBytes(Name), .. ServiceNames.Of(kind)];

    private static IEnumerable<(ServiceKind Kind, int Port)> Services(MdnsLink link)
    {
        if (link.TcpPort > 0)
            yield return (ServiceKind.Tcp, link.TcpPort);
        if (link.QuicPort > 0)
            yield return (ServiceKind.Quic, link.QuicPort);
    }
}
