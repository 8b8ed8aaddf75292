using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Reports and bans: methods 420 to 425.</summary>
internal sealed class ModerationCalls(
    IModerationStore moderation, RateLimits rates, ClientRegistry clients, ILogger<ModerationCalls> logger)
{
    // Arbitrary.
    private const int MaxReport = 24 * 1024;
    private const int MaxConversation = 64;
    private const int MaxReason = 200;
    private const int MaxListed = 50;
    private const ulong MaxSeconds = 100UL * 365 * 24 * 3600;

    internal IEnumerable<CallHandler> Handlers =>
    [
        CallHandler.For(RpcMethod.ReportMessage, ReportMessageRequest.Parser, ReportAsync),
        CallHandler.For(RpcMethod.BanUser, BanUserRequest.Parser, BanAsync),
        CallHandler.For(RpcMethod.UnbanUser, UnbanUserRequest.Parser, UnbanAsync),
        CallHandler.For(RpcMethod.ListReports, ListReportsRequest.Parser, ListReportsAsync),
        CallHandler.For(RpcMethod.ListBanned, ListBannedRequest.Parser, ListBannedAsync),
        CallHandler.For(RpcMethod.ListModerators, ListModeratorsRequest.Parser, ListModeratorsAsync),
    ];

    /// <summary>What somebody who is banned is told.</summary>
    internal static CallException Banned(StoredBan ban) => Refusal.Forbidden(
        "This account is banned" + (ban.ExpiresMs == 0 ? "" : " until " + DateTimeOffset
            .FromUnixTimeMilliseconds(ban.ExpiresMs).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)
            + " UTC") + (ban.Reason.Length == 0 ? "." : $": {ban.Reason}"));

    private async Task<IMessage> ReportAsync(Call call, ReportMessageRequest request)
    {
        if (request.EncryptedReport.IsEmpty || request.ConversationId.Length > MaxConversation)
            throw Refusal.BadRequest(
                $"encrypted_report is not empty; conversation_id has at most {MaxConversation} bytes.");
        if (request.EncryptedReport.Length > MaxReport)
            throw new CallException(RpcStatus.TooLarge, $"A report may have {MaxReport} bytes.");
        rates.TakeReport(call.Account.Identity);
        return await moderation.AddReportAsync(
            call.Account.Identity, request.EncryptedReport.Memory, request.ConversationId.Memory)
            ? new ReportMessageResponse { Accepted = true }
            : throw new CallException(RpcStatus.Unavailable, "There are as many reports as there may be.");
    }

    private async Task<IMessage> BanAsync(Call call, BanUserRequest request)
    {
        await RequireModeratorAsync(call);
        IdentityKey banned = ReadKey(request.IdentityKey);
        if (request.Reason.Length > MaxReason || request.DurationSecs > MaxSeconds)
            throw Refusal.BadRequest($"reason has at most {MaxReason} characters, duration_secs {MaxSeconds} at most.");
        if (await moderation.IsModeratorAsync(banned))
            throw Refusal.Forbidden("A moderator is not banned: the operator removes it first.");
        if (!await moderation.BanAsync(banned, request.Reason, (long)request.DurationSecs * 1000))
            throw new CallException(RpcStatus.Unavailable, "There are as many bans as there may be.");
        Audit.Banned(logger, Hex(banned), call.Account.Username, call.Client.Address);
        foreach (ClientSession client in clients.Of(banned))
            client.Close("the account is banned");
        return new BanUserResponse { Success = true };
    }

    private async Task<IMessage> UnbanAsync(Call call, UnbanUserRequest request)
    {
        await RequireModeratorAsync(call);
        IdentityKey banned = ReadKey(request.IdentityKey);
        if (!await moderation.UnbanAsync(banned))
            throw Refusal.NotFound("This key is not banned.");
        Audit.Unbanned(logger, Hex(banned), call.Account.Username, call.Client.Address);
        return new UnbanUserResponse { Success = true };
    }

    private async Task<IMessage> ListReportsAsync(Call call, ListReportsRequest request)
    {
        await RequireModeratorAsync(call);
        ListReportsResponse response = new();
        foreach (StoredReport report in await moderation.ListReportsAsync(
            (int)Math.Min(request.Offset, int.MaxValue), (int)Math.Clamp(request.Limit, 1, MaxListed)))
        {
            response.Reports.Add(new Report
            {
                Id = (ulong)report.Id,
                EncryptedReport = ByteString.CopyFrom(report.Body),
                ConversationId = ByteString.CopyFrom(report.Conversation),
                ReporterIdentity = ByteString.CopyFrom(report.Reporter.ToArray()),
                Timestamp = (ulong)report.TimeMs,
            });
        }

        return response;
    }

    private async Task<IMessage> ListBannedAsync(Call call, ListBannedRequest request)
    {
        await RequireModeratorAsync(call);
        ListBannedResponse response = new();
        foreach (StoredBan ban in await moderation.ListBansAsync())
        {
            response.Users.Add(new BannedUser
            {
                IdentityKey = ByteString.CopyFrom(ban.Identity.ToArray()),
                Reason = ban.Reason,
                BannedAt = (ulong)ban.SinceMs,
                ExpiresAt = (ulong)ban.ExpiresMs,
            });
        }

        return response;
    }

    private async Task<IMessage> ListModeratorsAsync(Call call, ListModeratorsRequest request)
    {
        rates.TakeLookup(call.Account.Identity);
        ListModeratorsResponse response = new();
        response.IdentityKeys.AddRange((await moderation.ListModeratorsAsync())
            .Select(m => ByteString.CopyFrom(m.Identity.ToArray())));
        return response;
    }

    private async Task RequireModeratorAsync(Call call)
    {
        if (!await moderation.IsModeratorAsync(call.Account.Identity))
            throw Refusal.Forbidden("You are no moderator of this server.");
    }

    private static string Hex(IdentityKey key) => Convert.ToHexStringLower(key.ToArray());

    private static IdentityKey ReadKey(ByteString bytes) => IdentityKey.TryRead(bytes.Span, out IdentityKey key) ? key
        : throw Refusal.BadRequest($"identity_key has {IdentityKey.Size} bytes.");
}
