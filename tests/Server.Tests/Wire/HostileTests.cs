using System.Net.WebSockets;
using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Tests.Wire;

public class HostileTests
{
    /// <summary>Where a server speaks with no other, it does not have them.</summary>
    private static readonly RpcMethod[] OfServers =
    [
        RpcMethod.RelayEnqueue, RpcMethod.RelayBatchEnqueue, RpcMethod.ProxyFetchKeyPackage,
        RpcMethod.ProxyResolveUser, RpcMethod.FederationHealth,
    ];

    [Theory, OverWebSocket, OverQuic]
    public async Task Without_a_session_nothing_but_the_way_to_one_is_answered(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient stranger = new(server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "alice");
        RpcMethod[] open =
        [
            RpcMethod.Authenticate, RpcMethod.OpaqueRegisterStart, RpcMethod.OpaqueRegisterFinish,
            RpcMethod.OpaqueLoginStart,
            RpcMethod.OpaqueLoginFinish, RpcMethod.FetchRecoveryBundle, RpcMethod.Health,
        ];
        foreach (RpcMethod method in OfServers)
            Assert.Equal(RpcStatus.NotFound, await stranger.StatusAsync(method, new Failure()));
        foreach (RpcMethod method in Enum.GetValues<RpcMethod>().Except(open).Except(OfServers))
            Assert.Equal(RpcStatus.Unauthenticated, await stranger.StatusAsync(method, new Failure()));
        Assert.Equal(RpcStatus.Unauthenticated,
            await stranger.StatusAsync(
                RpcMethod.Authenticate, new Auth { AccessToken = ByteString.CopyFrom(new byte[32]) }));
        Assert.Equal(RpcStatus.NotFound, await stranger.StatusAsync((RpcMethod)999, new Failure()));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Fields_of_the_wrong_size_are_bad_requests_in_every_method(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        ByteString odd = ByteString.CopyFrom(new byte[31]);
        (RpcMethod, IMessage)[] requests =
        [
            (RpcMethod.Enqueue,
                new EnqueueRequest { RecipientKey = odd, MessageId = ByteString.CopyFrom(new byte[16]),
                    Payload = odd }),
            (RpcMethod.Enqueue, new EnqueueRequest { RecipientKey = alice.Key, MessageId = odd, Payload = odd }),
            (RpcMethod.Enqueue,
                new EnqueueRequest { RecipientKey = alice.Key, MessageId = ByteString.CopyFrom(new byte[16]) }),
            (RpcMethod.Enqueue,
                new EnqueueRequest { RecipientKey = alice.Key, MessageId = ByteString.CopyFrom(new byte[16]),
                    Payload = odd, ChannelId = odd }),
            (RpcMethod.BatchEnqueue, new BatchEnqueueRequest()),
            (RpcMethod.BatchEnqueue,
                new BatchEnqueueRequest { Items = { TestClient.Message(alice.Key, 1) },
                    GroupId = ByteString.CopyFrom(new byte[65]) }),
            (RpcMethod.Fetch, new FetchRequest { RecipientKey = odd }),
            (RpcMethod.FetchWait, new FetchWaitRequest { RecipientKey = alice.Key, ChannelId = odd }),
            (RpcMethod.Ack, new AckRequest { RecipientKey = alice.Key, DeviceId = odd }),
            (RpcMethod.FetchKeyPackage, new FetchKeyPackageRequest { IdentityKey = odd }),
            (RpcMethod.FetchKeyPackages, new FetchKeyPackagesRequest { IdentityKey = odd }),
            (RpcMethod.UploadKeyPackage, new UploadKeyPackageRequest { IdentityKey = alice.Key }),
            (RpcMethod.CreateChannel, new CreateChannelRequest { PeerKey = odd }),
            (RpcMethod.CreateChannel, new CreateChannelRequest { PeerKey = alice.Key }),
            (RpcMethod.ResolveIdentity, new ResolveIdentityRequest { IdentityKey = odd }),
            (RpcMethod.Authenticate, new Auth { AccessToken = odd, DeviceId = odd }),
            (RpcMethod.OpaqueRegisterStart, new OpaqueRegisterStartRequest { Username = "Bob" }),
            (RpcMethod.OpaqueLoginStart,
                new OpaqueLoginStartRequest { Username = "bob", Request = ByteString.CopyFrom(new byte[96]) }),
            (RpcMethod.OpaqueRegisterFinish,
                new OpaqueRegisterFinishRequest { Username = "bob", Upload = ByteString.CopyFrom(new byte[192]) }),
        ];
        foreach ((RpcMethod method, IMessage request) in requests)
            Assert.Equal(RpcStatus.BadRequest, await alice.StatusAsync(method, request));
        foreach (ByteString id in new[] { odd, ByteString.CopyFrom(new byte[16]) })
        {
            Assert.Equal(RpcStatus.BadRequest, await alice.ProvenStatusAsync(
                RpcMethod.RevokeDevice, (proof, identity) => ProvenCall.RevokeDevice(proof, identity, id.Span)));
        }

        foreach (RpcMethod method in Enum.GetValues<RpcMethod>().Except(OfServers))
        {
            // A length that the message does not have.
            RpcReply reply =
                await alice.Connection!.CallAsync(method, new byte[] { 0x0A, 0x7F, 1 }, CancellationToken.None);
            Assert.Equal(RpcStatus.BadRequest, reply.Status);
        }
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Requests_of_every_method_cut_and_altered_anywhere_are_answered_and_none_is_a_fault_of_the_server(
        string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        ByteString device = ByteString.CopyFrom([.. Enumerable.Repeat((byte)9, 16)]);
        (RpcMethod Method, IMessage Request)[] requests =
        [
            (RpcMethod.OpaqueRegisterStart, new OpaqueRegisterStartRequest { Username = "carol", Request = bob.Key }),
            (RpcMethod.OpaqueRegisterFinish,
                new OpaqueRegisterFinishRequest { Username = "carol", Upload = ByteString.CopyFrom(new byte[192]),
                    IdentityKey = bob.Key }),
            (RpcMethod.OpaqueLoginStart,
                new OpaqueLoginStartRequest { Username = "bob", Request = ByteString.CopyFrom(new byte[96]) }),
            (RpcMethod.OpaqueLoginFinish,
                new OpaqueLoginFinishRequest { Username = "bob", Finalization = ByteString.CopyFrom(new byte[64]),
                    IdentityKey = bob.Key }),
            (RpcMethod.Enqueue, TestClient.Message(bob.Key, 1)),
            (RpcMethod.BatchEnqueue,
                new BatchEnqueueRequest { Items = { TestClient.Message(bob.Key, 2), TestClient.Message(alice.Key, 3) },
                    GroupId = device, Epoch = ulong.MaxValue }),
            (RpcMethod.Fetch, new FetchRequest { RecipientKey = alice.Key, Limit = 5 }),
            (RpcMethod.Peek, new FetchRequest { RecipientKey = alice.Key, Limit = uint.MaxValue }),
            (RpcMethod.FetchWait, new FetchWaitRequest { RecipientKey = alice.Key, TimeoutMs = 1 }),
            (RpcMethod.Ack, new AckRequest { RecipientKey = alice.Key, SeqUpTo = ulong.MaxValue }),
            (RpcMethod.UploadKeyPackage,
                new UploadKeyPackageRequest { IdentityKey = alice.Key, Package = device, LastResort = true }),
            (RpcMethod.FetchKeyPackage, new FetchKeyPackageRequest { IdentityKey = bob.Key }),
            (RpcMethod.FetchKeyPackages, new FetchKeyPackagesRequest { IdentityKey = bob.Key }),
            (RpcMethod.CreateChannel, new CreateChannelRequest { PeerKey = bob.Key }),
            (RpcMethod.ResolveUser, new ResolveUserRequest { Username = "bob" }),
            (RpcMethod.ResolveIdentity, new ResolveIdentityRequest { IdentityKey = bob.Key }),
            (RpcMethod.RegisterDevice,
                new RegisterDeviceRequest { DeviceId = device, DeviceName = "phone", IdentityProof = bob.Key }),
            (RpcMethod.RevokeDevice, new RevokeDeviceRequest { DeviceId = device, IdentityProof = bob.Key }),
            (RpcMethod.DeleteAccount, new DeleteAccountRequest { IdentityProof = bob.Key }),
            (RpcMethod.Authenticate,
                new Auth { AccessToken = bob.Key, DeviceId = device, DeviceKey = bob.Key, DeviceProof = bob.Key }),
        ];
        List<byte[]> altered = [];
        foreach ((RpcMethod method, IMessage request) in requests)
        {
            byte[] bytes = request.ToByteArray();
            altered.Clear();
            for (int length = 0; length <= bytes.Length; length++)
                altered.Add(bytes[..length]);
            for (int at = 0; at < bytes.Length; at++)
                altered.Add([.. bytes[..at], (byte)(bytes[at] ^ (1 << (at % 8))), .. bytes[(at + 1)..]]);
            RpcReply[] replies =
                await Task.WhenAll(altered.Select(a => alice.Connection!.CallAsync(method, a, CancellationToken.None)));
            Assert.All(replies, r => Assert.InRange(r.Status, RpcStatus.Ok, RpcStatus.StaleEpoch));
        }

        // What was meant for Alice is still there to be read.
        await alice.SendAsync(alice, 99, "still here");
        Assert.Contains((await alice.FetchAsync(RpcMethod.Peek)).Payloads, p => p.Data.ToStringUtf8() == "still here");
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task A_message_that_fits_no_answer_is_too_large(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        EnqueueRequest request = TestClient.Message(alice.Key, 1);
        request.Payload = ByteString.CopyFrom(new byte[FrameCodec.MaxPayload - 1023]);
        Assert.Equal(RpcStatus.TooLarge, await alice.StatusAsync(RpcMethod.Enqueue, request));
        request.Payload = ByteString.CopyFrom(new byte[FrameCodec.MaxPayload - 1024]);
        Assert.Equal(RpcStatus.Ok, await alice.StatusAsync(RpcMethod.Enqueue, request));
        Assert.Equal(request.Payload, Assert.Single((await alice.FetchAsync()).Payloads).Data);
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task A_flood_is_slowed_down_and_costs_the_others_nothing(string transport)
    {
        await using TestServer server =
            await TestServer.StartAsync(o => o with { Rates = o.Rates with { Calls = new Rate(50, 1) } });
        await using TestClient mallory = await TestClient.JoinAsync(server, transport, "mallory");
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        RpcStatus[] statuses =
            await Task.WhenAll(Enumerable.Range(0, 300)
                .Select(i => mallory.StatusAsync(RpcMethod.Enqueue, TestClient.Message(alice.Key, i))));
        Assert.InRange(statuses.Count(s => s == RpcStatus.Ok), 49, 60);
        Assert.All(statuses, s => Assert.True(s is RpcStatus.Ok or RpcStatus.RateLimited));
        Assert.Equal(statuses.Count(s => s == RpcStatus.Ok), (await alice.FetchAsync()).Payloads.Count);
    }

    [Fact]
    public async Task A_frame_of_five_MiB_is_too_large_and_the_others_go_on()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        using ClientWebSocket socket = await ConnectAsync(server);
        byte[] frame = new byte[FrameCodec.RequestHeaderSize + (5 * 1024 * 1024)];
        FrameCodec.Write(new RequestHeader(RpcMethod.Health, 7, 5 * 1024 * 1024), frame);
        Task sending = socket.SendAsync(frame, WebSocketMessageType.Binary, true, CancellationToken.None);
        ResponseHeader answer = await ReceiveAsync(socket);
        Assert.Equal((RpcStatus.TooLarge, 7u), (answer.Status, answer.RequestId));
        await Task.WhenAny(sending);
        Assert.Equal(RpcStatus.Ok, await alice.StatusAsync(RpcMethod.Health, new HealthRequest()));
    }

    [Fact]
    public async Task Who_is_sent_away_and_takes_no_notice_has_nothing_done_any_more()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        await using TestClient bob = await TestClient.JoinAsync(server, "wss", "bob");
        using ClientWebSocket socket = await ConnectAsync(server);
        await SendAsync(
            socket, RpcMethod.Authenticate, new Auth { AccessToken = ByteString.CopyFrom(alice.Token.Span) });
        Assert.Equal(RpcStatus.Ok, (await ReceiveAsync(socket)).Status);
        using LocalIdentity phone = LocalIdentity.Generate();
        await alice.RegisterDeviceAsync(phone);

        // It does not read, so that it does not see that it is to go; each call once lengthened its stay.
        long until = Environment.TickCount64 + 30_000;
        int sent = 0;
        try
        {
            while (Environment.TickCount64 < until)
            {
                await SendAsync(socket, RpcMethod.Enqueue, TestClient.Message(bob.Key, ++sent));
                await Task.Delay(50);
            }
        }
        catch (WebSocketException)
        {
            // The connection is gone.
        }

        Assert.True(Environment.TickCount64 < until, $"it stayed, and sent {sent} calls");
        Assert.Empty((await bob.FetchAsync()).Payloads);
    }

    [Theory]
    [InlineData("00", null)]
    [InlineData("0322000000070000000500", RpcStatus.BadRequest)]
    [InlineData("03220000000700000000ff", RpcStatus.BadRequest)]
    [InlineData("0322000000070000000000ffff", RpcStatus.BadRequest)]
    [InlineData("03220000000700000000", RpcStatus.Ok)]
    public async Task A_frame_that_lies_about_its_length_is_refused_in_one_piece_and_in_many(
        string hex, RpcStatus? expected)
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach (bool inPieces in new[] { false, true })
        {
            using ClientWebSocket socket = await ConnectAsync(server);
            byte[] frame = Convert.FromHexString(hex);
            for (int i = 0; inPieces && i < frame.Length - 1; i++)
                await socket.SendAsync(frame.AsMemory(i, 1), WebSocketMessageType.Binary, false,
                    CancellationToken.None);
            await socket.SendAsync(inPieces ? frame.AsMemory(frame.Length - 1) : frame, WebSocketMessageType.Binary,
                true, CancellationToken.None);
            if (expected is { } status)
                Assert.Equal((status, 7u),
                    (await ReceiveAsync(socket) is var answer ? answer.Status : default, answer.RequestId));
            if (expected == RpcStatus.Ok)
                continue;
            WebSocketReceiveResult end = await socket.ReceiveAsync(new byte[100], CancellationToken.None);
            Assert.Equal(WebSocketCloseStatus.ProtocolError, end.CloseStatus);
        }
    }

    [Theory]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "http://localhost", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Host", "evil.example", 421)]
    [InlineData("Origin", "https://localhost", 101)]
    [InlineData("Origin", "https://chat.example.org", 101)]
    [InlineData("Host", "localhost:1", 101)]
    public async Task A_page_of_somebody_else_does_not_connect(string header, string value, int status)
    {
        await using TestServer server =
            await TestServer.StartAsync(o => o with { Origins = ["https://chat.example.org"] });
        using ClientWebSocket socket = new();
        socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader(header, value);
        try
        {
            await socket.ConnectAsync(new Uri($"wss://{server.Bound.Authority}/rpc"), CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The status says which.
        }

        Assert.Equal(status, (int)socket.HttpStatusCode);
    }

    [Fact]
    public async Task Metrics_count_what_was_called_and_are_told_at_their_own_address_only()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        for (int i = 0; i < 3; i++)
            await alice.SendAsync(alice, i);
        Assert.Equal(RpcStatus.NotFound, await alice.StatusAsync((RpcMethod)999, new HealthRequest()));
        using HttpClient http =
            new(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true });
        string metrics = await http.GetStringAsync(new Uri(server.Metrics, "/metrics"));
        Assert.Contains("qpc_server_calls_total{method=\"200\",status=\"0\"} 3\n", metrics);
        Assert.Contains("qpc_server_calls_total{method=\"0\",status=\"4\"} 1\n", metrics);
        Assert.Contains("qpc_server_connections 1\n", metrics);
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri(server.Metrics, "/health")));
        using HttpRequestMessage foreign =
            new(HttpMethod.Get, new Uri(server.Metrics, "/metrics")) { Headers = { Host = "evil.example" } };
        Assert.Equal(421, (int)(await http.SendAsync(foreign)).StatusCode);
        Assert.Equal(404, (int)(await http.GetAsync(new Uri(server.Bound, "/metrics"))).StatusCode);
    }

    [Fact]
    public async Task Who_holds_all_places_of_one_source_does_not_hold_more()
    {
        await using TestServer server = await TestServer.StartAsync(o => o with { MaxClientsPerSource = 3 });
        List<ClientWebSocket> sockets = [];
        for (int i = 0; i < 3; i++)
            sockets.Add(await ConnectAsync(server));
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(server));
        sockets[0].Dispose();
        // The place comes back as soon as the server has noticed.
        for (int tries = 0; ; tries++)
        {
            try
            {
                sockets.Add(await ConnectAsync(server));
                break;
            }
            catch (WebSocketException) when (tries < 50)
            {
                await Task.Delay(50);
            }
        }

        sockets.ForEach(s => s.Dispose());
    }

    private static async Task<ClientWebSocket> ConnectAsync(TestServer server)
    {
        ClientWebSocket socket = new();
        socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        await socket.ConnectAsync(new Uri($"wss://{server.Bound.Authority}/rpc"), CancellationToken.None);
        return socket;
    }

    private static async Task SendAsync(ClientWebSocket socket, RpcMethod method, IMessage request)
    {
        byte[] frame = new byte[FrameCodec.RequestHeaderSize + request.CalculateSize()];
        FrameCodec.Write(new RequestHeader(method, 7, (uint)request.CalculateSize()), frame);
        request.WriteTo(frame.AsSpan(FrameCodec.RequestHeaderSize));
        await socket.SendAsync(frame, WebSocketMessageType.Binary, true, CancellationToken.None);
    }

    private static async Task<ResponseHeader> ReceiveAsync(ClientWebSocket socket)
    {
        byte[] answer = new byte[4096];
        WebSocketReceiveResult received = await socket.ReceiveAsync(answer, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(FrameCodec.TryReadWhole(answer.AsMemory(0, received.Count), out ResponseHeader header, out _));
        return header;
    }
}
