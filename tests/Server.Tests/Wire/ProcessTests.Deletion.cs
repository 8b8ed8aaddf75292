using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Stores.Sqlite;

namespace QuicProChat.Mesh.Server.Tests.Wire;

public sealed partial class ProcessTests
{
    [Fact]
    public async Task Killed_while_it_deletes_an_account_the_server_has_all_of_it_or_nothing()
    {
        const int Accounts = 8;
        using Supervisor supervisor =
            new(() => Start("run", "--listen", $"wss://127.0.0.1:{_port}", "--registration", "open"));
        string fingerprint = await WaitForFingerprintAsync();
        Random random = new(5);
        int gone = 0;
        for (int i = 0; i < Accounts; i++)
        {
            await using TestClient client = await JoinAsync(fingerprint, $"user{i}");
            byte[] bytes = BlobTests.Bytes(i, BlobFormat.ChunkSize), recovery = BlobTests.Bytes(100 + i, 32);
            UploadBlobResponse blob = await client.CallAsync(
                RpcMethod.UploadBlob, BlobTests.Chunk(bytes, 0, []), UploadBlobResponse.Parser);
            Assert.Equal(RpcStatus.Ok, await client.ProvenStatusAsync(
                RpcMethod.StoreRecoveryBundle,
                (proof, identity) => ProvenCall.StoreRecoveryBundle(proof, identity, recovery, recovery)));
            await client.SendAsync(client, 1, "to myself");
            // The last one is not disturbed.
            Task deleting = DeleteAsync(client);
            if (i < Accounts - 1)
            {
                await Task.Delay(random.Next(8));
                supervisor.Kill();
            }

            await deleting;
            await using TestClient nobody = await ConnectAsync(fingerprint, $"user{i}");
            RpcStatus bundle = await nobody.StatusAsync(
                RpcMethod.FetchRecoveryBundle,
                new FetchRecoveryBundleRequest { BundleId = ByteString.CopyFrom(recovery) });
            bool isThere = await LogsInAsync(nobody, client);
            Assert.Equal(isThere ? RpcStatus.Ok : RpcStatus.NotFound, bundle);
            string file = Path.Combine(
                _directory, BlobFiles.FolderName, Convert.ToHexStringLower(blob.BlobId.Span));
            Assert.Equal(isThere, File.Exists(file));
            if (isThere)
            {
                Assert.Equal(bytes, (await nobody.CallAsync(
                    RpcMethod.DownloadBlob, BlobTests.Part(blob.BlobId.ToByteArray(), 0), DownloadBlobResponse.Parser))
                    .Chunk.ToByteArray());
            }
            else
            {
                gone++;
            }
        }

        Assert.Equal(Accounts - 1, supervisor.Kills);
        Assert.InRange(gone, 1, Accounts);
    }

    private static async Task DeleteAsync(TestClient client)
    {
        try
        {
            await client.DeleteAccountAsync();
        }
        catch (Exception e) when (e is IOException or RpcException or TimeoutException)
        {
            // The answer was lost with the server.
        }
    }

    private async Task<TestClient> ConnectAsync(string fingerprint, string name)
    {
        Assert.True(ServerEndpoint.TryParse($"wss://127.0.0.1:{_port}", out ServerEndpoint? endpoint, out _));
        for (int tries = 0; ; tries++)
        {
            TestClient client = new(endpoint, ServerTrust.Key(fingerprint), name);
            try
            {
                await client.CallAsync(RpcMethod.Health, new HealthRequest(), HealthResponse.Parser);
                return client;
            }
            catch (IOException) when (tries < 400)
            {
                await client.DisposeAsync();
                await Task.Delay(50);
            }
        }
    }

    private static async Task<bool> LogsInAsync(TestClient nobody, TestClient owner)
    {
        try
        {
            ReadOnlyMemory<byte> token = await nobody.Account.LoginAsync(
                owner.Name, TestClient.Password, owner.Identity.PublicKey, CancellationToken.None);
            await nobody.AuthenticateAsync(token);
            return true;
        }
        catch (RpcException e) when (e.Status == RpcStatus.Unauthenticated)
        {
            return false;
        }
    }
}
