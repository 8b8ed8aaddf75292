using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Server.Tests.Wire;

/// <summary>Devices of an account, over the wire.</summary>
public class DeviceTests
{
    private static readonly byte[] Phone = [.. Enumerable.Repeat((byte)1, 16)];
    private static readonly byte[] Laptop = [.. Enumerable.Repeat((byte)2, 16)];

    [Theory, OverWebSocket, OverQuic]
    public async Task Whoever_asks_gets_a_key_package_of_each_device_and_none_of_a_revoked_one(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient phone = await JoinAsync(server, transport, Phone);
        await using TestClient laptop = await SecondAsync(server, transport, phone, Laptop);
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        Assert.Equal(RpcStatus.NotFound, await bob.StatusAsync(RpcMethod.FetchKeyPackages, Ask(phone)));
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(phone, "of the phone"));
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(laptop, "of the laptop"));
        Assert.Equal([(Phone, "of the phone"), (Laptop, "of the laptop")], await TakeAsync(bob, phone));
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(phone, "another of the phone"));
        Assert.Equal(RpcStatus.Ok, await LeaveAsync(laptop, "another of the laptop"));
        await RevokeAsync(phone, Laptop);
        await laptop.Connection!.Closed.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([(Phone, "another of the phone")], await TakeAsync(bob, phone));
        Assert.Equal(RpcStatus.Unauthenticated, await LeaveAsync(laptop, "one more"));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task A_revoked_device_writes_no_more_and_reads_no_more(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient phone = await JoinAsync(server, transport, Phone);
        await using TestClient laptop = await SecondAsync(server, transport, phone, Laptop);
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        await bob.SendAsync(phone, 1);
        await laptop.SendAsync(bob, 2);
        await RevokeAsync(phone, Laptop);
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
        await using TestClient phone = await JoinAsync(server, transport, Phone);
        await using TestClient laptop = await SecondAsync(server, transport, phone, Laptop);
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
        await using TestClient phone = await SecondAsync(server, transport, old, Phone);
        Assert.Equal(RpcStatus.Forbidden, await LeaveAsync(old, "after"));
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        Assert.Equal(RpcStatus.NotFound, await bob.StatusAsync(RpcMethod.FetchKeyPackages, Ask(phone)));
    }

    private static FetchKeyPackagesRequest Ask(TestClient of) => new() { IdentityKey = of.Key };

    private static Task<RpcStatus> LeaveAsync(TestClient client, string package) => client.StatusAsync(
        RpcMethod.UploadKeyPackage,
        new UploadKeyPackageRequest { IdentityKey = client.Key, Package = ByteString.CopyFromUtf8(package) });

    private static async Task<IEnumerable<(byte[], string)>> TakeAsync(TestClient client, TestClient of) =>
        (await client.CallAsync(RpcMethod.FetchKeyPackages, Ask(of), FetchKeyPackagesResponse.Parser))
            .Packages.Select(p => (p.DeviceId.ToByteArray(), p.Package.ToStringUtf8()));

    private static Task<RevokeDeviceResponse> RevokeAsync(TestClient client, byte[] device) => client.CallAsync(
        RpcMethod.RevokeDevice, new RevokeDeviceRequest { DeviceId = ByteString.CopyFrom(device) },
        RevokeDeviceResponse.Parser);

    private static async Task<TestClient> JoinAsync(TestServer server, string transport, byte[] device)
    {
        await using TestClient first = await TestClient.JoinAsync(server, transport, "alice");
        return await SecondAsync(server, transport, first, device);
    }

    /// <summary>Another device of the same account; registered over a session of the first.</summary>
    private static async Task<TestClient> SecondAsync(
        TestServer server, string transport, TestClient first, byte[] device)
    {
        await first.CallAsync(
            RpcMethod.RegisterDevice,
            new RegisterDeviceRequest { DeviceId = ByteString.CopyFrom(device), DeviceName = "a device" },
            RegisterDeviceResponse.Parser);
        TestClient second = new(
            server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "alice", first.Identity);
        await second.LogInAsync(device);
        return second;
    }
}
