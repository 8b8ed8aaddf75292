using System.Text;
using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Identity.Opaque;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Server.Tests.Wire;

/// <summary>A client of a server, with an identity of its own.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    internal static readonly byte[] Password = [.. "correct horse battery staple"u8];

    // Key stretching has its own tests.
    private static readonly OpaqueSettings Cheap = OpaqueSettings.Default with { Stretching = null };

    private readonly RpcClient _client;

    internal TestClient(ServerEndpoint endpoint, ServerTrust trust, string name, LocalIdentity? identity = null)
        : this([endpoint], trust, name, identity)
    {
    }

    /// <summary>A client that goes to the next of its servers whenever it connects.</summary>
    internal TestClient(
        IReadOnlyList<ServerEndpoint> endpoints, ServerTrust trust, string name, LocalIdentity? identity = null)
    {
        int connections = 0;
        Name = name;
        Identity = identity ?? LocalIdentity.Generate();
        RpcClientOptions options =
            new() { FirstPause = TimeSpan.FromMilliseconds(20), MaxPause = TimeSpan.FromMilliseconds(200) };
        _client = new RpcClient(
            async cancellation => Connection =
                await endpoints[connections++ % endpoints.Count].ConnectAsync(
                    trust, e => Events.Add(e.Type), cancellation),
            options,
            TimeProvider.System, new Random(1));
        Account = new Account(_client, Cheap, RandomSource.System);
    }

    internal string Name { get; }

    internal LocalIdentity Identity { get; }

    internal Account Account { get; }

    /// <summary>The connection that was made last.</summary>
    internal IRpcConnection? Connection { get; private set; }

    internal List<uint> Events { get; } = [];

    internal ByteString Key => ByteString.CopyFrom(Identity.PublicKey.Span);

    internal ReadOnlyMemory<byte> Token { get; private set; }

    /// <summary>A client that is registered and logged in.</summary>
    internal static async Task<TestClient> JoinAsync(TestServer server, string transport, string name)
    {
        TestClient client = new(server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), name);
        await client.Account.RegisterAsync(name, Password, client.Identity, "", CancellationToken.None);
        await client.LogInAsync();
        return client;
    }

    internal async Task LogInAsync(LocalIdentity? device = null)
    {
        Token = await Account.LoginAsync(Name, Password, Identity.PublicKey, CancellationToken.None);
        await _client.AuthenticateAsync(Token, device, CancellationToken.None);
    }

    internal Task AuthenticateAsync(ReadOnlyMemory<byte> token, LocalIdentity? device = null) =>
        _client.AuthenticateAsync(token, device, CancellationToken.None);

    internal Task<T> CallAsync<T>(
        RpcMethod method, IMessage request, MessageParser<T> parser, CancellationToken cancellation = default)
        where T : class, IMessage<T> => _client.CallAsync(method, request, parser, cancellation);

    /// <summary>Calls what the account's identity has to sign.</summary>
    internal Task<T> CallProvenAsync<T>(
        RpcMethod method, Func<CallProof, LocalIdentity, IMessage> request, MessageParser<T> parser)
        where T : class, IMessage<T> =>
        _client.CallProvenAsync(method, proof => request(proof, Identity), parser, CancellationToken.None);

    internal Task<RegisterDeviceResponse> RegisterDeviceAsync(LocalIdentity device, string name = "a device") =>
        CallProvenAsync(
            RpcMethod.RegisterDevice,
            (proof, identity) => ProvenCall.RegisterDevice(proof, identity, device.PublicKey.Span, name),
            RegisterDeviceResponse.Parser);

    internal Task<RevokeDeviceResponse> RevokeDeviceAsync(LocalIdentity device) => CallProvenAsync(
        RpcMethod.RevokeDevice, (proof, identity) => ProvenCall.RevokeDevice(proof, identity, IdOf(device)),
        RevokeDeviceResponse.Parser);

    internal Task<DeleteAccountResponse> DeleteAccountAsync() => CallProvenAsync(
        RpcMethod.DeleteAccount, ProvenCall.DeleteAccount, DeleteAccountResponse.Parser);

    /// <summary>The identity for another client, which disposes of it.</summary>
    internal LocalIdentity CopyIdentity()
    {
        byte[] seed = new byte[Ed25519.SeedSize];
        Identity.ExportSeed(seed);
        return LocalIdentity.FromSeed(seed);
    }

    /// <summary>What a server calls a device.</summary>
    internal static byte[] IdOf(LocalIdentity device)
    {
        byte[] id = new byte[NodeAddress.Size];
        device.Address.Write(id);
        return id;
    }

    /// <summary>The status of a call that the account's identity has signed.</summary>
    internal async Task<RpcStatus> ProvenStatusAsync(
        RpcMethod method, Func<CallProof, LocalIdentity, IMessage> request)
    {
        try
        {
            await CallProvenAsync(method, request, DeleteAccountRequest.Parser);
            return RpcStatus.Ok;
        }
        catch (RpcException e)
        {
            return e.Status;
        }
    }

    /// <summary>
    /// The status of a call, whatever its answer says: all fields are unknown to a message without any.
    /// </summary>
    internal async Task<RpcStatus> StatusAsync(RpcMethod method, IMessage request)
    {
        try
        {
            await CallAsync(method, request, DeleteAccountRequest.Parser);
            return RpcStatus.Ok;
        }
        catch (RpcException e)
        {
            return e.Status;
        }
    }

    internal static EnqueueRequest Message(
        ByteString to, int number, string text = "hello", ByteString? channel = null) => new()
        {
            RecipientKey = to,
            MessageId = ByteString.CopyFrom(Encoding.ASCII.GetBytes($"message {number,8}")),
            Payload = ByteString.CopyFromUtf8(text),
            ChannelId = channel ?? ByteString.Empty,
        };

    internal Task<EnqueueResponse> SendAsync(TestClient to, int number, string text = "hello") =>
        CallAsync(RpcMethod.Enqueue, Message(to.Key, number, text), EnqueueResponse.Parser);

    internal Task<FetchResponse> FetchAsync(RpcMethod method = RpcMethod.Fetch) =>
        CallAsync(method, new FetchRequest { RecipientKey = Key }, FetchResponse.Parser);

    internal Task<FetchResponse> WaitAsync(int milliseconds) =>
        CallAsync(RpcMethod.FetchWait, new FetchWaitRequest { RecipientKey = Key, TimeoutMs = (ulong)milliseconds },
            FetchResponse.Parser);

    internal Task<AckResponse> AckAsync(ulong upTo) =>
        CallAsync(RpcMethod.Ack, new AckRequest { RecipientKey = Key, SeqUpTo = upTo }, AckResponse.Parser);

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        Identity.Dispose();
    }
}
