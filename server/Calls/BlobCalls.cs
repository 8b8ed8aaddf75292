using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Blobs: methods 600 and 601.</summary>
internal sealed class BlobCalls(IBlobStore blobs, BlobLimits limits, RateLimits rates)
{
    internal IEnumerable<CallHandler> Handlers =>
    [
        CallHandler.For(RpcMethod.UploadBlob, UploadBlobRequest.Parser, UploadAsync),
        CallHandler.For(RpcMethod.DownloadBlob, DownloadBlobRequest.Parser, DownloadAsync),
    ];

    private async Task<IMessage> UploadAsync(Call call, UploadBlobRequest request)
    {
        NewBlob blob = Read(call, request);
        rates.TakeBlobChunk(call.Account.Identity);
        BlobOutcome outcome = await blobs.AppendAsync(blob, (long)request.Offset, request.Chunk.Memory);
        return outcome.Result switch
        {
            BlobResult.Stored => new UploadBlobResponse
            {
                BlobId = ByteString.CopyFrom(blob.Id.ToArray()),
                Received = (ulong)outcome.Received,
            },
            BlobResult.NoAccount => throw Refusal.NotFound("The upload is gone: it, or its account, was deleted."),
            BlobResult.Conflict => throw new CallException(
                RpcStatus.Conflict, "A blob with another hash or size has this name."),
            BlobResult.OutOfOrder => throw new CallException(
                RpcStatus.Conflict, $"The server has {outcome.Received} bytes of it: go on there."),
            BlobResult.Corrupt => throw new CallException(
                RpcStatus.Conflict, "The bytes are not those of blob_hash: nothing of them was kept."),
            BlobResult.Full => throw new CallException(
                RpcStatus.Unavailable,
                "There is no room for it: your blobs, or those of all, take as much as they may."),
            _ => throw new InvalidOperationException("A result that does not exist."),
        };
    }

    private async Task<IMessage> DownloadAsync(Call call, DownloadBlobRequest request)
    {
        if (!BlobId.TryRead(request.BlobId.Span, out BlobId id))
            throw Refusal.BadRequest($"blob_id has {BlobFormat.IdSize} bytes.");
        if (request.Length is 0 or > BlobFormat.ChunkSize || request.Offset > (ulong)limits.MaxSize)
            throw Refusal.BadRequest($"length is 1 to {BlobFormat.ChunkSize}, offset at most {limits.MaxSize}.");
        rates.TakeBlobChunk(call.Account.Identity);
        call.Charge(request.Length);
        BlobPart part = await blobs.ReadAsync(id, (long)request.Offset, (int)request.Length)
            ?? throw Refusal.NotFound("There is no such blob, or not all of it.");
        return new DownloadBlobResponse
        {
            Chunk = UnsafeByteOperations.UnsafeWrap(part.Bytes),
            TotalSize = (ulong)part.Size,
        };
    }

    private NewBlob Read(Call call, UploadBlobRequest request)
    {
        if (request.BlobHash.Length != BlobFormat.IdSize || request.BlobName.Length is not (0 or BlobFormat.IdSize))
            throw Refusal.BadRequest($"blob_hash has {BlobFormat.IdSize} bytes, and so has blob_name, or none.");
        if (request.TotalSize > (ulong)limits.MaxSize)
            throw new CallException(RpcStatus.TooLarge, $"A blob may have {limits.MaxSize} bytes.");
        if (request.Offset >= request.TotalSize || request.Offset % BlobFormat.ChunkSize != 0)
            throw Refusal.BadRequest($"offset is below total_size, and a multiple of {BlobFormat.ChunkSize}.");
        int expected = BlobFormat.ChunkAt((long)request.Offset, (long)request.TotalSize);
        if (request.Chunk.Length != 0 && request.Chunk.Length != expected)
            throw Refusal.BadRequest($"chunk has {expected} bytes there, or none.");
        IdentityKey owner = call.Account.Identity;
        byte[] name = (request.BlobName.IsEmpty ? request.BlobHash : request.BlobName).ToByteArray();
        _ = BlobId.TryRead(BlobFormat.IdOf(NodeAddress.Of(owner.ToArray()), name), out BlobId id);
        return new NewBlob(id, owner, request.BlobHash.ToByteArray(), (long)request.TotalSize);
    }
}
