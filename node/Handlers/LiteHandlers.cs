using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about MLS-Lite groups.</summary>
internal static class LiteHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.LiteCreate, (node, r) =>
            InfoAsync(node, node.Lite.CreateAsync(Name(Commands.LiteCreate, r.Name), r.ShortTag))),
        CommandHandler.For(Commands.LiteInvite, InviteAsync),
        CommandHandler.For(Commands.LiteJoin, (node, r) => InfoAsync(node, node.Lite.JoinAsync(Uri(r), r.Name))),
        CommandHandler.For(Commands.LiteList, ListAsync),
        CommandHandler.For(Commands.LiteShow, (node, r) => InfoAsync(node, node.Lite.ShowAsync(Group(r.Group)))),
        CommandHandler.For(Commands.LiteRekey, (node, r) => InfoAsync(node, node.Lite.RekeyAsync(Group(r.Group)))),
        CommandHandler.For(Commands.LiteLeave, LeaveAsync),
        CommandHandler.For(Commands.LiteRename, (node, r) =>
            InfoAsync(node, node.Lite.RenameAsync(Group(r.Group), Name(Commands.LiteRename, r.Name)))),
    ];

    private static async Task<LiteGroupInfo> InfoAsync(MeshNode node, Task<LiteConversation> group) =>
        Infos.Of(await group.ConfigureAwait(false), node.Views.AliasOf);

    private static async Task<LiteInvitationInfo> InviteAsync(MeshNode node, LiteInviteRequest request) =>
        new(await node.Lite.InviteAsync(Group(request.Group)).ConfigureAwait(false));

    private static async Task<IReadOnlyList<LiteGroupInfo>> ListAsync(MeshNode node, NoArguments request) =>
        [.. (await node.Lite.ListAsync().ConfigureAwait(false)).Select(g => Infos.Of(g, node.Views.AliasOf))];

    private static async Task<DoneInfo> LeaveAsync(MeshNode node, LiteLeaveRequest request)
    {
        string left = await node.Lite.LeaveAsync(Group(request.Group)).ConfigureAwait(false);
        return new DoneInfo($"'{left}' and its keys are forgotten");
    }

    private static string Group(string? group) => group is { Length: > 0 }
        ? group : throw ControlException.Usage("this command needs \"group\": a name or an id");

    private static string Name(CommandSpec command, string? name) =>
        name ?? throw ControlException.Usage($"{command.Name} needs \"name\"");

    private static string Uri(LiteJoinRequest request) =>
        request.Uri ?? throw ControlException.Usage("lite-join needs \"uri\"");
}
