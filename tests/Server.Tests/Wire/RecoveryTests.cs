using System.Security.Cryptography;
using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Tests.Wire;

public class RecoveryTests
{
    private static readonly byte[] _id = [.. Enumerable.Range(100, 32).Select(i => (byte)i)];

    [Theory, OverWebSocket, OverQuic]
    public async Task Who_knows_the_id_fetches_the_bundle_without_a_session_until_it_is_deleted(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        await using TestClient nobody = new(server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "nobody");
        Assert.Equal(RpcStatus.NotFound, await nobody.StatusAsync(RpcMethod.FetchRecoveryBundle, Fetch(_id)));
        Assert.Equal(RpcStatus.Unauthenticated,
            await nobody.StatusAsync(
                RpcMethod.StoreRecoveryBundle, new StoreRecoveryBundleRequest { BundleId = ByteString.CopyFrom(_id) }));
        Assert.Equal(RpcStatus.Ok, await alice.ProvenStatusAsync(RpcMethod.StoreRecoveryBundle, Store(_id, 5)));
        FetchRecoveryBundleResponse got = await nobody.CallAsync(
            RpcMethod.FetchRecoveryBundle, Fetch(_id), FetchRecoveryBundleResponse.Parser);
        Assert.Equal(new byte[5], got.Bundle.ToByteArray());
        Assert.Equal(RpcStatus.Conflict, await bob.ProvenStatusAsync(RpcMethod.StoreRecoveryBundle, Store(_id, 6)));
        Assert.Equal(RpcStatus.NotFound,
            await bob.ProvenStatusAsync(RpcMethod.DeleteRecoveryBundle, ProvenCall.DeleteRecoveryBundle));
        Assert.Equal(RpcStatus.Ok,
            await alice.ProvenStatusAsync(RpcMethod.DeleteRecoveryBundle, ProvenCall.DeleteRecoveryBundle));
        Assert.Equal(RpcStatus.NotFound, await nobody.StatusAsync(RpcMethod.FetchRecoveryBundle, Fetch(_id)));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Bundles_are_bounded_in_size_and_rate(string transport)
    {
        await using TestServer server = await TestServer.StartAsync(
            o => o with { Rates = o.Rates with { Recovery = new Rate(2, 0.001) } });
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        foreach (Func<CallProof, LocalIdentity, IMessage> spoilt in new[]
            { Store(_id, 0), Store(_id[1..], 5), Store([], 5) })
            Assert.Equal(RpcStatus.BadRequest, await alice.ProvenStatusAsync(RpcMethod.StoreRecoveryBundle, spoilt));
        Assert.Equal(RpcStatus.BadRequest, await alice.StatusAsync(RpcMethod.FetchRecoveryBundle, Fetch([1, 2])));
        Assert.Equal(RpcStatus.TooLarge,
            await alice.ProvenStatusAsync(RpcMethod.StoreRecoveryBundle, Store(_id, (256 * 1024) + 1)));
        Assert.Equal(
            RpcStatus.Ok, await alice.ProvenStatusAsync(RpcMethod.StoreRecoveryBundle, Store(_id, 256 * 1024)));
        Assert.Equal(RpcStatus.Ok, await alice.ProvenStatusAsync(RpcMethod.StoreRecoveryBundle, Store(_id, 1)));
        Assert.Equal(
            RpcStatus.RateLimited, await alice.ProvenStatusAsync(RpcMethod.StoreRecoveryBundle, Store(_id, 1)));
        // Guessing has a rate for each source, whoever asks.
        Assert.Equal(RpcStatus.NotFound,
            await alice.StatusAsync(RpcMethod.FetchRecoveryBundle, Fetch(SHA256.HashData(_id))));
        Assert.Equal(RpcStatus.Ok, await alice.StatusAsync(RpcMethod.FetchRecoveryBundle, Fetch(_id)));
        await using TestClient nobody = new(server.Endpoint(transport), ServerTrust.Key(server.Fingerprint), "nobody");
        Assert.Equal(RpcStatus.RateLimited, await nobody.StatusAsync(RpcMethod.FetchRecoveryBundle, Fetch(_id)));
    }

    [Fact]
    public async Task Who_steals_the_database_finds_no_id_to_fetch_with()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        Assert.Equal(RpcStatus.Ok, await alice.ProvenStatusAsync(RpcMethod.StoreRecoveryBundle, Store(_id, 5)));
        byte[] hash = SHA256.HashData(_id);
        byte[][] files = [.. Directory.GetFiles(server.DataDirectory, "server.db*").Select(ReadShared)];
        Assert.Contains(files, f => f.AsSpan().IndexOf(hash) >= 0);
        Assert.All(files, f => Assert.Equal(-1, f.AsSpan().IndexOf(_id)));
    }

    private static byte[] ReadShared(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static Func<CallProof, LocalIdentity, IMessage> Store(byte[] id, int size) =>
        (proof, identity) => ProvenCall.StoreRecoveryBundle(proof, identity, id, new byte[size]);

    private static FetchRecoveryBundleRequest Fetch(byte[] id) => new() { BundleId = ByteString.CopyFrom(id) };
}
