using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Tests.Postgres;
using QuicProChat.Mesh.Server.Tests.Stores;
using QuicProChat.Mesh.Server.Tests.Wire;

namespace QuicProChat.Mesh.Server.Tests.Federation;

/// <summary>Two servers, and clients of both; the same over SQLite and over PostgreSQL.</summary>
public abstract class FederationContract : IAsyncLifetime
{
    private const string A = "a.example", B = "b.example", C = "c.example";

    private readonly Realm _realm = new();

    private protected abstract Task<string?> DatabaseAsync();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        _realm.Dispose();
        return Task.CompletedTask;
    }

    [ContractFact]
    public async Task A_message_goes_to_a_user_of_another_server_once_with_that_servers_proof()
    {
        await using TestServer a = await StartAsync(A, B), b = await StartAsync(B, A);
        await using TestClient alice = await TestClient.JoinAsync(a, "wss", "alice");
        await using TestClient bob = await TestClient.JoinAsync(b, "wss", "bob");
        ResolveUserResponse found = await alice.CallAsync(
            RpcMethod.ResolveUser, new ResolveUserRequest { Username = "bob", Domain = B }, ResolveUserResponse.Parser);
        Assert.Equal(bob.Key, found.IdentityKey);
        ResolveIdentityResponse named = await alice.CallAsync(
            RpcMethod.ResolveIdentity, new ResolveIdentityRequest { IdentityKey = bob.Key, Domain = B },
            ResolveIdentityResponse.Parser);
        Assert.Equal("bob", named.Username);
        HealthResponse own = await bob.CallAsync(RpcMethod.Health, new HealthRequest(), HealthResponse.Parser);
        HealthResponse told = await alice.CallAsync(
            RpcMethod.Health, new HealthRequest { Domain = B }, HealthResponse.Parser);
        Assert.Equal((B, B, own.ServerKey), (own.Domain, told.Domain, told.ServerKey));

        EnqueueRequest message = To(bob, 1, B);
        EnqueueResponse sent = await alice.CallAsync(RpcMethod.Enqueue, message, EnqueueResponse.Parser);
        Assert.True(DeliveryProof.TryVerify(sent.DeliveryProof.Span, own.ServerKey.Span, message, out _));
        EnqueueResponse again = await alice.CallAsync(RpcMethod.Enqueue, message, EnqueueResponse.Parser);
        Assert.Equal((true, sent.Seq, sent.DeliveryProof), (again.Duplicate, again.Seq, again.DeliveryProof));
        Assert.Equal("hello", Assert.Single((await bob.FetchAsync()).Payloads).Data.ToStringUtf8());
        Assert.Empty((await alice.FetchAsync()).Payloads);
        // A server's own domain is the server itself.
        Assert.Equal(RpcStatus.Ok, await bob.StatusAsync(RpcMethod.Enqueue, To(bob, 2, B)));
        Assert.Equal(RpcStatus.NotFound, await alice.StatusAsync(RpcMethod.Enqueue, To(bob, 3, A)));
        Assert.Equal(RpcStatus.NotFound, await alice.StatusAsync(RpcMethod.Enqueue, To(alice, 3, B)));
        Assert.Equal(RpcStatus.Conflict,
            await alice.StatusAsync(RpcMethod.Enqueue, new EnqueueRequest(message)
            {
                Payload = ByteString.CopyFromUtf8("other"),
            }));
    }

    [ContractFact]
    public async Task KeyPackages_go_to_users_of_another_server_each_once_and_in_bounds()
    {
        await using TestServer a = await StartAsync(A, B), b = await StartAsync(B, A);
        await using TestClient alice = await TestClient.JoinAsync(a, "wss", "alice");
        await using TestClient bob = await TestClient.JoinAsync(b, "wss", "bob");
        for (byte i = 0; i < 10; i++)
            await bob.CallAsync(
                RpcMethod.UploadKeyPackage,
                new UploadKeyPackageRequest { IdentityKey = bob.Key, Package = ByteString.CopyFrom(i, 1, 2) },
                UploadKeyPackageResponse.Parser);
        FetchKeyPackageRequest request = new() { IdentityKey = bob.Key, Domain = B };
        HashSet<ByteString> taken = [];
        for (int i = 0; i < 5; i++)
            taken.Add((await alice.CallAsync(
                RpcMethod.FetchKeyPackage, request, FetchKeyPackageResponse.Parser)).Package);
        Assert.Equal(5, taken.Count);
        // All users of a server are one there: another one of them gets none either.
        await using TestClient carol = await TestClient.JoinAsync(a, "wss", "carol");
        Assert.Equal(RpcStatus.RateLimited, await carol.StatusAsync(RpcMethod.FetchKeyPackage, request));
    }

    [ContractFact]
    public async Task Of_two_commits_at_once_from_two_servers_one_wins_and_nothing_of_the_other_is_stored()
    {
        await using TestServer a = await StartAsync(A, B), b = await StartAsync(B, A);
        await using TestClient alice = await TestClient.JoinAsync(a, "wss", "alice");
        await using TestClient carol = await TestClient.JoinAsync(a, "wss", "carol");
        await using TestClient bob = await TestClient.JoinAsync(b, "wss", "bob");
        // The creator's server orders; a copy for oneself holds the number where nobody else is there.
        Assert.Equal(RpcStatus.Ok, await CommitAsync(alice, "", 0, [Member(B, bob)], To(alice, 1), To(carol, 1)));
        for (int epoch = 1; epoch <= 10; epoch++)
        {
            int number = epoch * 10;
            RpcStatus[] both = await Task.WhenAll(
                CommitAsync(alice, A, (ulong)epoch, [Member(B, bob)], To(carol, number)),
                CommitAsync(bob, A, (ulong)epoch, [Member(B, bob)], To(alice, number + 1), To(carol, number + 1)));
            Assert.Equal([RpcStatus.Ok, RpcStatus.StaleEpoch], both.Order());
            // Whoever's answer was lost asks again, and has won still.
            bool isOfBob = both[1] == RpcStatus.Ok;
            Assert.Equal(RpcStatus.Ok, isOfBob
                ? await CommitAsync(
                    bob, A, (ulong)epoch, [Member(B, bob)], To(alice, number + 1), To(carol, number + 1))
                : await CommitAsync(alice, A, (ulong)epoch, [Member(B, bob)], To(carol, number)));
        }

        Assert.Equal(11, (await carol.FetchAsync()).Payloads.Count);
        // Another server does not speak for bob, and b not for somebody of its own who is no member.
        await using TestClient dave = await TestClient.JoinAsync(b, "wss", "dave");
        Assert.Equal(RpcStatus.Forbidden, await CommitAsync(dave, A, 11, [], To(carol, 900)));
        await using RawPeer c = await ConnectAsThirdAsync(a);
        (RpcStatus status, _) = await c.CallAsync(RpcMethod.RelayBatchEnqueue, C, A, new RelayBatchEnqueueRequest
        {
            SenderKey = bob.Key,
            Batch = Batch(11, [], To(carol, 901)),
        });
        Assert.Equal(RpcStatus.Forbidden, status);
        (status, _) = await c.CallAsync(RpcMethod.RelayBatchEnqueue, C, A, new RelayBatchEnqueueRequest
        {
            SenderKey = alice.Key,
            Batch = Batch(11, [], To(carol, 902)),
        });
        Assert.Equal(RpcStatus.Forbidden, status);
        Assert.Equal(11, (await carol.FetchAsync()).Payloads.Count);
    }

    [ContractFact]
    public async Task All_users_of_another_server_together_fill_an_eighth_of_an_inbox()
    {
        await using TestServer a = await TestServer.StartAsync(o => o with
        {
            Federation = _realm.Options(A, B, C),
            Limits = o.Limits with { MaxInboxMessages = 80 },
        });
        await using TestClient alice = await TestClient.JoinAsync(a, "wss", "alice");
        await using RawPeer b = await _realm.ConnectAsync(A, B);
        for (int i = 0; i < 12; i++)
        {
            byte[] sender = new byte[32];
            sender[0] = (byte)i;
            (RpcStatus status, _) = await b.CallAsync(RpcMethod.RelayEnqueue, B, A, new RelayEnqueueRequest
            {
                SenderKey = ByteString.CopyFrom(sender),
                Message = To(alice, i),
            });
            Assert.Equal(i < 10 ? RpcStatus.Ok : RpcStatus.Unavailable, status);
        }

        await using RawPeer c = await _realm.ConnectAsync(A, C);
        Assert.Equal(RpcStatus.Ok, (await c.CallAsync(RpcMethod.RelayEnqueue, C, A, new RelayEnqueueRequest
        {
            SenderKey = alice.Key,
            Message = To(alice, 100),
        })).Status);
    }

    private async Task<TestServer> StartAsync(string domain, params string[] peers) =>
        await _realm.StartAsync(_realm.Options(domain, [.. peers, C]), await DatabaseAsync());

    private Task<RawPeer> ConnectAsThirdAsync(TestServer server)
    {
        Assert.Equal(_realm.PortOf(A), server.BoundFederation.Port);
        return _realm.ConnectAsync(A, C);
    }

    private static EnqueueRequest To(TestClient to, int number, string domain = "")
    {
        EnqueueRequest message = TestClient.Message(to.Key, number);
        message.Domain = domain;
        return message;
    }

    private static MemberElsewhere Member(string domain, TestClient client) =>
        new() { Domain = domain, IdentityKey = client.Key };

    private static BatchEnqueueRequest Batch(
        ulong epoch, IReadOnlyList<MemberElsewhere> elsewhere, params EnqueueRequest[] messages) => new()
        {
            GroupId = ByteString.CopyFromUtf8("group"),
            Epoch = epoch,
            Elsewhere = { elsewhere },
            Items = { messages },
        };

    private static Task<RpcStatus> CommitAsync(
        TestClient from, string domain, ulong epoch, IReadOnlyList<MemberElsewhere> elsewhere,
        params EnqueueRequest[] messages)
    {
        BatchEnqueueRequest batch = Batch(epoch, elsewhere, messages);
        batch.Domain = domain;
        return from.StatusAsync(RpcMethod.BatchEnqueue, batch);
    }
}

/// <summary>The contract over SQLite.</summary>
public sealed class SqliteFederationTests : FederationContract
{
    private protected override Task<string?> DatabaseAsync() => Task.FromResult<string?>(null);
}

/// <summary>The contract over PostgreSQL.</summary>
[Collection(PostgresCluster.Collection)]
public sealed class PostgresFederationTests(PostgresCluster cluster) : FederationContract
{
    private protected override async Task<string?> DatabaseAsync() => await cluster.MakeDatabaseAsync();
}
