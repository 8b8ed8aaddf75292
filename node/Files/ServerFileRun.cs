using System.Security.Cryptography;
using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Node.Files;

/// <summary>How an attempt to bring or fetch a file ended.</summary>
internal enum FileRunResult
{
    /// <summary>All of it is there.</summary>
    Done,

    /// <summary>It is tried again.</summary>
    Later,

    /// <summary>It cannot be had.</summary>
    Failed,

    /// <summary>A chunk of an own file is damaged here.</summary>
    Damaged,
}

/// <summary>The end of an attempt.</summary>
/// <param name="Result">How.</param>
/// <param name="Note">Why, in one sentence.</param>
/// <param name="Chunk">Where it is damaged: which chunk.</param>
internal readonly record struct FileRunEnd(FileRunResult Result, string? Note = null, int Chunk = 0);

/// <summary>What is to be brought or fetched; taken on the loop.</summary>
/// <param name="Server">Where.</param>
/// <param name="File">The file; nothing of it that changes is looked at.</param>
/// <param name="Owner">Who brings it there.</param>
/// <param name="Have">The chunks that are here.</param>
/// <param name="IsUpload">It is brought.</param>
internal sealed record ServerFileJob(
    string Server, FileEntry File, NodeAddress Owner, ChunkSet Have, bool IsUpload)
{
    /// <summary>What its owner calls it there.</summary>
    internal byte[] Name { get; } = File.Secrets.BlobName();
}

/// <summary>
/// One attempt to bring a file to a server, or to fetch it from there: its sealed chunks, one behind the other, are a
/// blob. Beside the loop.
/// </summary>
internal sealed class ServerFileRun(
    IServerCaller caller, IFileBlobs blobs, ServerFileJob job, TimeProvider time, CancellationToken stop)
{
    private const int ChunksTogether = BlobFormat.ChunkSize / FileFormat.ChunkSize;

    private static readonly TimeSpan CallPatience = TimeSpan.FromMinutes(1);

    private readonly byte[] _buffer = new byte[BlobFormat.ChunkSize];
    private FileHashes? _hashes;

    /// <summary>Brings an own file.</summary>
    /// <param name="hash">Its hash, if it is known.</param>
    /// <param name="hashed">Told the hash.</param>
    /// <param name="brought">Told how many bytes the server has.</param>
    internal Task<FileRunEnd> UploadAsync(byte[]? hash, Action<byte[]> hashed, Func<long, Task> brought) =>
        ContainAsync(async () =>
        {
            if (hash is null)
            {
                if (TryHash(out hash, out int damaged))
                    hashed(hash);
                else
                    return new FileRunEnd(FileRunResult.Damaged, Chunk: damaged);
            }

            long size = job.File.SpaceOnDisk, there = await SendAsync(hash, 0, ReadOnlyMemory<byte>.Empty)
                .ConfigureAwait(false);
            while (there < size)
            {
                await brought(there).ConfigureAwait(false);
                int length = BlobFormat.ChunkAt(there, size);
                for (int at = 0; at < length; at += FileFormat.ChunkSize)
                {
                    int chunk = (int)((there + at) / FileFormat.ChunkSize);
                    if (!blobs.TryRead(job.File.Blob, chunk, _buffer.AsSpan(at)))
                        return new FileRunEnd(FileRunResult.Damaged, Chunk: chunk);
                }

                long now = await SendAsync(hash, there, _buffer.AsMemory(0, length)).ConfigureAwait(false);
                if (now <= there)
                    throw new InvalidDataException($"{job.Server} says that it has less of the file than before");
                there = now;
            }

            return new FileRunEnd(FileRunResult.Done);
        });

    /// <summary>Fetches a file of others.</summary>
    /// <param name="fetched">Told which chunks are on the disk now.</param>
    internal Task<FileRunEnd> DownloadAsync(Func<IReadOnlyList<int>, Task> fetched) => ContainAsync(async () =>
    {
        byte[] id = BlobFormat.IdOf(job.Owner, job.Name);
        for (int first = 0; first < job.File.Chunks; first += ChunksTogether)
        {
            int last = Math.Min(first + ChunksTogether, job.File.Chunks);
            // Without the hashes nothing else could be compared.
            if (Enumerable.Range(first, last - first).All(c => job.Have[c]) && (first > 0 || TryReadHashes()))
                continue;
            DownloadBlobResponse part = await CallAsync(
                RpcMethod.DownloadBlob,
                new DownloadBlobRequest
                {
                    BlobId = ByteString.CopyFrom(id),
                    Offset = (ulong)first * FileFormat.ChunkSize,
                    Length = (uint)((last - first) * FileFormat.ChunkSize),
                },
                DownloadBlobResponse.Parser).ConfigureAwait(false);
            if (part.TotalSize != (ulong)job.File.SpaceOnDisk
                || part.Chunk.Length != (last - first) * FileFormat.ChunkSize)
                return NotTheFile();
            List<int> written = [];
            for (int chunk = first; chunk < last; chunk++)
            {
                if (!TryKeep(chunk, part.Chunk.Memory.Slice((chunk - first) * FileFormat.ChunkSize,
                    FileFormat.ChunkSize)))
                    return NotTheFile();
                written.Add(chunk);
            }

            await fetched(written).ConfigureAwait(false);
        }

        return new FileRunEnd(FileRunResult.Done);
    });

    private FileRunEnd NotTheFile() => new(FileRunResult.Failed, $"what {job.Server} has is not the file");

    private bool TryKeep(int chunk, ReadOnlyMemory<byte> bytes)
    {
        if (chunk == 0)
        {
            if (!FileHashes.IsRoot(job.File.Root, bytes.Span))
                return false;
            _hashes = FileHashes.TryRead(job.File.Secrets, job.File.Root, bytes.Span, job.File.Chunks);
        }

        if (_hashes is not { } hashes || !hashes.Fits(chunk, bytes.Span))
            return false;
        blobs.Write(job.File.Blob, chunk, bytes.Span);
        return true;
    }

    private bool TryReadHashes()
    {
        Span<byte> first = _buffer.AsSpan(0, FileFormat.ChunkSize);
        _hashes = blobs.TryRead(job.File.Blob, 0, first) && FileHashes.IsRoot(job.File.Root, first)
            ? FileHashes.TryRead(job.File.Secrets, job.File.Root, first, job.File.Chunks) : null;
        return _hashes is not null;
    }

    // Each chunk is compared before it goes: what is damaged here reaches nobody.
    private bool TryHash(out byte[] hash, out int damaged)
    {
        (hash, damaged) = ([], 0);
        if (!TryReadHashes())
            return false;
        using IncrementalHash sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (; damaged < job.File.Chunks; damaged++)
        {
            stop.ThrowIfCancellationRequested();
            Span<byte> chunk = _buffer.AsSpan(0, FileFormat.ChunkSize);
            if (!blobs.TryRead(job.File.Blob, damaged, chunk) || !_hashes!.Fits(damaged, chunk))
                return false;
            sum.AppendData(chunk);
        }

        hash = sum.GetHashAndReset();
        return true;
    }

    private async Task<long> SendAsync(byte[] hash, long offset, ReadOnlyMemory<byte> chunk)
    {
        UploadBlobResponse stored = await CallAsync(
            RpcMethod.UploadBlob,
            new UploadBlobRequest
            {
                BlobHash = ByteString.CopyFrom(hash),
                BlobName = ByteString.CopyFrom(job.Name),
                Chunk = ByteString.CopyFrom(chunk.Span),
                Offset = (ulong)offset,
                TotalSize = (ulong)job.File.SpaceOnDisk,
            },
            UploadBlobResponse.Parser).ConfigureAwait(false);
        return stored.Received <= (ulong)job.File.SpaceOnDisk ? (long)stored.Received
            : throw new InvalidDataException($"{job.Server} says that it has more than the file");
    }

    // What comes too often waits; else the caller decides.
    private async Task<T> CallAsync<T>(RpcMethod method, IMessage request, MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        while (true)
        {
            TimeSpan wait;
            using var limit = new CancellationTokenSource(CallPatience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
            try
            {
                return await caller.CallAsync(job.Server, method, request, parser, either.Token).ConfigureAwait(false);
            }
            catch (RpcException e) when (e.Status == RpcStatus.RateLimited)
            {
                wait = TimeSpan.FromTicks(
                    Math.Clamp(e.RetryAfter.Ticks, TimeSpan.TicksPerSecond / 10, TimeSpan.TicksPerMinute));
            }
            catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
            {
                throw new TimeoutException($"{job.Server} does not answer", e);
            }

            await Task.Delay(wait, time, stop).ConfigureAwait(false);
        }
    }

    private async Task<FileRunEnd> ContainAsync(Func<Task<FileRunEnd>> run)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (RpcException e) when (e.Status == RpcStatus.NotFound && !job.IsUpload)
        {
            return new FileRunEnd(FileRunResult.Later,
                $"{job.Server} has not all of it: whoever offers it brings it there, or it is gone after 30 days");
        }
        catch (RpcException e) when (e.Status is RpcStatus.TooLarge or RpcStatus.BadRequest)
        {
            return new FileRunEnd(FileRunResult.Failed, $"{job.Server} does not take it: {FaultText.Of(e)}");
        }
        catch (RpcException e)
        {
            return new FileRunEnd(FileRunResult.Later, $"{job.Server} does not take it now: {FaultText.Of(e)}");
        }
        catch (Exception e) when (e is IOException or TimeoutException or InvalidDataException
            or UnauthorizedAccessException)
        {
            // The network, the server or this node's disk: all of them may be well again.
            return new FileRunEnd(FileRunResult.Later, FaultText.Of(e));
        }
    }
}
