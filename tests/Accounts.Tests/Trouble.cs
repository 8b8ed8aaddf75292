using Google.Protobuf;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Connections that break, keys that run out, servers that lie.</summary>
public sealed class Trouble
{
    [Fact]
    public async Task Over_a_connection_that_breaks_again_and_again_every_message_comes_once()
    {
        const int Messages = 60;
        await using LocalServer server = await LocalServer.StartAsync();
        await using BreakingCable cable = new(server.Port) { IsMended = true };
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        string way = $"127.0.0.1:{cable.Port}";
        await alice.RegisterAsync(way, "alice");
        await bob.RegisterAsync(way, "bob");
        await alice.SayAsync($"bob@{way}", "0", "delivered").WaitAsync(Scene.Patience);
        cable.IsMended = false;
        string[] texts = [.. Enumerable.Range(0, Messages).Select(i => $"{i}")];
        foreach (string text in texts[1..])
            await alice.SayAsync($"bob@{way}", text);
        using var limit = new CancellationTokenSource(Scene.Patience);
        while (cable.Breaks < 4 && !limit.IsCancellationRequested)
            await Task.Delay(20);
        cable.IsMended = true;
        await bob.HasTextsAsync(texts);
        Assert.InRange(cable.Breaks, 4, int.MaxValue);
        await Scene.UntilAsync(
            async () => (await alice.AskAsync(Commands.Messages, new() { Limit = 100 })).All(m =>
                m.State == "delivered"),
            "every one is known to have arrived");
    }

    [Fact]
    public async Task A_batch_that_is_read_again_changes_nothing_and_a_gap_is_counted()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        (ServerConversations sender, ServerConversations receiver) = (alice.Node.Servers, bob.Node.Servers);
        var port = new PortInMemory();
        await port.JoinAsync("there", "alice", alice);
        await port.JoinAsync("there", "bob", bob);
        await alice.SayAsync("bob@there", "one", "delivered").WaitAsync(Scene.Patience);
        // What the server gave and whose acknowledgement was lost comes again, all of it.
        foreach ((ReadOnlyMemory<byte> channel, ServerBatch batch) in port.Read("bob"))
            Assert.True(await receiver.ReceiveAsync("there", channel, batch));
        Assert.Equal(["one"], await bob.TextsAsync());
        ulong next = port.Read("bob").Where(r => r.Channel.IsEmpty).Max(r => r.Batch.Envelopes[^1].Sequence) + 1;
        Assert.True(await receiver.ReceiveAsync("there", default,
            new ServerBatch([new ServerEnvelope(next + 4, new byte[9])], next + 4)));
        Assert.Equal(4UL, Assert.Single(await receiver.ListAccountsAsync()).Lost);
        Assert.True(await receiver.ReceiveAsync("there", default, new ServerBatch([], next + 10)));
        Assert.Equal(9UL, Assert.Single(await receiver.ListAccountsAsync()).Lost);
        Assert.Equal(0L, sender.Counters[ServerCount.Lost]);
    }

    [Fact]
    public async Task A_server_keeps_the_first_name_that_it_tells_and_gets_none_of_another()
    {
        await using var alice = new TestNode("alice");
        var port = new PortInMemory();
        await port.JoinAsync("here", "alice", alice);
        await port.JoinAsync("there", "alice", alice);
        ServerConversations servers = alice.Node.Servers;
        Assert.True(await servers.SetDomainAsync("here", "a.example"));
        foreach (string later in (string[])["b.example", "", "a.example"])
            Assert.False(await servers.SetDomainAsync("here", later));
        foreach (string taken in (string[])["a.example", "here", "not a name"])
            Assert.False(await servers.SetDomainAsync("there", taken));
        Assert.True(await servers.SetDomainAsync("there", "b.example"));
    }

    [Fact]
    public async Task What_a_server_alters_invents_or_cuts_is_refused_and_the_conversation_goes_on()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        var port = new PortInMemory();
        await port.JoinAsync("there", "alice", alice);
        await port.JoinAsync("there", "bob", bob);
        await alice.SayAsync("bob@there", "one", "delivered").WaitAsync(Scene.Patience);
        ServerConversations receiver = bob.Node.Servers;
        List<byte[]> seen = [.. port.Stored.Select(m => m.ToArray())];
        Assert.InRange(seen.Count, 3, 10);
        var random = new Random(11);
        ulong sequence = 1_000;
        long failed = receiver.Counters[ServerCount.Failed];
        foreach (byte[] whole in seen)
        {
            for (int i = 0; i < 300; i++)
            {
                byte[] altered = [.. whole];
                int at = random.Next(altered.Length);
                altered[at] ^= (byte)(1 << random.Next(8));
                if (i % 3 == 0)
                    altered = altered[..random.Next(altered.Length)];
                Assert.True(await receiver.ReceiveAsync("there", default,
                    new ServerBatch([new ServerEnvelope(++sequence, altered)], 1)));
            }
        }

        Assert.Equal(failed, receiver.Counters[ServerCount.Failed]);
        Assert.Equal(["one"], await bob.TextsAsync());
        Assert.Equal("delivered", (await alice.SayAsync("bob@there", "two",
            "delivered").WaitAsync(Scene.Patience)).State);
        await bob.HasTextsAsync("one", "two");
        // A receipt that the server makes up proves nothing.
        port.HoldsBack = true;
        SendInfo third = await alice.SayAsync("bob@there", "three", "forwarded").WaitAsync(Scene.Patience);
        byte[] invented = [0x52, .. new byte[16], 1, .. Convert.FromHexString(third.Id), .. new byte[24]];
        bob.Identity.Address.Write(invented.AsSpan(1));
        Assert.True(await alice.Node.Servers.ReceiveAsync("there", default,
            new ServerBatch([new ServerEnvelope(5_000, invented)], 1)));
        Assert.Equal("forwarded", (await alice.AskAsync(Commands.Message, new() { Id = third.Id })).State);
    }

    [Fact]
    public async Task A_KeyPackage_that_was_used_is_replaced_and_the_last_one_is_the_flagged_one()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        await using RpcClient bobs = await SecondSessionAsync(server, bob, "bob");
        await Scene.UntilAsync(async () => await LeftAsync(bobs, bob) == 10, "ten lie at the server");
        await alice.SayAsync($"bob@{server.Name}", "one", "delivered").WaitAsync(Scene.Patience);
        await Scene.UntilAsync(async () => await LeftAsync(bobs, bob) == 10, "the used one is replaced");

        await using RpcClient alices = await SecondSessionAsync(server, alice, "alice");
        HashSet<string> taken = [];
        RpcException? limited = null;
        for (int i = 0; i < 20 && limited is null; i++)
        {
            try
            {
                FetchKeyPackageResponse package = await alices.CallAsync(
                    RpcMethod.FetchKeyPackage, new FetchKeyPackageRequest { IdentityKey = Key(bob) },
                        FetchKeyPackageResponse.Parser,
                    CancellationToken.None);
                Assert.True(package.LastResort || taken.Add(package.Package.ToBase64()));
            }
            catch (RpcException e)
            {
                limited = e;
            }
        }

        // One caller does not drain them: the server's limit comes before.
        Assert.Equal(RpcStatus.RateLimited, limited?.Status);
        Assert.InRange(taken.Count, 1, 9);
    }

    private static ByteString Key(TestNode node) => ByteString.CopyFrom(node.Identity.PublicKey.Span);

    private static async Task<RpcClient> SecondSessionAsync(LocalServer server, TestNode node, string user)
    {
        Assert.True(ServerEndpoint.TryParse(server.Name, out ServerEndpoint? endpoint, out _));
        var client = new RpcClient(
            token => endpoint.ConnectAsync(ServerTrust.Key(server.Fingerprint), null, token), new RpcClientOptions(),
            TimeProvider.System, new Random(1));
        var account = new Rpc.Account(client, Identity.Opaque.OpaqueSettings.Default, Identity.RandomSource.System);
        ReadOnlyMemory<byte> token = await account.LoginAsync(
            user, "correct horse battery staple"u8.ToArray(), node.Identity.PublicKey, CancellationToken.None);
        await client.AuthenticateAsync(token, node.Identity, CancellationToken.None);
        return client;
    }

    /// <summary>
    /// How many KeyPackages for one use are left: a package that is there already is uploaded again, which changes
    /// nothing.
    /// </summary>
    private static async Task<uint> LeftAsync(RpcClient client, TestNode node) => (await client.CallAsync(
        RpcMethod.UploadKeyPackage,
        new UploadKeyPackageRequest
        {
            IdentityKey = Key(node),
            Package = ByteString.CopyFrom(await node.Node.Servers.MakeKeyPackageAsync(
                (await node.Node.Servers.ListAccountsAsync())[0].Server, isLastResort: true)),
            LastResort = true,
        },
        UploadKeyPackageResponse.Parser, CancellationToken.None)).Available;
}
