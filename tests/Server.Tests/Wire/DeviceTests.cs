using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Server.Tests.Wire;

/// <summary>Devices of an account, over the wire.</summary>
public sealed class DeviceTests : IDisposable
{
    private readonly LocalIdentity _phone = LocalIdentity.Generate();
    private readonly LocalIdentity _laptop = LocalIdentity.Generate();

    [Theory, OverWebSocket, OverQuic]
    public async Task Whoever_asks_gets_a_key_package_of_each_device_and_none_of_a_revoked_one(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient phone = await JoinAsync(server, transport, _phone);
        await using TestClient laptop = await SecondAsync(server, transport, phone, _laptop);
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        Assert.Equal(RpcStatus.NotFound, await bob.StatusAsync(RpcMethod.FetchKeyPackages, Ask(phone)));
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(phone, "of the phone"));
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(laptop, "of the laptop"));
        Assert.Equal([(IdOf(_phone), "of the phone"), (IdOf(_laptop), "of the laptop")], await TakeAsync(bob, phone));
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(phone, "another of the phone"));
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(laptop, "another of the laptop"));
        await phone.RevokeDeviceAsync(_laptop);
        await laptop.Connection!.Closed.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([(IdOf(_phone), "another of the phone")], await TakeAsync(bob, phone));
        Assert.Equal(RpcStatus.Unauthenticated, await LeaveAsync(laptop, "one more"));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Of_the_own_devices_only_those_that_are_named_give_a_key_package(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient phone = await JoinAsync(server, transport, _phone);
        await using TestClient laptop = await SecondAsync(server, transport, phone, _laptop);
        using LocalIdentity third = LocalIdentity.Generate();
        await using TestClient tablet = await SecondAsync(server, transport, phone, third);
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(laptop, "of the laptop"));
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(tablet, "of the tablet"));
        FetchKeyPackagesRequest named = new() { IdentityKey = phone.Key, DeviceIds = { Id(third) } };
        FetchKeyPackagesResponse taken =
            await phone.CallAsync(RpcMethod.FetchKeyPackages, named, FetchKeyPackagesResponse.Parser);
        Assert.Equal(Id(third), Assert.Single(taken.Packages).DeviceId);
        Assert.Equal([(IdOf(_laptop), "of the laptop")], await TakeAsync(phone, phone));

        named.DeviceIds[0] = ByteString.CopyFrom(new byte[15]);
        Assert.Equal(RpcStatus.BadRequest, await phone.StatusAsync(RpcMethod.FetchKeyPackages, named));
        named.DeviceIds.Clear();
        named.DeviceIds.AddRange(Enumerable.Repeat(Id(third), 65));
        Assert.Equal(RpcStatus.BadRequest, await phone.StatusAsync(RpcMethod.FetchKeyPackages, named));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task A_revoked_device_writes_no_more_and_reads_no_more(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient phone = await JoinAsync(server, transport, _phone);
        await using TestClient laptop = await SecondAsync(server, transport, phone, _laptop);
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        await bob.SendAsync(phone, 1);
        await laptop.SendAsync(bob, 2);
        await phone.RevokeDeviceAsync(_laptop);
        await laptop.Connection!.Closed.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(RpcStatus.Unauthenticated,
            await laptop.StatusAsync(RpcMethod.Enqueue, TestClient.Message(bob.Key, 3)));
        Assert.Equal(RpcStatus.Unauthenticated,
            await laptop.StatusAsync(RpcMethod.Fetch, new FetchRequest { RecipientKey = phone.Key }));
        Assert.Single((await phone.FetchAsync()).Payloads);
        Assert.Single((await bob.FetchAsync()).Payloads);
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task What_one_device_sends_to_its_own_account_the_other_reads(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient phone = await JoinAsync(server, transport, _phone);
        await using TestClient laptop = await SecondAsync(server, transport, phone, _laptop);
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        ByteString channel = (await phone.CallAsync(
            RpcMethod.CreateChannel, new CreateChannelRequest { PeerKey = bob.Key }, CreateChannelResponse.Parser))
            .ChannelId;
        await phone.CallAsync(
            RpcMethod.Enqueue, TestClient.Message(phone.Key, 1, "to myself", channel), EnqueueResponse.Parser);
        FetchRequest fetch = new() { RecipientKey = phone.Key, ChannelId = channel };
        Envelope read =
            Assert.Single((await laptop.CallAsync(RpcMethod.Fetch, fetch, FetchResponse.Parser)).Payloads);
        Assert.Equal("to myself", read.Data.ToStringUtf8());
        Assert.Equal(RpcStatus.Forbidden, await bob.StatusAsync(RpcMethod.Fetch, fetch));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task A_session_without_a_device_leaves_no_key_package_where_devices_are_registered(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient old = await TestClient.JoinAsync(server, transport, "alice");
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(old, "before"));
        await using TestClient phone = await SecondAsync(server, transport, old, _phone);
        Assert.Equal(RpcStatus.Forbidden, await LeaveAsync(old, "after"));
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        Assert.Equal(RpcStatus.NotFound, await bob.StatusAsync(RpcMethod.FetchKeyPackages, Ask(phone)));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Whoever_has_the_password_and_a_session_registers_and_ends_no_device_and_no_account(
        string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient phone = await JoinAsync(server, transport, _phone);
        await using TestClient laptop = await SecondAsync(server, transport, phone, _laptop);
        await phone.RevokeDeviceAsync(_laptop);
        // The revoked laptop logs in again. It has no identity, and signs with its own key.
        await using TestClient thief = Client(server, transport, phone);
        await thief.LogInAsync();
        foreach ((RpcMethod method, Func<CallProof, IMessage> request) in ((RpcMethod, Func<CallProof, IMessage>)[])[
            (RpcMethod.RegisterDevice, p => ProvenCall.RegisterDevice(p, _laptop, _laptop.PublicKey.Span, "back")),
            (RpcMethod.RegisterDevice, _ => new RegisterDeviceRequest { DeviceId = Id(_laptop), DeviceName = "back" }),
            (RpcMethod.RevokeDevice, p => ProvenCall.RevokeDevice(p, _laptop, IdOf(_phone))),
            (RpcMethod.RevokeDevice, _ => new RevokeDeviceRequest { DeviceId = Id(_phone) }),
            (RpcMethod.StoreRecoveryBundle, p => ProvenCall.StoreRecoveryBundle(p, _laptop, new byte[32], [1])),
            (RpcMethod.DeleteRecoveryBundle, p => ProvenCall.DeleteRecoveryBundle(p, _laptop)),
            (RpcMethod.DeleteAccount, p => ProvenCall.DeleteAccount(p, _laptop)),
            (RpcMethod.DeleteAccount, _ => new DeleteAccountRequest())])
            Assert.Equal(RpcStatus.Forbidden, await thief.ProvenStatusAsync(method, (proof, _) => request(proof)));
        Assert.Equal([IdOf(_phone)], (await phone.CallAsync(
            RpcMethod.ListDevices, new ListDevicesRequest(), ListDevicesResponse.Parser))
            .Devices.Select(d => d.DeviceId.ToByteArray()));
        // The identity registers it anew.
        await phone.RegisterDeviceAsync(_laptop);
        await using TestClient back = Client(server, transport, phone);
        await back.LogInAsync(_laptop);
        Assert.Equal(
            RpcStatus.Ok, await back.StatusAsync(RpcMethod.Fetch, new FetchRequest { RecipientKey = back.Key }));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task A_session_without_a_device_or_of_one_whose_key_it_lacks_reads_writes_and_settles_nothing(
        string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient phone = await JoinAsync(server, transport, _phone);
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        EnqueueResponse sent = await bob.SendAsync(phone, 1);
        await using TestClient thief = Client(server, transport, phone);
        await thief.LogInAsync();
        foreach ((RpcMethod method, IMessage request) in ((RpcMethod, IMessage)[])[
            (RpcMethod.Fetch, new FetchRequest { RecipientKey = phone.Key }),
            (RpcMethod.Ack, new AckRequest { RecipientKey = phone.Key, SeqUpTo = sent.Seq }),
            (RpcMethod.Enqueue, TestClient.Message(bob.Key, 2)), (RpcMethod.ListDevices, new ListDevicesRequest())])
            Assert.Equal(RpcStatus.Unauthenticated, await thief.StatusAsync(method, request));
        // Nor does it become the phone: by its name alone, by a key of its own, by what was signed for another call.
        await using TestClient other = Client(server, transport, phone);
        CallProof proof = await ProofAsync(other);
        foreach (Auth auth in (Auth[])[
            new() { AccessToken = Token(thief), DeviceId = Id(_phone) },
            With(ProvenCall.Authenticate(proof, thief.Token, _laptop), a => a.DeviceId = Id(_phone)),
            With(ProvenCall.Authenticate(proof, new byte[32], _phone), a => a.AccessToken = Token(thief)),
            ProvenCall.Authenticate(await ProofAsync(phone), thief.Token, _phone)])
            Assert.Equal(RpcStatus.Unauthenticated, await other.StatusAsync(RpcMethod.Authenticate, auth));
        Assert.Equal(RpcStatus.Ok, await other.StatusAsync(
            RpcMethod.Authenticate, ProvenCall.Authenticate(proof, thief.Token, _phone)));
        Assert.Single((await phone.FetchAsync()).Payloads);
    }

    [Fact]
    public async Task A_signature_is_for_one_connection_one_server_and_one_request()
    {
        await using TestServer server = await TestServer.StartAsync(), elsewhere = await TestServer.StartAsync();
        await using TestClient phone = await JoinAsync(server, "wss", _phone);
        await using TestClient second = Client(server, "wss", phone);
        await second.LogInAsync(_phone);
        await using TestClient third = await TestClient.JoinAsync(elsewhere, "wss", "alice");
        CallProof own = await ProofAsync(second), others = await ProofAsync(phone), far = await ProofAsync(third);
        RevokeDeviceRequest request = ProvenCall.RevokeDevice(others, phone.Identity, IdOf(_phone));
        Assert.Equal(RpcStatus.Forbidden, await second.StatusAsync(RpcMethod.RevokeDevice, request));
        request = ProvenCall.RevokeDevice(far, phone.Identity, IdOf(_phone));
        Assert.Equal(RpcStatus.Forbidden, await second.StatusAsync(RpcMethod.RevokeDevice, request));
        request = ProvenCall.RevokeDevice(own, phone.Identity, IdOf(_laptop));
        request.DeviceId = Id(_phone);
        Assert.Equal(RpcStatus.Forbidden, await second.StatusAsync(RpcMethod.RevokeDevice, request));
        Assert.Equal(RpcStatus.Forbidden, await second.StatusAsync(
            RpcMethod.DeleteAccount,
            new DeleteAccountRequest
            {
                IdentityProof = ProvenCall.DeleteRecoveryBundle(own, phone.Identity).IdentityProof,
            }));
        Assert.Equal(RpcStatus.Ok, await second.StatusAsync(
            RpcMethod.DeleteAccount, ProvenCall.DeleteAccount(own, phone.Identity)));
    }

    [Fact]
    public async Task A_connection_that_began_without_a_device_ends_when_the_first_one_comes()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        await using TestClient thief = Client(server, "wss", alice);
        await thief.LogInAsync();
        await alice.RegisterDeviceAsync(_phone);
        await thief.Connection!.Closed.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Nothing_is_signed_for_a_server_that_names_another_key()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        await using RpcClient client = new(
            token => server.Endpoint("wss").ConnectAsync(ServerTrust.Key(server.Fingerprint), null, token),
            new RpcClientOptions(), TimeProvider.System, new Random(1))
        {
            IsServerKey = static _ => false,
        };
        await Assert.ThrowsAsync<InvalidDataException>(
            () => client.AuthenticateAsync(alice.Token, _phone, CancellationToken.None));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
    }

    private static ByteString Id(LocalIdentity device) => ByteString.CopyFrom(IdOf(device));

    private static ByteString Token(TestClient client) => ByteString.CopyFrom(client.Token.Span);

    private static Auth With(Auth auth, Action<Auth> change)
    {
        change(auth);
        return auth;
    }

    private static async Task<CallProof> ProofAsync(TestClient client)
    {
        HealthResponse health =
            await client.CallAsync(RpcMethod.Health, new HealthRequest(), HealthResponse.Parser);
        return new CallProof(health.ServerKey.Memory, health.Nonce.Memory);
    }

    private static TestClient Client(TestServer server, string transport, TestClient of) => new(
        server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "alice", of.CopyIdentity());

    private static FetchKeyPackagesRequest Ask(TestClient of) => new() { IdentityKey = of.Key };

    private static Task<RpcStatus> LeaveAsync(TestClient client, string package) => client.StatusAsync(
        RpcMethod.UploadKeyPackage,
        new UploadKeyPackageRequest { IdentityKey = client.Key, Package = ByteString.CopyFromUtf8(package) });

    private static async Task<IEnumerable<(byte[], string)>> TakeAsync(TestClient client, TestClient of) =>
        (await client.CallAsync(RpcMethod.FetchKeyPackages, Ask(of), FetchKeyPackagesResponse.Parser))
            .Packages.Select(p => (p.DeviceId.ToByteArray(), p.Package.ToStringUtf8())).OrderByDescending(p => p.Item2);

    private static byte[] IdOf(LocalIdentity device) => TestClient.IdOf(device);

    private static async Task<TestClient> JoinAsync(TestServer server, string transport, LocalIdentity device)
    {
        await using TestClient first = await TestClient.JoinAsync(server, transport, "alice");
        return await SecondAsync(server, transport, first, device);
    }

    /// <summary>Another device of the same account; registered over a session of the first.</summary>
    private static async Task<TestClient> SecondAsync(
        TestServer server, string transport, TestClient first, LocalIdentity device)
    {
        await first.RegisterDeviceAsync(device);
        TestClient second = Client(server, transport, first);
        await second.LogInAsync(device);
        return second;
    }
}
