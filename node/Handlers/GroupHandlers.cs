using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about MLS groups.</summary>
internal static class GroupHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.GroupCreate, (node, r) =>
            InfoAsync(node, node.Groups.CreateAsync(Needed(r.Name, "name"), r.Suite, r.Strict))),
        CommandHandler.For(Commands.GroupInvite, (node, r) =>
            InfoAsync(node, node.Groups.InviteAsync(Group(r.Group), Invited(r)))),
        CommandHandler.For(
            Commands.GroupAccept, (node, r) => InfoAsync(node, node.Groups.AcceptAsync(Group(r.Group), r.Name))),
        CommandHandler.For(Commands.GroupDecline, DeclineAsync),
        CommandHandler.For(Commands.GroupList, ListAsync),
        CommandHandler.For(Commands.GroupShow, (node, r) => InfoAsync(node, node.Groups.ShowAsync(Group(r.Group)))),
        CommandHandler.For(Commands.GroupLeave, LeaveAsync),
        CommandHandler.For(Commands.GroupRemove, (node, r) =>
            InfoAsync(node, node.Groups.RemoveAsync(Group(r.Group), Needed(r.To, "to")))),
        CommandHandler.For(Commands.GroupRename, (node, r) =>
            InfoAsync(node, node.Groups.RenameAsync(Group(r.Group), Needed(r.Name, "name")))),
        CommandHandler.For(Commands.GroupRotate, (node, r) => InfoAsync(node, node.Groups.RotateAsync(Group(r.Group)))),
        CommandHandler.For(Commands.GroupRole, RoleAsync),
    ];

    private static async Task<GroupInfo> InfoAsync(MeshNode node, Task<GroupConversation> group) =>
        Infos.Of(await group.ConfigureAwait(false), node.Views.AliasOf);

    private static async Task<DoneInfo> LeaveAsync(MeshNode node, GroupLeaveRequest request)
    {
        (string name, bool isForgotten) = await node.Groups.LeaveAsync(Group(request.Group)).ConfigureAwait(false);
        return new DoneInfo(isForgotten
            ? $"'{name}' and its keys are forgotten"
            : $"the others are asked to take this node out of '{name}'; then it is forgotten here. Say it again to "
                + "forget it now");
    }

    private static async Task<DoneInfo> DeclineAsync(MeshNode node, GroupDeclineRequest request)
    {
        string declined = await node.Groups.DeclineAsync(Group(request.Group)).ConfigureAwait(false);
        return new DoneInfo($"the invitation to '{declined}' is forgotten");
    }

    private static async Task<GroupListInfo> ListAsync(MeshNode node, NoArguments request)
    {
        IReadOnlyList<GroupConversation> groups = await node.Groups.ListAsync().ConfigureAwait(false);
        IReadOnlyList<GroupInvitation> invitations = await node.Groups.ListInvitationsAsync().ConfigureAwait(false);
        return new GroupListInfo(
            [.. groups.Select(g => Infos.Of(g, node.Views.AliasOf))],
            [.. invitations.Select(i => Infos.Of(i, node.Views.AliasOf))]);
    }

    private static Task<GroupInfo> RoleAsync(MeshNode node, GroupRoleRequest request) => request.Role switch
    {
        "admin" or "member" => InfoAsync(node, node.Groups.SetRoleAsync(
            Group(request.Group), Needed(request.To, "to"), request.Role == "admin")),
        _ => throw ControlException.Usage("\"role\" is admin or member"),
    };

    private static IReadOnlyList<string> Invited(GroupInviteRequest request) => request.To is { Count: > 0 } to
        ? to : throw ControlException.Usage("group-invite needs \"to\": addresses or aliases");

    private static string Group(string? group) => group is { Length: > 0 }
        ? group : throw ControlException.Usage("this command needs \"group\": a name or an id");

    private static string Needed(string? value, string key) =>
        value ?? throw ControlException.Usage($"this command needs \"{key}\"");
}
