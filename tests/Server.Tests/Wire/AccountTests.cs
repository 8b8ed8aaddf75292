using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores.Sqlite;

namespace QuicProChat.Mesh.Server.Tests.Wire;

public class AccountTests
{
    [Theory, OverWebSocket, OverQuic]
    public async Task Who_registered_logs_in_and_nobody_else_does(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient mallory = new(server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "alice");
        foreach ((string name, byte[] password, ReadOnlyMemory<byte> key) in new[]
        {
            ("alice", "wrong"u8.ToArray(), alice.Identity.PublicKey),
                ("nobody", TestClient.Password, alice.Identity.PublicKey),
            ("alice", TestClient.Password, mallory.Identity.PublicKey),
        })
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(
                () => mallory.Account.LoginAsync(name, password, key, CancellationToken.None));
            Assert.Equal(RpcStatus.Unauthenticated, refused.Status);
        }

        ReadOnlyMemory<byte> token = await mallory.Account.LoginAsync(
            "alice", TestClient.Password, alice.Identity.PublicKey, CancellationToken.None);
        Assert.Equal(32, token.Length);
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Nobody_registers_a_key_of_somebody_else_or_a_name_twice(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient mallory =
            new(server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "mallory");
        Assert.Equal(RpcStatus.Conflict, await RegisterAsync(mallory, "alice"));
        OpaqueRegisterFinishRequest stolen = new()
        {
            Username = "mallory",
            Upload = ByteString.CopyFrom([.. mallory.Identity.PublicKey.Span, .. new byte[160]]),
            IdentityKey = alice.Key,
            IdentityProof = ByteString.CopyFrom(new byte[64]),
        };
        // Whether these 32 bytes are an element is chance; neither way it is registered.
        Assert.True(await mallory.StatusAsync(RpcMethod.OpaqueRegisterFinish, stolen) is RpcStatus.Forbidden
            or RpcStatus.BadRequest);
        Assert.Equal(RpcStatus.NotFound,
            await alice.StatusAsync(RpcMethod.ResolveUser, new ResolveUserRequest { Username = "mallory" }));
    }

    [Theory]
    [InlineData((int)RegistrationPolicy.Closed)]
    [InlineData((int)RegistrationPolicy.Invite)]
    public async Task A_server_registers_whom_its_operator_lets(int policy)
    {
        await using TestServer server =
            await TestServer.StartAsync(o => o with { Registration = (RegistrationPolicy)policy });
        await using TestClient alice = new(server.Endpoint("wss"), ServerTrust.Key(server.Fingerprint), "alice");
        Assert.Equal(RpcStatus.Forbidden, await RegisterAsync(alice, "alice", "not an invitation"));
        string invitation = Invitations.Make(RandomSource.System);
        SqliteInvites.Add(server.DataDirectory, Invitations.Hash(invitation));
        bool invited = (RegistrationPolicy)policy == RegistrationPolicy.Invite;
        Assert.Equal(invited ? RpcStatus.Ok : RpcStatus.Forbidden, await RegisterAsync(alice, "alice", invitation));
        await using TestClient bob = new(server.Endpoint("wss"), ServerTrust.Key(server.Fingerprint), "bob");
        Assert.Equal(RpcStatus.Forbidden, await RegisterAsync(bob, "bob", invitation));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Passwords_are_tried_no_more_often_than_the_rate_known_name_or_not(string transport)
    {
        await using TestServer server = await TestServer.StartAsync(
            o => o with { Rates = o.Rates with { LoginsPerName = new Rate(4, 0.001) } });
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        foreach (string name in new[] { "alice", "nobody" })
        {
            List<RpcStatus> statuses = [];
            for (int i = 0; i < 6; i++)
            {
                RpcException refused = await Assert.ThrowsAsync<RpcException>(
                    () => alice.Account.LoginAsync(name, "wrong"u8.ToArray(), alice.Identity.PublicKey,
                        CancellationToken.None));
                statuses.Add(refused.Status);
                Assert.Equal(refused.Status == RpcStatus.RateLimited, refused.RetryAfter > TimeSpan.FromSeconds(1));
            }

            // Alice logged in once already.
            int free = name == "alice" ? 3 : 4;
            Assert.Equal([.. Enumerable.Repeat(RpcStatus.Unauthenticated, free),
                .. Enumerable.Repeat(RpcStatus.RateLimited, 6 - free)], statuses);
        }
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task The_second_step_of_a_login_belongs_to_the_connection_of_the_first_and_to_one_try(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        OpaqueLoginFinishRequest finish =
            new() { Username = "alice", Finalization = ByteString.CopyFrom(new byte[64]), IdentityKey = alice.Key };
        Assert.Equal(RpcStatus.BadRequest, await alice.StatusAsync(RpcMethod.OpaqueLoginFinish, finish));
        using Identity.Opaque.OpaqueLogin login =
            new("x"u8, Identity.Opaque.OpaqueSettings.Default, RandomSource.System);
        await alice.CallAsync(
            RpcMethod.OpaqueLoginStart,
            new OpaqueLoginStartRequest { Username = "alice", Request = ByteString.CopyFrom(login.Ke1.Span) },
            OpaqueLoginStartResponse.Parser);
        Assert.Equal(RpcStatus.Unauthenticated, await alice.StatusAsync(RpcMethod.OpaqueLoginFinish, finish));
        Assert.Equal(RpcStatus.BadRequest, await alice.StatusAsync(RpcMethod.OpaqueLoginFinish, finish));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task The_token_of_a_deleted_account_opens_nothing_and_its_connections_end(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient second =
            new(server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "alice", alice.Identity);
        await second.AuthenticateAsync(alice.Token);
        Assert.True((await alice.DeleteAccountAsync()).Success);
        await second.Connection!.Closed.WaitAsync(TimeSpan.FromSeconds(10));
        await alice.Connection!.Closed.WaitAsync(TimeSpan.FromSeconds(10));
        await using TestClient third = new(server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "alice");
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => third.AuthenticateAsync(alice.Token));
        Assert.Equal(RpcStatus.Unauthenticated, refused.Status);
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task A_revoked_device_is_put_out_at_once_and_its_token_is_dead(string transport)
    {
        using LocalIdentity phone = LocalIdentity.Generate();
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient laptop = await TestClient.JoinAsync(server, transport, "alice");
        await laptop.RegisterDeviceAsync(phone);
        await using TestClient lost =
            new(server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "alice", laptop.Identity);
        await lost.LogInAsync(phone);
        Assert.Single((await laptop.CallAsync(RpcMethod.ListDevices, new ListDevicesRequest(),
            ListDevicesResponse.Parser)).Devices);
        await laptop.RevokeDeviceAsync(phone);
        await lost.Connection!.Closed.WaitAsync(TimeSpan.FromSeconds(10));
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => lost.AuthenticateAsync(lost.Token, phone));
        Assert.Equal(RpcStatus.Unauthenticated, refused.Status);
        Assert.False(laptop.Connection!.Closed.IsCompleted);
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task A_key_that_changed_is_an_error_and_no_question(string transport)
    {
        string pins = Path.Combine(Directory.CreateTempSubdirectory("qpc-pins-").FullName, "pins");
        string known;
        await using (TestServer server = await TestServer.StartAsync())
        {
            await using TestClient first =
                new(server.Endpoint(transport), ServerTrust.FirstUse(new PinFile(pins), "example.org"), "alice");
            Assert.Equal(RpcStatus.Ok, await first.StatusAsync(RpcMethod.Health, new HealthRequest()));
            known = server.Fingerprint;
        }

        Assert.Equal(known, new PinFile(pins).Find("example.org"));
        await using TestServer other = await TestServer.StartAsync();
        await using TestClient second =
            new(other.Endpoint(transport), ServerTrust.FirstUse(new PinFile(pins), "example.org"), "alice");
        IOException refused =
            await Assert.ThrowsAsync<IOException>(() => second.StatusAsync(RpcMethod.Health, new HealthRequest()));
        Assert.Contains($"Expected {known}, seen {other.Fingerprint}", refused.Message);
        Directory.Delete(Path.GetDirectoryName(pins)!, recursive: true);
    }

    private static async Task<RpcStatus> RegisterAsync(TestClient client, string name, string invitation = "")
    {
        try
        {
            await client.Account.RegisterAsync(name, TestClient.Password, client.Identity, invitation,
                CancellationToken.None);
            return RpcStatus.Ok;
        }
        catch (RpcException e)
        {
            return e.Status;
        }
    }
}
