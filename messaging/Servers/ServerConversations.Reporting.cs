using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <content>Messages that are reported to the moderators of their server.</content>
public sealed partial class ServerConversations
{
    /// <summary>What can be reported of a message that came over a server.</summary>
    /// <param name="id">The message.</param>
    /// <param name="reason">Why: at most <see cref="ServerReport.MaxReason"/> bytes.</param>
    /// <returns>The server, the conversation and the report.</returns>
    public Task<(string Server, ConversationId Conversation, ServerReport Report)> ReportAsync(
        EnvelopeId id, string reason) => _context.Loop.AskAsync(_ =>
    {
        if (Encoding.UTF8.GetByteCount(reason) > ServerReport.MaxReason)
            throw Usage($"a reason has at most {ServerReport.MaxReason} bytes");
        if (_context.Store.FindMessage(id) is not { Outgoing: false } message
            || !_entries.TryGetValue(message.Conversation, out ServerEntry? entry))
            throw Refused($"{id} is no message that came in a conversation on a server");
        byte[] key = entry.Groups.SelectMany(ServerEntry.Others).Prepend(entry.PeerKey ?? [])
            .FirstOrDefault(k => k.Length > 0 && NodeAddress.Of(k) == message.Peer)
            ?? throw Refused("its author is no member of the conversation any more");
        ulong time = (ulong)Math.Max(0, message.CreatedAt.ToUnixTimeMilliseconds());
        return (entry.Server, entry.Id, new ServerReport(key, id, time, reason, message.Text));
    });
}
