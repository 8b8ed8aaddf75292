using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about reports and bans on servers.</summary>
internal static class ModerationHandlers
{
    private const int MaxHours = 24 * 365 * 10;

    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.AccountReport, ReportAsync),
        CommandHandler.For(Commands.AccountBan, BanAsync),
        CommandHandler.For(Commands.AccountUnban, UnbanAsync),
        CommandHandler.For(Commands.AccountReports, ReportsAsync),
        CommandHandler.For(Commands.AccountBanned, BannedAsync),
    ];

    private static async Task<DoneInfo> ReportAsync(MeshNode node, AccountReportRequest request)
    {
        EnvelopeId id = MessageIds.Find(node, Commands.AccountReport, request.Id);
        await node.SettleAsync().ConfigureAwait(false);
        (string server, ConversationId conversation, ServerReport report) =
            await node.Servers.ReportAsync(id, request.Reason ?? "").ConfigureAwait(false);
        await Of(node).ReportAsync(server, conversation, report).ConfigureAwait(false);
        return new DoneInfo($"{id} is reported to the moderators of {server}; nobody else can read the report");
    }

    private static async Task<DoneInfo> BanAsync(MeshNode node, AccountBanRequest request)
    {
        (string server, string user) = (AccountHandlers.ServerOf(request.Server),
            AccountHandlers.Needed(request.User, "user"));
        if (request.Hours is < 1 or > MaxHours)
            throw ControlException.Usage($"\"hours\" is 1 to {MaxHours}; without it the ban has no end");
        await Of(node).BanAsync(server, user, request.Reason ?? "", (ulong)(request.Hours ?? 0) * 3600)
            .ConfigureAwait(false);
        return new DoneInfo($"{user} is banned on {server}");
    }

    private static async Task<DoneInfo> UnbanAsync(MeshNode node, AccountUnbanRequest request)
    {
        (string server, string user) = (AccountHandlers.ServerOf(request.Server),
            AccountHandlers.Needed(request.User, "user"));
        await Of(node).UnbanAsync(server, user).ConfigureAwait(false);
        return new DoneInfo($"{user} is not banned on {server} any more");
    }

    private static async Task<IReadOnlyList<ServerReportInfo>> ReportsAsync(
        MeshNode node, AccountReportsRequest request) =>
        [.. (await Of(node).ReportsAsync(
            AccountHandlers.ServerOf(request.Server), (uint)Math.Max(0, request.Skip ?? 0)).ConfigureAwait(false))
            .Select(r => new ServerReportInfo(
                (long)Math.Min(r.Sent.Id, long.MaxValue), Convert.ToHexStringLower(r.Sent.ReporterIdentity.Span),
                At(r.Sent.Timestamp))
            {
                Author = r.Content is { } content ? Convert.ToHexStringLower(content.AuthorKey) : null,
                Message = r.Content?.Message.ToString(),
                Reason = r.Content?.Reason,
                Text = r.Content?.Text,
            })];

    private static async Task<IReadOnlyList<ServerBanInfo>> BannedAsync(
        MeshNode node, AccountBannedRequest request) =>
        [.. (await Of(node).BannedAsync(AccountHandlers.ServerOf(request.Server)).ConfigureAwait(false)).Select(b =>
            new ServerBanInfo(Convert.ToHexStringLower(b.IdentityKey.Span), b.Reason, At(b.BannedAt))
            {
                Until = b.ExpiresAt == 0 ? null : At(b.ExpiresAt),
            })];

    private static ModerationClient Of(MeshNode node) => new(node.Identity, node.Accounts);

    // A time that a server says; one beyond the calendar is its end.
    private static DateTimeOffset At(ulong ms) => DateTimeOffset.FromUnixTimeMilliseconds(
        (long)Math.Min(ms, (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
