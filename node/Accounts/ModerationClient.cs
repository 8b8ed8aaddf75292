using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>A report as a moderator reads it.</summary>
/// <param name="Sent">What the server has of it.</param>
/// <param name="Content">What it says; null if it was not sealed to this node, or makes no sense.</param>
internal sealed record ReadReport(Report Sent, ServerReport? Content);

/// <summary>Reports to the moderators of a server, and what moderators do.</summary>
/// <param name="identity">Whose accounts they are.</param>
/// <param name="accounts">The accounts.</param>
internal sealed class ModerationClient(LocalIdentity identity, AccountHost accounts)
{
    /// <summary>Reports that are read at once; the server gives no more.</summary>
    internal const int MaxReports = 50;

    /// <summary>Bans that are taken from an answer; a server keeps no more.</summary>
    private const int MaxBans = 10_000;

    /// <summary>Reports a message; only moderators can read it.</summary>
    internal async Task ReportAsync(string server, ConversationId conversation, ServerReport report)
    {
        ListModeratorsResponse moderators = await AskAsync(
            server, RpcMethod.ListModerators, new ListModeratorsRequest(), ListModeratorsResponse.Parser)
                .ConfigureAwait(false);
        byte[] sealedReport = report.Seal(
            [.. moderators.IdentityKeys.Take(ServerReport.MaxModerators).Select(static k => k.ToByteArray())],
            RandomSource.System) ?? throw ControlException.Refused($"{server} has no moderators");
        byte[] id = new byte[conversation.Size];
        conversation.Write(id);
        _ = await AskAsync(
            server, RpcMethod.ReportMessage,
            new ReportMessageRequest
            {
                EncryptedReport = ByteString.CopyFrom(sealedReport),
                ConversationId = ByteString.CopyFrom(id),
            }, ReportMessageResponse.Parser).ConfigureAwait(false);
    }

    /// <summary>Bans a user.</summary>
    /// <param name="server">Where.</param>
    /// <param name="user">A name, or a key in hexadecimal digits.</param>
    /// <param name="reason">Why; the user is told.</param>
    /// <param name="seconds">How long; 0 for ever.</param>
    internal async Task BanAsync(string server, string user, string reason, ulong seconds) => _ = await AskAsync(
        server, RpcMethod.BanUser,
        new BanUserRequest
        {
            IdentityKey = await KeyAsync(server, user).ConfigureAwait(false),
            Reason = reason,
            DurationSecs = seconds,
        }, BanUserResponse.Parser).ConfigureAwait(false);

    /// <summary>Ends a ban.</summary>
    internal async Task UnbanAsync(string server, string user) => _ = await AskAsync(
        server, RpcMethod.UnbanUser,
        new UnbanUserRequest { IdentityKey = await KeyAsync(server, user).ConfigureAwait(false) },
        UnbanUserResponse.Parser).ConfigureAwait(false);

    /// <summary>Reports, the newest first.</summary>
    internal async Task<IReadOnlyList<ReadReport>> ReportsAsync(string server, uint offset)
    {
        ListReportsResponse listed = await AskAsync(
            server, RpcMethod.ListReports, new ListReportsRequest { Limit = MaxReports, Offset = offset },
            ListReportsResponse.Parser).ConfigureAwait(false);
        return [.. listed.Reports.Take(MaxReports).Select(r => new ReadReport(
            r, ServerReport.Open(r.EncryptedReport.Span, identity)))];
    }

    /// <summary>Who is banned.</summary>
    internal async Task<IReadOnlyList<BannedUser>> BannedAsync(string server) => [.. (await AskAsync(
        server, RpcMethod.ListBanned, new ListBannedRequest(), ListBannedResponse.Parser).ConfigureAwait(false))
            .Users.Take(MaxBans)];

    private static string NotReached(string server) =>
        $"{server} cannot be reached, or takes no more of that now: try again later";

    private async Task<ByteString> KeyAsync(string server, string user)
    {
        if (user.Length == 2 * Ed25519.PublicKeySize && user.All(char.IsAsciiHexDigit))
            return ByteString.CopyFrom(Convert.FromHexString(user));
        ServerAnswer<byte[]> found = await accounts.FindUserAsync(server, user, "").ConfigureAwait(false);
        return found.Value is { } key ? ByteString.CopyFrom(key) : throw ControlException.Refused(found.Status switch
        {
            ServerStatus.NotFound => $"nobody on {server} is called {user}",
            ServerStatus.Gone => NotReached(server),
            _ => $"{server} does not prove who {user} is ({found.Status}): name the key",
        });
    }

    private async Task<T> AskAsync<T>(string server, RpcMethod method, IMessage request, MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        ServerAnswer<T> answer = await accounts.AskAsync(server, method, request, parser, static r => r)
            .ConfigureAwait(false);
        return answer.Value ?? throw ControlException.Refused(answer.Status switch
        {
            ServerStatus.Forbidden => $"{server} does not let this account: only its moderators may do that, and to "
                + "others than moderators",
            ServerStatus.NotFound => $"{server} does not know that, or has no moderation",
            ServerStatus.Gone => NotReached(server),
            _ => $"{server} does not answer that ({answer.Status})",
        });
    }
}
