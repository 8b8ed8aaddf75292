using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>Ends of links in words.</summary>
internal static class LinkEnds
{
    internal static string Describe(LinkEnd end)
    {
        string what = end.Code switch
        {
            LinkEndCode.Closed => "closed",
            LinkEndCode.Duplicate => "another link to the same node is kept",
            LinkEndCode.Dead => "the neighbour answers no more",
            LinkEndCode.ProtocolViolation => "the protocol was broken",
            LinkEndCode.Version => "no common protocol version",
            LinkEndCode.NetworkKey => "another network key, or none",
            LinkEndCode.WrongAddress => "the peer has another address than the one pinned",
            LinkEndCode.Self => "the peer is this node itself",
            LinkEndCode.TooMany => "too many links",
            LinkEndCode.Authentication => "the peer did not authenticate",
            LinkEndCode.HandshakeTimeout => "the handshake took too long",
            LinkEndCode.TransportFailed => "the connection failed",
            LinkEndCode.Clone => "two nodes run with one key",
            _ => $"code {(int)end.Code}",
        };
        return (end.ByPeer ? "the peer says: " : "") + what + (end.Detail is null ? "" : $" ({end.Detail})");
    }
}
