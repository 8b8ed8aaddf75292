using System.Text.Json.Serialization.Metadata;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>What the control socket's commands about MLS-Lite groups do.</summary>
internal static class LiteControl
{
    /// <summary>Does one of them; null if the command is another.</summary>
    /// <exception cref="ControlException">It was not done.</exception>
    internal static async Task<ReadOnlyMemory<byte>?> TryExecuteAsync(LiteConversations lite, ControlRequest request) => request.Command switch
    {
        ControlCommands.LiteCreate => await OneAsync(request, lite.CreateAsync(Name(request), request.ShortTag)).ConfigureAwait(false),
        ControlCommands.LiteInvite => Reply(
            request, new LiteInvitationInfo(await lite.InviteAsync(Group(request)).ConfigureAwait(false)), ControlJson.Default.LiteInvitationInfo),
        ControlCommands.LiteJoin => await OneAsync(request, lite.JoinAsync(Uri(request), request.Name)).ConfigureAwait(false),
        ControlCommands.LiteList => Reply(
            request, [.. (await lite.ListAsync().ConfigureAwait(false)).Select(Infos.Of)], ControlJson.Default.IReadOnlyListLiteGroupInfo),
        ControlCommands.LiteShow => await OneAsync(request, lite.ShowAsync(Group(request))).ConfigureAwait(false),
        ControlCommands.LiteRekey => await OneAsync(request, lite.RekeyAsync(Group(request))).ConfigureAwait(false),
        ControlCommands.LiteLeave => Reply(
            request, new DoneInfo($"'{await lite.LeaveAsync(Group(request)).ConfigureAwait(false)}' and its keys are forgotten"),
            ControlJson.Default.DoneInfo),
        ControlCommands.LiteRename => await OneAsync(request, lite.RenameAsync(Group(request), Name(request))).ConfigureAwait(false),
        // Without the type it would be an empty reply: an array that is null converts.
        _ => (ReadOnlyMemory<byte>?)null,
    };

    private static async Task<ReadOnlyMemory<byte>> OneAsync(ControlRequest request, Task<LiteConversation> group) =>
        Reply(request, Infos.Of(await group.ConfigureAwait(false)), ControlJson.Default.LiteGroupInfo);

    private static string Group(ControlRequest request) =>
        request.Group is { Length: > 0 } group ? group : throw Usage("this command needs \"group\": a name or an id");

    private static string Name(ControlRequest request) => request.Name ?? throw Usage($"{request.Command} needs \"name\"");

    private static string Uri(ControlRequest request) => request.Uri ?? throw Usage($"{request.Command} needs \"uri\"");

    private static ControlException Usage(string message) => new(ControlErrorCode.Usage, message);

    private static ReadOnlyMemory<byte> Reply<T>(ControlRequest request, T result, JsonTypeInfo<T> type) =>
        ControlReply.Done(request.Tag, result, type);
}
