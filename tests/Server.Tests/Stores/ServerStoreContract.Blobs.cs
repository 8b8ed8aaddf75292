using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>What every kind of store promises of blobs.</summary>
public abstract partial class ServerStoreContract
{
    private const int Chunk = BlobFormat.ChunkSize;

    [ContractFact]
    public async Task A_blob_is_stored_chunk_by_chunk_over_restarts_and_read_when_it_is_whole()
    {
        (IdentityKey alice, _) = await TwoAsync();
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, (2 * Chunk) + 100);
        Assert.Equal((BlobResult.Stored, 0L), await AppendAsync(blob, bytes, 0, isEmpty: true));
        Assert.Equal((BlobResult.OutOfOrder, 0L), await AppendAsync(blob, bytes, Chunk));
        Assert.Equal((BlobResult.Stored, (long)Chunk), await AppendAsync(blob, bytes, 0));
        await ReopenAsync();
        Assert.Null(await Store.Blobs.ReadAsync(blob.Id, 0, 10));
        Assert.Equal((BlobResult.Stored, (long)Chunk), await AppendAsync(blob, bytes, 0));
        Assert.Equal((BlobResult.Stored, 2L * Chunk), await AppendAsync(blob, bytes, Chunk));
        Assert.Equal((BlobResult.Stored, blob.Size), await AppendAsync(blob, bytes, 2 * Chunk));
        await ReopenAsync();
        Assert.Equal((BlobResult.Stored, blob.Size), await AppendAsync(blob, bytes, 2 * Chunk));
        Assert.Equal(bytes, await ReadAllAsync(blob));
        foreach ((int offset, int length) in new[] { (Chunk - 10, 20), (1, Chunk), (bytes.Length - 5, 100) })
        {
            BlobPart part = (await Store.Blobs.ReadAsync(blob.Id, offset, length))!;
            Assert.Equal(bytes.Skip(offset).Take(length), part.Bytes);
            Assert.Equal(bytes.Length, part.Size);
        }

        Assert.Empty((await Store.Blobs.ReadAsync(blob.Id, bytes.Length, 10))!.Bytes);
    }

    [ContractFact]
    public async Task A_chunk_that_comes_many_times_at_once_is_stored_once()
    {
        (IdentityKey alice, _) = await TwoAsync();
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, Chunk + 7);
        foreach (int offset in new[] { 0, Chunk })
        {
            (BlobResult, long)[] all = await Task.WhenAll(
                Enumerable.Range(0, 10).Select(_ => Task.Run(() => AppendAsync(blob, bytes, offset))));
            Assert.All(all, o => Assert.Equal((BlobResult.Stored, Math.Min(offset + (long)Chunk, blob.Size)), o));
        }

        Assert.Equal(bytes, await ReadAllAsync(blob));
    }

    [ContractFact]
    public async Task Bytes_that_are_not_those_of_the_hash_are_not_kept_and_another_blob_has_no_place_there()
    {
        (IdentityKey alice, _) = await TwoAsync();
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, Chunk + 100);
        Assert.Equal((BlobResult.Stored, (long)Chunk), await AppendAsync(blob, bytes, 0));
        Assert.Equal(BlobResult.Conflict, (await AppendAsync(blob with { Size = blob.Size + 1 }, bytes, 0)).Item1);
        Assert.Equal(BlobResult.Conflict, (await AppendAsync(blob with { Hash = new byte[32] }, bytes, 0)).Item1);
        byte[] wrong = [.. bytes];
        wrong[^1] ^= 1;
        Assert.Equal((BlobResult.Corrupt, 0L), await AppendAsync(blob, wrong, Chunk));
        Assert.Null(await Store.Blobs.ReadAsync(blob.Id, 0, 10));
        Assert.Equal((BlobResult.Stored, 0L), await AppendAsync(blob, bytes, 0, isEmpty: true));
        await AppendAsync(blob, bytes, 0);
        await AppendAsync(blob, bytes, Chunk);
        Assert.Equal(bytes, await ReadAllAsync(blob));
    }

    [ContractFact]
    public async Task Blobs_have_bounds_for_each_account_for_unfinished_ones_and_in_all_over_restarts()
    {
        await ReopenAsync(new BlobLimits
        {
            MaxOfAccount = 10 * BlobLimits.LeastCharge,
            MaxUnfinished = 2,
            MaxInAll = 15 * BlobLimits.LeastCharge,
        });
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        (NewBlob first, byte[] bytes) = Blob(alice, 1, Chunk + 1);
        (NewBlob second, _) = Blob(alice, 2, Chunk + 1);
        Assert.Equal(BlobResult.Stored, (await AppendAsync(first, bytes, 0)).Item1);
        Assert.Equal(BlobResult.Stored, (await AppendAsync(second, bytes, 0)).Item1);
        // Two are not whole.
        Assert.Equal(BlobResult.Full, (await StoreAsync(alice, 3, 10)).Item1);
        Assert.Equal(BlobResult.Stored, (await AppendAsync(first, bytes, Chunk)).Item1);
        // Each of those two counts as a little more than four, a small one as one.
        Assert.Equal(BlobResult.Stored, (await StoreAsync(alice, 3, 10)).Item1);
        Assert.Equal(BlobResult.Full, (await StoreAsync(alice, 4, 10)).Item1);
        for (int i = 0; i < 5; i++)
            Assert.Equal(BlobResult.Stored, (await StoreAsync(bob, i, 10)).Item1);
        Assert.Equal(BlobResult.Full, (await StoreAsync(bob, 5, 10)).Item1);
        Assert.Equal(BlobResult.NoAccount, (await StoreAsync(Key(99), 5, 10)).Item1);
        // What is deleted makes room in all.
        Assert.True(await Store.Accounts.DeleteAsync(alice));
        for (int i = 5; i < 10; i++)
            Assert.Equal(BlobResult.Stored, (await StoreAsync(bob, i, 10)).Item1);
        Assert.Equal(BlobResult.Full, (await StoreAsync(bob, 10, 10)).Item1);
    }

    [ContractFact]
    public async Task Blobs_are_kept_for_thirty_days_and_uploads_of_which_nothing_comes_for_one()
    {
        (IdentityKey alice, _) = await TwoAsync();
        (NewBlob whole, byte[] bytes) = Blob(alice, 1, 10);
        (NewBlob begun, byte[] more) = Blob(alice, 2, Chunk + 10);
        await AppendAsync(whole, bytes, 0);
        await AppendAsync(begun, more, 0);
        Time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(0, await Store.Blobs.ExpireAsync(10));
        Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, await Store.Blobs.ExpireAsync(10));
        Assert.Equal((BlobResult.Stored, 0L), await AppendAsync(begun, more, 0, isEmpty: true));
        Time.Advance(TimeSpan.FromDays(28.9));
        Assert.Equal(bytes, await ReadAllAsync(whole));
        Time.Advance(TimeSpan.FromDays(1));
        Assert.Null(await Store.Blobs.ReadAsync(whole.Id, 0, 10));
        Assert.Equal(1, await Store.Blobs.ExpireAsync(10));
        Assert.Equal(0, await Store.Blobs.ExpireAsync(10));
        Assert.Equal(0, await CountBytesAsync());
    }

    [ContractFact]
    public async Task The_blobs_of_a_deleted_account_are_gone_and_those_of_others_stay()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        (NewBlob own, byte[] bytes) = Blob(alice, 1, 1000);
        (NewBlob begun, byte[] more) = Blob(alice, 2, Chunk + 1000);
        (NewBlob other, byte[] others) = Blob(bob, 3, 2000);
        await AppendAsync(own, bytes, 0);
        await AppendAsync(begun, more, 0);
        await AppendAsync(other, others, 0);
        Assert.True(await Store.Accounts.DeleteAsync(alice));
        Assert.Null(await Store.Blobs.ReadAsync(own.Id, 0, 10));
        Assert.Equal((BlobResult.NoAccount, 0L), await AppendAsync(own, bytes, 0));
        Assert.Equal((BlobResult.OutOfOrder, 0L), await AppendAsync(begun, more, Chunk));
        Assert.Equal(others, await ReadAllAsync(other));
        Assert.Equal(2000, await CountBytesAsync());
        await RegisterAsync("alice", 1);
        Assert.Equal((BlobResult.Stored, 0L), await AppendAsync(begun, more, 0, isEmpty: true));
    }

    /// <summary>Bytes of blobs, whole or not, wherever this kind of store has them.</summary>
    private protected abstract Task<long> CountBytesAsync();

    private protected static (NewBlob Blob, byte[] Bytes) Blob(IdentityKey owner, int seed, int size)
    {
        byte[] bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        byte[] hash = SHA256.HashData(bytes);
        Assert.True(BlobId.TryRead(BlobFormat.IdOf(NodeAddress.Of(owner.ToArray()), hash), out BlobId id));
        return (new NewBlob(id, owner, hash, size), bytes);
    }

    private protected async Task<(BlobResult, long)> AppendAsync(
        NewBlob blob, byte[] bytes, int offset, bool isEmpty = false)
    {
        BlobOutcome outcome = await Store.Blobs.AppendAsync(
            blob, offset, isEmpty ? default : bytes.AsMemory(offset, BlobFormat.ChunkAt(offset, bytes.Length)));
        return (outcome.Result, outcome.Received);
    }

    private async Task<(BlobResult, long)> StoreAsync(IdentityKey owner, int seed, int size)
    {
        (NewBlob blob, byte[] bytes) = Blob(owner, 1000 + seed, size);
        return await AppendAsync(blob, bytes, 0);
    }

    private async Task<byte[]> ReadAllAsync(NewBlob blob)
    {
        List<byte> read = [];
        while (read.Count < blob.Size)
            read.AddRange((await Store.Blobs.ReadAsync(blob.Id, read.Count, Chunk))!.Bytes);
        return [.. read];
    }

    private async Task ReopenAsync(BlobLimits limits)
    {
        await Store.DisposeAsync();
        await InitializeAsync(new StoreLimits { Blobs = limits });
    }
}
