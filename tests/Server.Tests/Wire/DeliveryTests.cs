using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Server.Tests.Wire;

public class DeliveryTests
{
    [Theory, OverWebSocket, OverQuic]
    public async Task A_message_wakes_who_waits_and_is_proven_to_its_sender(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        ResolveUserResponse found = await alice.CallAsync(
            RpcMethod.ResolveUser, new ResolveUserRequest { Username = "bob" }, ResolveUserResponse.Parser);
        Assert.Equal(bob.Key, found.IdentityKey);
        Task<FetchResponse> waiting = bob.WaitAsync(30_000);
        EnqueueRequest message = TestClient.Message(bob.Key, 1, "good morning");
        EnqueueResponse sent = await alice.CallAsync(RpcMethod.Enqueue, message, EnqueueResponse.Parser);
        Envelope envelope = Assert.Single((await waiting.WaitAsync(TimeSpan.FromSeconds(10))).Payloads);
        Assert.Equal("good morning", envelope.Data.ToStringUtf8());
        Assert.Equal((sent.Seq, message.MessageId), (envelope.Seq, envelope.MessageId));

        HealthResponse health = await alice.CallAsync(RpcMethod.Health, new HealthRequest(), HealthResponse.Parser);
        Assert.True(DeliveryProof.TryVerify(sent.DeliveryProof.Span, health.ServerKey.Span, message,
            out DeliveryProof proof));
        Assert.Equal((envelope.Seq, envelope.TimeMs), (proof.Sequence, proof.TimeMs));
        EnqueueResponse again = await alice.CallAsync(RpcMethod.Enqueue, message, EnqueueResponse.Parser);
        Assert.Equal((true, sent.Seq, sent.DeliveryProof), (again.Duplicate, again.Seq, again.DeliveryProof));
        Assert.Empty((await bob.WaitAsync(1)).Payloads.Skip(1));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task A_reply_that_was_lost_is_given_again_until_it_is_acknowledged(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => alice.SendAsync(bob, i)));
        FetchResponse first = await bob.FetchAsync();
        // The connection breaks; the client makes another one, and asks again.
        await bob.Connection!.DisposeAsync();
        FetchResponse second = await bob.FetchAsync();
        Assert.Equal(Enumerable.Range(1, 50).Select(i => (ulong)i), second.Payloads.Select(p => p.Seq));
        Assert.Equal(first, second);
        await bob.AckAsync(20);
        Assert.Equal(Enumerable.Range(21, 30).Select(i => (ulong)i),
            (await bob.FetchAsync(RpcMethod.Peek)).Payloads.Select(p => p.Seq));
        await bob.AckAsync(50);
        FetchResponse rest = await bob.FetchAsync();
        Assert.Equal((0, 51UL, 50UL), (rest.Payloads.Count, rest.OldestSeq, rest.NewestSeq));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task The_first_commit_of_an_epoch_wins_and_the_loser_retries(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        await using TestClient carol = await TestClient.JoinAsync(server, transport, "carol");
        await CommitAsync(alice, 0, TestClient.Message(bob.Key, 1, "welcome"));
        await CommitAsync(alice, 1, TestClient.Message(bob.Key, 2, "commit"),
            TestClient.Message(carol.Key, 3, "welcome"));
        RpcException stale = await Assert.ThrowsAsync<RpcException>(
            () => CommitAsync(bob, 1, TestClient.Message(alice.Key, 4, "commit"),
                TestClient.Message(carol.Key, 5, "another welcome")));
        Assert.Equal((RpcStatus.StaleEpoch, 2UL), (stale.Status, stale.Epoch));
        Assert.Single((await carol.FetchAsync()).Payloads);
        Assert.Empty((await alice.FetchAsync()).Payloads);
        BatchEnqueueResponse retried =
            await CommitAsync(bob, 2, TestClient.Message(alice.Key, 6, "commit"),
                TestClient.Message(carol.Key, 7, "commit"));
        Assert.Equal(2, retried.Results.Count);
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Key_packages_are_given_once_and_nobody_drains_them(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        await using TestClient mallory = await TestClient.JoinAsync(server, transport, "mallory");
        for (int i = 0; i < 8; i++)
        {
            UploadKeyPackageResponse uploaded = await bob.CallAsync(
                RpcMethod.UploadKeyPackage,
                new UploadKeyPackageRequest
                {
                    IdentityKey = bob.Key,
                    Package = ByteString.CopyFromUtf8($"package {i}"),
                    LastResort = i == 7
                },
                UploadKeyPackageResponse.Parser);
            Assert.Equal((uint)Math.Min(i + 1, 7), uploaded.Available);
        }

        FetchKeyPackageRequest fetch = new() { IdentityKey = bob.Key };
        HashSet<string> taken = [];
        for (int i = 0; i < 5; i++)
            Assert.True(taken.Add(
                (await mallory.CallAsync(RpcMethod.FetchKeyPackage, fetch,
                    FetchKeyPackageResponse.Parser)).Package.ToStringUtf8()));
        Assert.Equal(RpcStatus.RateLimited, await mallory.StatusAsync(RpcMethod.FetchKeyPackage, fetch));
        for (int i = 0; i < 4; i++)
        {
            FetchKeyPackageResponse package =
                await alice.CallAsync(RpcMethod.FetchKeyPackage, fetch, FetchKeyPackageResponse.Parser);
            Assert.Equal(i >= 2, package.LastResort);
            Assert.Equal(i != 3, taken.Add(package.Package.ToStringUtf8()));
        }

        Assert.Equal(RpcStatus.NotFound,
            await alice.StatusAsync(RpcMethod.FetchKeyPackage, new FetchKeyPackageRequest { IdentityKey = alice.Key }));
        Assert.Equal(
            RpcStatus.Forbidden,
            await mallory.StatusAsync(RpcMethod.UploadKeyPackage,
                new UploadKeyPackageRequest { IdentityKey = bob.Key, Package = ByteString.CopyFromUtf8("x") }));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Nobody_reads_writes_or_acknowledges_in_a_direct_channel_of_others(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        await using TestClient mallory = await TestClient.JoinAsync(server, transport, "mallory");
        CreateChannelResponse made = await alice.CallAsync(
            RpcMethod.CreateChannel, new CreateChannelRequest { PeerKey = bob.Key }, CreateChannelResponse.Parser);
        CreateChannelResponse same = await bob.CallAsync(
            RpcMethod.CreateChannel, new CreateChannelRequest { PeerKey = alice.Key }, CreateChannelResponse.Parser);
        Assert.Equal((true, false, made.ChannelId), (made.WasNew, same.WasNew, same.ChannelId));
        Assert.Equal(RpcStatus.Forbidden,
            await mallory.StatusAsync(RpcMethod.Enqueue, TestClient.Message(bob.Key, 1, channel: made.ChannelId)));
        Assert.Equal(
            RpcStatus.Forbidden,
            await mallory.StatusAsync(
                RpcMethod.Fetch, new FetchRequest { RecipientKey = mallory.Key, ChannelId = made.ChannelId }));
        Assert.Equal(
            RpcStatus.Forbidden,
            await mallory.StatusAsync(
                RpcMethod.Fetch, new FetchRequest { RecipientKey = bob.Key, ChannelId = made.ChannelId }));
        Assert.Equal(RpcStatus.Forbidden,
            await mallory.StatusAsync(RpcMethod.Ack, new AckRequest { RecipientKey = bob.Key, SeqUpTo = 9 }));
        Assert.Equal(RpcStatus.Ok,
            await alice.StatusAsync(RpcMethod.Enqueue, TestClient.Message(bob.Key, 2, channel: made.ChannelId)));
        FetchResponse content = await bob.CallAsync(
            RpcMethod.Fetch, new FetchRequest { RecipientKey = bob.Key, ChannelId = made.ChannelId },
            FetchResponse.Parser);
        Assert.Single(content.Payloads);
        Assert.Empty((await bob.FetchAsync()).Payloads);
    }

    private static Task<BatchEnqueueResponse> CommitAsync(
        TestClient from, ulong epoch, params EnqueueRequest[] messages) => from.CallAsync(
        RpcMethod.BatchEnqueue,
        new BatchEnqueueRequest { Items = { messages }, GroupId = ByteString.CopyFromUtf8("group"), Epoch = epoch },
        BatchEnqueueResponse.Parser);
}
