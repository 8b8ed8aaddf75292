using System.Text.Json.Serialization.Metadata;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Lite;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>What the control socket's commands about MLS-Lite groups do.</summary>
internal static class LiteControl
{
    /// <summary>Does one of them; null if the command is another.</summary>
    /// <exception cref="ControlException">It was not done.</exception>
    internal static async Task<ReadOnlyMemory<byte>?> TryExecuteAsync(LiteConversations lite, ControlRequest request) => request.Command switch
    {
        ControlCommands.LiteCreate => Reply(request, await lite.CreateAsync(request.Name, request.ShortTag).ConfigureAwait(false), ControlJson.Default.LiteGroupInfo),
        ControlCommands.LiteInvite => Reply(request, await lite.InviteAsync(request.Group).ConfigureAwait(false), ControlJson.Default.LiteInvitationInfo),
        ControlCommands.LiteJoin => Reply(request, await lite.JoinAsync(request.Uri, request.Name).ConfigureAwait(false), ControlJson.Default.LiteGroupInfo),
        ControlCommands.LiteList => Reply(request, await lite.ListAsync().ConfigureAwait(false), ControlJson.Default.IReadOnlyListLiteGroupInfo),
        ControlCommands.LiteShow => Reply(request, await lite.ShowAsync(request.Group).ConfigureAwait(false), ControlJson.Default.LiteGroupInfo),
        ControlCommands.LiteRekey => Reply(request, await lite.RekeyAsync(request.Group).ConfigureAwait(false), ControlJson.Default.LiteGroupInfo),
        ControlCommands.LiteLeave => Reply(request, await lite.LeaveAsync(request.Group).ConfigureAwait(false), ControlJson.Default.DoneInfo),
        ControlCommands.LiteRename => Reply(request, await lite.RenameAsync(request.Group, request.Name).ConfigureAwait(false), ControlJson.Default.LiteGroupInfo),
        // Without the type it would be an empty reply: an array that is null converts.
        _ => (ReadOnlyMemory<byte>?)null,
    };

    private static ReadOnlyMemory<byte> Reply<T>(ControlRequest request, T result, JsonTypeInfo<T> type) =>
        ControlReply.Done(request.Tag, result, type);
}
