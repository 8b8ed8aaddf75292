using System.Globalization;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Channels;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Transports.Mdns;

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

    internal static FoundInfo Of(FoundInstance found) => new(
        found.IsServer ? "server" : "node", found.Instance, found.State, found.Why, found.Interfaces, found.Uris,
        found.Peer?.ToString(),
        found.Server, found.Domain);

    internal static PathInfo Of(in PathStatus path) =>
        new(path.Destination.ToString(), path.Name, path.NextHop?.ToString(), path.Metric, path.Hops);

    internal static GroupInfo Of(GroupConversation group, Func<NodeAddress, string?> aliasOf) => new(
        group.Name, group.Id.ToString(), group.Suite, (long)group.Epoch, group.State, Words.Of(group.Status),
        group.Pending,
        group.Forks,
        [.. group.Members.Select(
            m => new GroupMemberInfo(m.Address.ToString(), m.IsAdmin ? "admin" : "member", m.IsSelf)
        {
            Alias = aliasOf(m.Address),
            Invited = m.IsInvited,
            Server = m.Server,
            CarriedBy = m.CarriedBy?.ToString(),
        })])
    {
        SuiteName = GroupSuites.TryParse(group.Suite.ToString(CultureInfo.InvariantCulture), out CipherSuite suite)
            ? GroupSuites.NameOf(suite) : null,
        PostQuantum = GroupSuites.IsPostQuantum(suite),
    };

    internal static GroupInvitationInfo Of(GroupInvitation invitation, Func<NodeAddress, string?> aliasOf) =>
        new(invitation.Group.ToString(), invitation.Name, invitation.Inviter.ToString(), invitation.Members)
        {
            Alias = aliasOf(invitation.Inviter),
        };

    internal static ServerConversationInfo Of(ServerConversation conversation) => new(
        conversation.Name, conversation.Id.ToString(), conversation.Server, conversation.IsDirect,
            Words.Of(conversation.State),
        (long)conversation.Epoch, conversation.Waiting, [.. conversation.Members.Select(m => m.ToString())]);

    internal static ChannelInfo Of(ChannelConversation channel) => new(
        channel.Name, channel.Id.ToString(), channel.IsMuted, channel.Made, channel.Writers, channel.Missing);

    internal static LiteGroupInfo Of(LiteConversation group, Func<NodeAddress, string?> aliasOf) => new(
        group.Name, group.Id.ToString(), group.HasShortTags ? "aes-ccm-8" : "chacha20-poly1305", group.Epoch,
        group.EpochTag.ToString("x4", CultureInfo.InvariantCulture), (int)group.Made,
        [.. group.Members.Select(
            m => new LiteMemberInfo(m.Index, m.Address.ToString(), m.IsSelf) { Alias = aliasOf(m.Address) })]);
}
