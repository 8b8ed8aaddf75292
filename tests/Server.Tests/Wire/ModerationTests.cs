using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores.Sqlite;

namespace QuicProChat.Mesh.Server.Tests.Wire;

public class ModerationTests
{
    [Theory, OverWebSocket, OverQuic]
    public async Task Who_is_banned_is_put_out_has_no_session_and_sends_nothing_until_the_ban_ends(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient moderator = await ModeratorAsync(server, transport);
        await using TestClient mallory = await TestClient.JoinAsync(server, transport, "mallory");
        await mallory.SendAsync(moderator, 1);
        await moderator.CallAsync(
            RpcMethod.BanUser, new BanUserRequest { IdentityKey = mallory.Key, Reason = "spam", DurationSecs = 3600 },
            BanUserResponse.Parser);
        await mallory.Connection!.Closed.WaitAsync(TimeSpan.FromSeconds(30));
        await using TestClient again =
            new(server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "mallory", mallory.Identity);
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => again.AuthenticateAsync(mallory.Token));
        Assert.Equal(RpcStatus.Forbidden, refused.Status);
        Assert.Contains("banned until", refused.Message);
        Assert.Contains("spam", refused.Message);
        refused = await Assert.ThrowsAsync<RpcException>(() => again.LogInAsync());
        Assert.Equal(RpcStatus.Forbidden, refused.Status);
        Assert.Equal(RpcStatus.Unauthenticated,
            await again.StatusAsync(RpcMethod.Enqueue, TestClient.Message(moderator.Key, 2)));
        BannedUser banned = Assert.Single((await moderator.CallAsync(
            RpcMethod.ListBanned, new ListBannedRequest(), ListBannedResponse.Parser)).Users);
        Assert.Equal((mallory.Key, "spam", 3_600_000UL),
            (banned.IdentityKey, banned.Reason, banned.ExpiresAt - banned.BannedAt));
        await moderator.CallAsync(
            RpcMethod.UnbanUser, new UnbanUserRequest { IdentityKey = mallory.Key }, UnbanUserResponse.Parser);
        await again.AuthenticateAsync(mallory.Token);
        await again.SendAsync(moderator, 2);
        Assert.Equal(RpcStatus.NotFound, await moderator.StatusAsync(
            RpcMethod.UnbanUser, new UnbanUserRequest { IdentityKey = mallory.Key }));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Only_moderators_read_reports_and_ban_and_moderators_are_not_banned(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient moderator = await ModeratorAsync(server, transport);
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        foreach ((RpcMethod method, IMessage request) in new (RpcMethod, IMessage)[]
        {
            (RpcMethod.BanUser, new BanUserRequest { IdentityKey = moderator.Key }),
            (RpcMethod.UnbanUser, new UnbanUserRequest { IdentityKey = alice.Key }),
            (RpcMethod.ListReports, new ListReportsRequest { Limit = 10 }),
            (RpcMethod.ListBanned, new ListBannedRequest()),
        })
            Assert.Equal(RpcStatus.Forbidden, await alice.StatusAsync(method, request));
        Assert.Equal(RpcStatus.Forbidden, await moderator.StatusAsync(
            RpcMethod.BanUser, new BanUserRequest { IdentityKey = moderator.Key }));
        Assert.Equal(moderator.Key, Assert.Single((await alice.CallAsync(
            RpcMethod.ListModerators, new ListModeratorsRequest(), ListModeratorsResponse.Parser)).IdentityKeys));
        foreach (BanUserRequest request in (BanUserRequest[])[
            new() { IdentityKey = ByteString.CopyFrom(new byte[31]) },
            new() { IdentityKey = alice.Key, Reason = new string('x', 201) },
            new() { IdentityKey = alice.Key, DurationSecs = ulong.MaxValue }])
            Assert.Equal(RpcStatus.BadRequest, await moderator.StatusAsync(RpcMethod.BanUser, request));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Reports_are_kept_as_they_came_and_have_a_rate_and_a_size(string transport)
    {
        await using TestServer server = await TestServer.StartAsync(
            o => o with { Rates = o.Rates with { Reports = new Rate(2, 0.001) } });
        await using TestClient moderator = await ModeratorAsync(server, transport);
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        Assert.Equal(RpcStatus.BadRequest, await alice.StatusAsync(
            RpcMethod.ReportMessage, new ReportMessageRequest()));
        Assert.Equal(RpcStatus.TooLarge, await alice.StatusAsync(
            RpcMethod.ReportMessage,
            new ReportMessageRequest { EncryptedReport = ByteString.CopyFrom(new byte[(24 * 1024) + 1]) }));
        for (byte i = 1; i <= 2; i++)
        {
            Assert.True((await alice.CallAsync(
                RpcMethod.ReportMessage,
                new ReportMessageRequest
                {
                    EncryptedReport = ByteString.CopyFrom(i),
                    ConversationId = ByteString.CopyFrom(new byte[16]),
                }, ReportMessageResponse.Parser)).Accepted);
        }

        Assert.Equal(RpcStatus.RateLimited, await alice.StatusAsync(
            RpcMethod.ReportMessage, new ReportMessageRequest { EncryptedReport = ByteString.CopyFrom(3) }));
        ListReportsResponse listed = await moderator.CallAsync(
            RpcMethod.ListReports, new ListReportsRequest { Limit = 1, Offset = 1 }, ListReportsResponse.Parser);
        Report report = Assert.Single(listed.Reports);
        Assert.Equal((1, alice.Key), (report.EncryptedReport[0], report.ReporterIdentity));
    }

    private static async Task<TestClient> ModeratorAsync(TestServer server, string transport)
    {
        TestClient moderator = await TestClient.JoinAsync(server, transport, "mod");
        Assert.True(SqliteModerators.With(server.DataDirectory, m => m.Add("mod", 16)));
        return moderator;
    }
}
