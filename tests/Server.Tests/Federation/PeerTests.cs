using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores.Sqlite;
using QuicProChat.Mesh.Server.Tests.Wire;

namespace QuicProChat.Mesh.Server.Tests.Federation;

/// <summary>Other servers that are not who they say, or do not answer.</summary>
public sealed class PeerTests : IDisposable
{
    private const string A = "a.example", B = "b.example", C = "c.example";

    private readonly Realm _realm = new();

    public void Dispose() => _realm.Dispose();

    [Fact]
    public async Task A_certificate_of_b_does_not_call_as_a()
    {
        await using TestServer c = await _realm.StartAsync(_realm.Options(C, A, B));
        await using TestClient carol = await TestClient.JoinAsync(c, "wss", "carol");
        await using RawPeer b = await _realm.ConnectAsync(C, B);
        RelayEnqueueRequest message = new()
        {
            SenderKey = carol.Key,
            Message = TestClient.Message(carol.Key, 1),
        };
        (RpcStatus status, string words) = await b.CallAsync(RpcMethod.RelayEnqueue, A, C, message);
        Assert.Equal(RpcStatus.Forbidden, status);
        Assert.Contains("origin", words);
        Assert.Empty((await carol.FetchAsync()).Payloads);
        Assert.Equal(RpcStatus.Ok, (await b.CallAsync(RpcMethod.RelayEnqueue, B, C, message)).Status);
    }

    [Fact]
    public async Task Who_is_banned_sends_nothing_from_another_server_either()
    {
        await using TestServer c = await _realm.StartAsync(_realm.Options(C, A, B));
        await using TestClient carol = await TestClient.JoinAsync(c, "wss", "carol");
        await using TestClient moderator = await TestClient.JoinAsync(c, "wss", "mod");
        Assert.True(SqliteModerators.With(c.DataDirectory, m => m.Add("mod", 16)));
        await using RawPeer b = await _realm.ConnectAsync(C, B);
        ByteString mallory = ByteString.CopyFrom(
            Convert.FromHexString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
        RelayEnqueueRequest message = new() { SenderKey = mallory, Message = TestClient.Message(carol.Key, 1) };
        RelayBatchEnqueueRequest batch = new()
        {
            SenderKey = mallory,
            Batch = new BatchEnqueueRequest { Items = { TestClient.Message(carol.Key, 2) } },
        };
        Assert.Equal(RpcStatus.Ok, await moderator.StatusAsync(
            RpcMethod.BanUser, new BanUserRequest { IdentityKey = mallory, Reason = "insults" }));
        (RpcStatus status, string words) = await b.CallAsync(RpcMethod.RelayEnqueue, B, C, message);
        Assert.Equal(RpcStatus.Forbidden, status);
        Assert.Contains("banned", words);
        Assert.Equal(RpcStatus.Forbidden, (await b.CallAsync(RpcMethod.RelayBatchEnqueue, B, C, batch)).Status);
        Assert.Empty((await carol.FetchAsync()).Payloads);
    }

    [Fact]
    public async Task Nothing_is_relayed_to_a_third_server_and_nothing_goes_into_channels()
    {
        await using TestServer c = await _realm.StartAsync(_realm.Options(C, A, B));
        await using TestClient carol = await TestClient.JoinAsync(c, "wss", "carol");
        await using RawPeer b = await _realm.ConnectAsync(C, B);
        EnqueueRequest elsewhere = TestClient.Message(carol.Key, 1), inChannel = TestClient.Message(carol.Key, 2);
        elsewhere.Domain = A;
        inChannel.ChannelId = ByteString.CopyFrom(new byte[15].Append((byte)1).ToArray());
        foreach (EnqueueRequest message in (EnqueueRequest[])[elsewhere, inChannel])
        {
            Assert.Equal(RpcStatus.Forbidden, (await b.CallAsync(RpcMethod.RelayEnqueue, B, C,
                new RelayEnqueueRequest { SenderKey = carol.Key, Message = message })).Status);
            Assert.Equal(RpcStatus.Forbidden, (await b.CallAsync(RpcMethod.RelayBatchEnqueue, B, C,
                new RelayBatchEnqueueRequest
                {
                    SenderKey = carol.Key,
                    Batch = new BatchEnqueueRequest { Items = { TestClient.Message(carol.Key, 3), message } },
                })).Status);
        }

        BatchEnqueueRequest batch = new() { Items = { TestClient.Message(carol.Key, 3) }, Domain = A };
        Assert.Equal(RpcStatus.Forbidden, (await b.CallAsync(RpcMethod.RelayBatchEnqueue, B, C,
            new RelayBatchEnqueueRequest { SenderKey = carol.Key, Batch = batch })).Status);
        Assert.Empty((await carol.FetchAsync()).Payloads);
    }

    [Fact]
    public async Task What_a_server_got_it_cannot_hand_to_a_third_one()
    {
        await using TestServer c = await _realm.StartAsync(_realm.Options(C, A, B));
        await using TestClient carol = await TestClient.JoinAsync(c, "wss", "carol");
        await using RawPeer a = await _realm.ConnectAsync(C, A), b = await _realm.ConnectAsync(C, B);
        RelayEnqueueRequest message = new()
        {
            SenderKey = carol.Key,
            Message = TestClient.Message(carol.Key, 1),
        };
        FederationRequest toB = SignedCall.Sign(
            RpcMethod.RelayEnqueue, A, B, message, DateTimeOffset.UtcNow, a.Own.Certificate);
        // By b itself, by b as c's, and by a mistake of a's.
        Assert.Contains("origin", (await b.CallAsync(RpcMethod.RelayEnqueue, toB)).Words);
        Assert.Contains("destination", (await a.CallAsync(RpcMethod.RelayEnqueue, toB)).Words);
        FederationRequest changed = new(toB) { Destination = C };
        Assert.Contains("signature", (await a.CallAsync(RpcMethod.RelayEnqueue, changed)).Words);
        FederationRequest toC = SignedCall.Sign(
            RpcMethod.RelayEnqueue, A, C, message, DateTimeOffset.UtcNow, a.Own.Certificate);
        // As another method, with another body, and later.
        Assert.Contains("signature", (await a.CallAsync(RpcMethod.ProxyResolveUser, toC)).Words);
        Assert.Contains("signature", (await a.CallAsync(
            RpcMethod.RelayEnqueue, new FederationRequest(toC) { Body = ByteString.Empty })).Words);
        foreach (int minutes in (int[])[-6, 6])
            Assert.Contains("time_ms", (await a.CallAsync(
                RpcMethod.RelayEnqueue, A, C, message, TimeSpan.FromMinutes(minutes))).Words);
        Assert.Contains("time_ms", (await a.CallAsync(
            RpcMethod.RelayEnqueue, new FederationRequest(toC) { TimeMs = ulong.MaxValue })).Words);
        Assert.Empty((await carol.FetchAsync()).Payloads);
        Assert.Equal(RpcStatus.Ok, (await a.CallAsync(RpcMethod.RelayEnqueue, toC)).Status);
    }

    [Theory]
    [InlineData(A, C, true)]
    [InlineData(B, A, false)]
    [InlineData(B, C, false)]
    [InlineData("", "", false)]
    public async Task A_call_of_somebody_else_is_refused_before_anything_is_looked_up(
        string origin, string destination, bool isKnown)
    {
        FederationOptions options = _realm.Options(C, A);
        using FederationCertificate a = FederationCertificate.Open("", _realm.Options(A));
        RateLimits rates = new(new RateSettings(), TimeProvider.System);
        // There is nothing behind it: whatever is looked up is another exception.
        FederationCalls calls = new(
            options, null!, null!, null!, new PeerLimits(options, rates, TimeProvider.System),
            TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        using ClientSession session = new(IPAddress.Loopback, new Peer(a.Certificate, [A]));
        using Call call = new(session, new ByteBudget(1_000_000), CancellationToken.None);
        (RpcMethod, IMessage)[] asked =
        [
            (RpcMethod.RelayEnqueue, new RelayEnqueueRequest
            {
                SenderKey = ByteString.CopyFrom(new byte[32]),
                Message = TestClient.Message(ByteString.CopyFrom(new byte[32]), 1),
            }),
            (RpcMethod.ProxyResolveUser, new ProxyResolveUserRequest { Username = "carol" }),
        ];
        foreach ((RpcMethod method, IMessage body) in asked)
        {
            byte[] request = SignedCall.Sign(
                method, origin, destination, body, DateTimeOffset.UtcNow, a.Certificate).ToByteArray();
            CallHandler handler = calls.Handlers.Single(h => h.Method == method);
            Assert.Equal(Callers.Servers, handler.Callers);
            if (isKnown)
                await Assert.ThrowsAsync<NullReferenceException>(() => handler.RunAsync(call, request));
            else
                Assert.Equal(RpcStatus.Forbidden,
                    (await Assert.ThrowsAsync<CallException>(() => handler.RunAsync(call, request))).Status);
        }
    }

    [Fact]
    public async Task Cut_and_changed_calls_are_refused_and_harm_nobody()
    {
        await using TestServer c = await _realm.StartAsync(_realm.Options(C, A));
        await using RawPeer a = await _realm.ConnectAsync(C, A);
        byte[] whole = SignedCall.Sign(
            RpcMethod.FederationHealth, A, C, new FederationHealthRequest(), DateTimeOffset.UtcNow,
            a.Own.Certificate).ToByteArray();
        for (int length = 0; length < whole.Length; length++)
            Assert.NotEqual(RpcStatus.Ok, await StatusAsync(a, whole[..length]));
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] changed = [.. whole];
            changed[at] ^= 0x55;
            Assert.Contains(await StatusAsync(a, changed), (RpcStatus[])[RpcStatus.BadRequest, RpcStatus.Forbidden]);
        }

        Assert.Equal(RpcStatus.Ok, await StatusAsync(a, whole));
    }

    [Fact]
    public async Task Servers_call_what_is_for_servers_and_clients_do_not()
    {
        await using TestServer c = await _realm.StartAsync(_realm.Options(C, A));
        await using TestClient carol = await TestClient.JoinAsync(c, "wss", "carol");
        await using RawPeer a = await _realm.ConnectAsync(C, A);
        RpcMethod[] ofServers =
        [
            RpcMethod.RelayEnqueue, RpcMethod.RelayBatchEnqueue, RpcMethod.ProxyFetchKeyPackage,
            RpcMethod.ProxyResolveUser, RpcMethod.FederationHealth,
        ];
        foreach (RpcMethod method in Enum.GetValues<RpcMethod>())
        {
            if (ofServers.Contains(method))
                Assert.Equal(RpcStatus.Forbidden, await carol.StatusAsync(method, new Failure()));
            else
                Assert.Equal(RpcStatus.Forbidden, (await a.CallAsync(method, new Failure())).Status);
        }

        Assert.Equal(RpcStatus.NotFound, (await a.CallAsync((RpcMethod)903, new Failure())).Status);
    }

    [Fact]
    public async Task A_server_that_nobody_named_or_with_another_key_is_not_let_in_and_not_called()
    {
        using FederationCertificate real = FederationCertificate.Open("", _realm.Options(B));
        FederationOptions pinned = _realm.Options(A) with
        {
            Authorities = null,
            Peers = new Dictionary<string, NamedPeer>
            {
                [B] = _realm.Named(B, Rpc.Connections.ServerTrust.Fingerprint(real.Certificate)),
            },
        };
        await using TestServer a = await _realm.StartAsync(pinned), b = await _realm.StartAsync(_realm.Options(B, A));
        await using TestClient alice = await TestClient.JoinAsync(a, "wss", "alice");
        // Another certificate for b than the one that is pinned, one for c, one for nobody.
        foreach (string name in (string[])[B, C, "*.example"])
            await Assert.ThrowsAsync<IOException>(async () =>
            {
                await using RawPeer peer = await ConnectAsync(name);
                await peer.CallAsync(RpcMethod.FederationHealth, B, A, new FederationHealthRequest());
            });
        Assert.Equal(RpcStatus.Unavailable,
            await alice.StatusAsync(RpcMethod.Health, new HealthRequest { Domain = B }));
        foreach (string domain in (string[])[C, "localhost", "elsewhere.example"])
            Assert.Equal(RpcStatus.NotFound,
                await alice.StatusAsync(RpcMethod.Health, new HealthRequest { Domain = domain }));
        foreach (string domain in (string[])["127.0.0.1", "B.example", "b..example", new string('b', 300), "[::1]"])
            Assert.Equal(RpcStatus.BadRequest,
                await alice.StatusAsync(RpcMethod.Health, new HealthRequest { Domain = domain }));
    }

    [Fact]
    public async Task An_open_server_takes_who_has_a_certificate_and_connects_to_nothing_near_it()
    {
        await using TestServer a = await _realm.StartAsync(
            _realm.Options(A) with { Mode = FederationMode.Open });
        await using TestClient alice = await TestClient.JoinAsync(a, "wss", "alice");
        await using RawPeer b = await _realm.ConnectAsync(A, B, "www.b.example");
        RelayEnqueueRequest message = new()
        {
            SenderKey = alice.Key,
            Message = TestClient.Message(alice.Key, 1),
        };
        Assert.Equal(RpcStatus.Ok, (await b.CallAsync(RpcMethod.RelayEnqueue, B, A, message)).Status);
        Assert.Equal(RpcStatus.Unavailable,
            await alice.StatusAsync(RpcMethod.Health, new HealthRequest { Domain = "sub.localhost" }));
        Assert.Equal(RpcStatus.NotFound,
            await alice.StatusAsync(RpcMethod.Health, new HealthRequest { Domain = "localhost" }));
    }

    [Fact]
    public async Task A_silent_server_holds_up_nobody_but_who_writes_to_it()
    {
        using TcpListener silent = new(IPAddress.Loopback, _realm.PortOf(C));
        silent.Start();
        FederationOptions options = _realm.Options(A, B, C) with
        {
            CallPatience = TimeSpan.FromSeconds(2),
            DialPatience = TimeSpan.FromSeconds(1),
        };
        await using TestServer a = await _realm.StartAsync(options), b = await _realm.StartAsync(_realm.Options(B, A));
        await using TestClient alice = await TestClient.JoinAsync(a, "wss", "alice");
        await using TestClient bob = await TestClient.JoinAsync(b, "wss", "bob");
        Task<RpcStatus>[] stuck = [.. Enumerable.Range(0, 60).Select(i => Task.Run(() =>
            alice.StatusAsync(RpcMethod.Enqueue, To(bob, i, C))))];
        // Meanwhile the same user, over the same connection, reaches everybody else.
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(RpcStatus.Ok, await alice.StatusAsync(RpcMethod.Enqueue, To(alice, i, "")));
            await Eventually(() => alice.StatusAsync(RpcMethod.Enqueue, To(bob, i, B)));
        }

        Assert.All(await Task.WhenAll(stuck), s => Assert.Equal(RpcStatus.Unavailable, s));
        Assert.Equal(20, (await bob.FetchAsync()).Payloads.Count);
        // From then on it is refused at once for a while, with the time to try again.
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => alice.CallAsync(
            RpcMethod.Enqueue, To(bob, 99, C), EnqueueResponse.Parser));
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_server_that_is_back_is_reached_again()
    {
        FederationOptions options = _realm.Options(B, A);
        await using TestServer a = await _realm.StartAsync(_realm.Options(A, B));
        await using TestClient alice = await TestClient.JoinAsync(a, "wss", "alice");
        HealthRequest request = new() { Domain = B };
        Assert.Equal(RpcStatus.Unavailable, await alice.StatusAsync(RpcMethod.Health, request));
        await using (TestServer b = await _realm.StartAsync(options))
            await Eventually(() => alice.StatusAsync(RpcMethod.Health, request));
        Assert.Equal(RpcStatus.Unavailable, await alice.StatusAsync(RpcMethod.Health, request));
        await using TestServer again = await _realm.StartAsync(options);
        await Eventually(() => alice.StatusAsync(RpcMethod.Health, request));
    }

    [Fact]
    public async Task Rates_hold_for_each_server_and_for_all()
    {
        FederationOptions options = _realm.Options(C, A, B) with
        {
            Rates = new PeerRates { Calls = new Rate(5, 0.001), AllCalls = new Rate(8, 0.001) },
        };
        await using TestServer c = await _realm.StartAsync(options);
        await using RawPeer a = await _realm.ConnectAsync(C, A), b = await _realm.ConnectAsync(C, B);
        Assert.Equal(5, await CountAsync(a, A, 10));
        Assert.Equal(3, await CountAsync(b, B, 10));
    }

    [Fact]
    public void Only_addresses_of_the_public_internet_are_connected_to()
    {
        foreach (string near in (string[])["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.1.1",
            "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1",
            "::ffff:127.0.0.1", "2001:db8::1", "2002:7f00:1::1", "64:ff9b::7f00:1", "ff02::1"])
            Assert.False(PeerDialer.IsPublic(IPAddress.Parse(near)), near);
        foreach (string far in (string[])["9.9.9.9", "172.32.0.1", "100.128.0.1", "2620:fe::fe", "2001:4860::1"])
            Assert.True(PeerDialer.IsPublic(IPAddress.Parse(far)), far);
    }

    [Theory]
    [InlineData("b.example=wss://h:8444", true)]
    [InlineData("b.example=wss://h", true)]
    [InlineData("b.example=wss://h:8444,zz", false)]
    [InlineData("b.example=https://h:8444", false)]
    [InlineData("B.example=wss://h:8444", false)]
    [InlineData("127.0.0.1=wss://h:8444", false)]
    [InlineData("wss://h:8444", false)]
    [InlineData("b.example=wss://h:8444,", false)]
    [InlineData("b.example=wss://h,1,2", false)]
    public void A_named_server_is_read_or_the_mistake_is_told(string text, bool isRead)
    {
        Assert.Equal(isRead, FederationSettings.TryReadPeer(text, out NamedPeer? peer, out string? problem));
        Assert.Equal(isRead, peer is not null);
        Assert.Equal(isRead, problem is null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Both_kinds_of_keys_sign(bool useRsa)
    {
        FederationOptions options = _realm.Options(A) with { CertificateFile = _realm.CertificateFor(useRsa, A) };
        using FederationCertificate own = FederationCertificate.Open("", options);
        FederationRequest request = SignedCall.Sign(
            RpcMethod.FederationHealth, A, B, new FederationHealthRequest(), DateTimeOffset.UtcNow, own.Certificate);
        Assert.True(SignedCall.Verify(RpcMethod.FederationHealth, request, own.Certificate));
        Assert.False(SignedCall.Verify(RpcMethod.RelayEnqueue, request, own.Certificate));
        for (int length = 0; length < request.Signature.Length; length++)
            Assert.False(SignedCall.Verify(
                RpcMethod.FederationHealth,
                new FederationRequest(request) { Signature = ByteString.CopyFrom(request.Signature.Span[..length]) },
                own.Certificate));
        IOException wrong = Assert.Throws<IOException>(() =>
            FederationCertificate.Open("", options with { Domain = B }));
        Assert.Contains("SAN", wrong.Message);
    }

    private static async Task<RpcStatus> StatusAsync(RawPeer peer, byte[] request) =>
        (await peer.CallAsync(RpcMethod.FederationHealth, request)).Status;

    private static async Task<int> CountAsync(RawPeer peer, string origin, int calls)
    {
        int done = 0;
        for (int i = 0; i < calls; i++)
            done += (await peer.CallAsync(
                RpcMethod.FederationHealth, origin, C, new FederationHealthRequest())).Status == RpcStatus.Ok ? 1 : 0;
        return done;
    }

    private static async Task Eventually(Func<Task<RpcStatus>> call)
    {
        long start = Stopwatch.GetTimestamp();
        while (await call() != RpcStatus.Ok)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1));
            await Task.Delay(50);
        }
    }

    private Task<RawPeer> ConnectAsync(string name) => _realm.ConnectWithAsync(A, _realm.CertificateFor(name));

    private static EnqueueRequest To(TestClient to, int number, string domain)
    {
        EnqueueRequest message = TestClient.Message(to.Key, number);
        message.Domain = domain;
        return message;
    }
}
