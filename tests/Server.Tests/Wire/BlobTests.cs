using System.Security.Cryptography;
using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Tests.Wire;

public class BlobTests
{
    private const int Size = (3 * BlobFormat.ChunkSize) + 1234;

    [Theory, OverWebSocket, OverQuic]
    public async Task A_blob_is_uploaded_in_chunks_and_downloaded_by_whoever_knows_its_id(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient bob = await TestClient.JoinAsync(server, transport, "bob");
        byte[] bytes = Bytes(1), name = Bytes(2)[..32];
        foreach (byte[] named in new[] { [], name })
        {
            UploadBlobResponse? last = null;
            for (int offset = 0; offset < Size; offset += BlobFormat.ChunkSize)
            {
                last = await alice.CallAsync(
                    RpcMethod.UploadBlob, Chunk(bytes, offset, named), UploadBlobResponse.Parser);
                Assert.Equal(Math.Min(Size, offset + BlobFormat.ChunkSize), (int)last.Received);
            }

            byte[] id = BlobFormat.IdOf(alice.Identity.Address, named.Length == 0 ? SHA256.HashData(bytes) : named);
            Assert.Equal(id, last!.BlobId.ToByteArray());
            MemoryStream got = new();
            while (got.Length < Size)
            {
                DownloadBlobResponse part = await bob.CallAsync(
                    RpcMethod.DownloadBlob, Part(id, (int)got.Length), DownloadBlobResponse.Parser);
                Assert.Equal(Size, (int)part.TotalSize);
                part.Chunk.WriteTo(got);
            }

            Assert.Equal(bytes, got.ToArray());
        }
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task Nobody_stores_under_the_name_of_another_and_nothing_is_read_before_it_is_whole(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        await using TestClient mallory = await TestClient.JoinAsync(server, transport, "mallory");
        byte[] bytes = Bytes(1), name = Bytes(2)[..32], others = [.. Bytes(3)[..10]];
        await mallory.CallAsync(RpcMethod.UploadBlob, Chunk(others, 0, name), UploadBlobResponse.Parser);
        UploadBlobResponse begun =
            await alice.CallAsync(RpcMethod.UploadBlob, Chunk(bytes, 0, name), UploadBlobResponse.Parser);
        Assert.Equal((ulong)BlobFormat.ChunkSize, begun.Received);
        byte[] id = begun.BlobId.ToByteArray();
        Assert.Equal(RpcStatus.NotFound, await alice.StatusAsync(RpcMethod.DownloadBlob, Part(id, 0)));
        Assert.Equal(RpcStatus.Conflict, await alice.StatusAsync(
            RpcMethod.UploadBlob, Chunk(bytes, 2 * BlobFormat.ChunkSize, name)));
        Assert.Equal(RpcStatus.Conflict, await alice.StatusAsync(RpcMethod.UploadBlob, Chunk(others, 0, name)));
    }

    [Theory, OverWebSocket, OverQuic]
    public async Task What_is_no_chunk_is_refused_and_so_is_whoever_has_no_session_or_comes_too_often(string transport)
    {
        await using TestServer server = await TestServer.StartAsync(
            o => o with { Rates = o.Rates with { BlobChunks = new Rate(2, 0.001) } });
        await using TestClient alice = await TestClient.JoinAsync(server, transport, "alice");
        byte[] bytes = Bytes(1);
        UploadBlobRequest good = Chunk(bytes, 0, []);
        foreach (Action<UploadBlobRequest> spoil in new Action<UploadBlobRequest>[]
        {
            r => r.BlobHash = ByteString.CopyFrom(new byte[31]),
            r => r.BlobName = ByteString.CopyFrom(new byte[33]),
            r => r.TotalSize = 0,
            r => r.Offset = 1,
            r => r.Offset = ulong.MaxValue - 1,
            r => r.Chunk = ByteString.CopyFrom(new byte[5]),
            r => r.Chunk = ByteString.CopyFrom(new byte[BlobFormat.ChunkSize + 1]),
        })
        {
            UploadBlobRequest spoilt = good.Clone();
            spoil(spoilt);
            Assert.Equal(RpcStatus.BadRequest, await alice.StatusAsync(RpcMethod.UploadBlob, spoilt));
        }

        UploadBlobRequest large = good.Clone();
        large.TotalSize = (ulong)BlobFormat.MaxSize + 1;
        Assert.Equal(RpcStatus.TooLarge, await alice.StatusAsync(RpcMethod.UploadBlob, large));
        byte[] id = new byte[32];
        foreach (DownloadBlobRequest spoilt in new[]
        {
            Part(id[1..], 0), new DownloadBlobRequest { BlobId = ByteString.CopyFrom(id) },
            new DownloadBlobRequest { BlobId = ByteString.CopyFrom(id), Length = BlobFormat.ChunkSize + 1 },
            new DownloadBlobRequest { BlobId = ByteString.CopyFrom(id), Length = 1, Offset = ulong.MaxValue },
        })
            Assert.Equal(RpcStatus.BadRequest, await alice.StatusAsync(RpcMethod.DownloadBlob, spoilt));
        Assert.Equal(RpcStatus.Ok, await alice.StatusAsync(RpcMethod.UploadBlob, good));
        Assert.Equal(RpcStatus.NotFound, await alice.StatusAsync(RpcMethod.DownloadBlob, Part(id, 0)));
        Assert.Equal(RpcStatus.RateLimited, await alice.StatusAsync(RpcMethod.UploadBlob, good));
        Assert.Equal(RpcStatus.RateLimited, await alice.StatusAsync(RpcMethod.DownloadBlob, Part(id, 0)));
        await using TestClient nobody = new(
            server.Endpoint(transport), Rpc.Connections.ServerTrust.Key(server.Fingerprint), "nobody");
        Assert.Equal(RpcStatus.Unauthenticated, await nobody.StatusAsync(RpcMethod.UploadBlob, good));
        Assert.Equal(RpcStatus.Unauthenticated, await nobody.StatusAsync(RpcMethod.DownloadBlob, Part(id, 0)));
    }

    internal static byte[] Bytes(int seed, int size = Size)
    {
        byte[] bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal static UploadBlobRequest Chunk(byte[] bytes, int offset, byte[] name) => new()
    {
        BlobHash = ByteString.CopyFrom(SHA256.HashData(bytes)),
        BlobName = ByteString.CopyFrom(name),
        Chunk = ByteString.CopyFrom(bytes, offset, BlobFormat.ChunkAt(offset, bytes.Length)),
        Offset = (ulong)offset,
        TotalSize = (ulong)bytes.Length,
    };

    internal static DownloadBlobRequest Part(byte[] id, int offset) => new()
    {
        BlobId = ByteString.CopyFrom(id),
        Offset = (ulong)offset,
        Length = BlobFormat.ChunkSize,
    };
}
