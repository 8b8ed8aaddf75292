using System.Text.Json.Serialization.Metadata;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>What the control socket's commands about MLS-Lite groups do.</summary>
internal static class LiteControl
{
    /// <summary>Does one of them; null if the command is another.</summary>
    /// <exception cref="ControlException">It was not done.</exception>
    internal static async Task<ReadOnlyMemory<byte>?> TryExecuteAsync(LiteConversations lite, ControlRequest request)
    {
        switch (request.Command)
        {
            case ControlCommands.LiteCreate:
                return await OneAsync(request, lite.CreateAsync(Name(request), request.ShortTag)).ConfigureAwait(false);
            case ControlCommands.LiteInvite:
                string uri = await lite.InviteAsync(Group(request)).ConfigureAwait(false);
                return Reply(request, new LiteInvitationInfo(uri), ControlJson.Default.LiteInvitationInfo);
            case ControlCommands.LiteJoin:
                return await OneAsync(request, lite.JoinAsync(Uri(request), request.Name)).ConfigureAwait(false);
            case ControlCommands.LiteList:
                IReadOnlyList<LiteConversation> groups = await lite.ListAsync().ConfigureAwait(false);
                return Reply(request, [.. groups.Select(Infos.Of)], ControlJson.Default.IReadOnlyListLiteGroupInfo);
            case ControlCommands.LiteShow:
                return await OneAsync(request, lite.ShowAsync(Group(request))).ConfigureAwait(false);
            case ControlCommands.LiteRekey:
                return await OneAsync(request, lite.RekeyAsync(Group(request))).ConfigureAwait(false);
            case ControlCommands.LiteLeave:
                string left = await lite.LeaveAsync(Group(request)).ConfigureAwait(false);
                return Reply(request, new DoneInfo($"'{left}' and its keys are forgotten"), ControlJson.Default.DoneInfo);
            case ControlCommands.LiteRename:
                return await OneAsync(request, lite.RenameAsync(Group(request), Name(request))).ConfigureAwait(false);
            default:
                return null;
        }
    }

    private static async Task<ReadOnlyMemory<byte>> OneAsync(ControlRequest request, Task<LiteConversation> group) =>
        Reply(request, Infos.Of(await group.ConfigureAwait(false)), ControlJson.Default.LiteGroupInfo);

    private static string Group(ControlRequest request) =>
        request.Group is { Length: > 0 } group ? group : throw Usage("this command needs \"group\": a name or an id");

    private static string Name(ControlRequest request) =>
        request.Name ?? throw Usage($"{request.Command} needs \"name\"");

    private static string Uri(ControlRequest request) => request.Uri ?? throw Usage($"{request.Command} needs \"uri\"");

    private static ControlException Usage(string message) => new(ControlErrorCode.Usage, message);

    private static ReadOnlyMemory<byte> Reply<T>(ControlRequest request, T result, JsonTypeInfo<T> type) =>
        ControlReply.Done(request.Tag, result, type);
}
