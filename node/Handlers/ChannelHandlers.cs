using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Channels;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about channels.</summary>
internal static class ChannelHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.ChannelCreate, (node, r) =>
            InfoAsync(node.Channels.CreateAsync(Given(Commands.ChannelCreate, "name", r.Name)))),
        CommandHandler.For(Commands.ChannelJoin, (node, r) =>
            InfoAsync(node.Channels.JoinAsync(Given(Commands.ChannelJoin, "uri", r.Uri), r.Name))),
        CommandHandler.For(Commands.ChannelPassphrase, PassphraseAsync),
        CommandHandler.For(Commands.ChannelList, ListAsync),
        CommandHandler.For(Commands.ChannelShow, (node, r) => InfoAsync(node.Channels.ShowAsync(Channel(r.Channel)))),
        CommandHandler.For(Commands.ChannelLeave, LeaveAsync),
        CommandHandler.For(Commands.ChannelMute, MuteAsync),
        CommandHandler.For(Commands.ChannelInvite, InviteAsync),
    ];

    private static async Task<ChannelInfo> InfoAsync(Task<ChannelConversation> channel) =>
        Infos.Of(await channel.ConfigureAwait(false));

    private static Task<ChannelInfo> PassphraseAsync(MeshNode node, ChannelPassphraseRequest request)
    {
        string name = Given(Commands.ChannelPassphrase, "name", request.Name);
        return InfoAsync(
            node.Channels.JoinPublicAsync(name, request.Passphrase is { Length: > 0 } given ? given : name));
    }

    private static async Task<IReadOnlyList<ChannelInfo>> ListAsync(MeshNode node, NoArguments request) =>
        [.. (await node.Channels.ListAsync().ConfigureAwait(false)).Select(Infos.Of)];

    private static async Task<ChannelInfo> MuteAsync(MeshNode node, ChannelMuteRequest request)
    {
        ChannelConversation channel = await node.Channels.ShowAsync(Channel(request.Channel)).ConfigureAwait(false);
        await node.Actions.MuteAsync(channel.Id, !request.Off).ConfigureAwait(false);
        return await InfoAsync(node.Channels.ShowAsync(channel.Id.ToString())).ConfigureAwait(false);
    }

    private static async Task<DoneInfo> LeaveAsync(MeshNode node, ChannelLeaveRequest request)
    {
        string left = await node.Channels.LeaveAsync(Channel(request.Channel)).ConfigureAwait(false);
        return new DoneInfo($"'{left}' and its key are forgotten");
    }

    private static async Task<ChannelInvitationInfo> InviteAsync(MeshNode node, ChannelInviteRequest request) =>
        new(await node.Channels.InviteAsync(Channel(request.Channel)).ConfigureAwait(false));

    private static string Channel(string? channel) => channel is { Length: > 0 }
        ? channel : throw ControlException.Usage("this command needs \"channel\": a name or an id");

    private static string Given(CommandSpec command, string key, string? value) =>
        value ?? throw ControlException.Usage($"{command.Name} needs \"{key}\"");
}
