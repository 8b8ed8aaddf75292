using System.Globalization;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Node.Loop;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>What the program knows, as the control socket shows it.</summary>
internal static class Infos
{
    internal static PeerInfo Of(in PeerStatus peer)
    {
        (long received, long sent) = peer.Link.Traffic;
        return new PeerInfo(
            peer.Link.Peer.ToString(), peer.Name, peer.Link.Transport, peer.Link.Uri,
            peer.RoundTrip is { } time ? Math.Round(time.TotalMilliseconds, 3) : null, peer.Since, received, sent);
    }

    internal static PathInfo Of(in PathStatus path) =>
        new(path.Destination.ToString(), path.Name, path.NextHop?.ToString(), path.Metric, path.Hops);

    internal static LiteGroupInfo Of(LiteConversation group) => new(
        group.Name, group.Id.ToString(), group.HasShortTags ? "aes-ccm-8" : "chacha20-poly1305", group.Epoch,
        group.EpochTag.ToString("x4", CultureInfo.InvariantCulture), (int)group.Made,
        [.. group.Members.Select(m => new LiteMemberInfo(m.Index, m.Address.ToString(), m.IsSelf))]);
}
