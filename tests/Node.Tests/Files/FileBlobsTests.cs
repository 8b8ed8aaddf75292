using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Node.Files;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Node.Tests.Files;

public sealed class FileBlobsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-blobs-").FullName;
    private readonly FileBlobs _blobs;

    public FileBlobsTests() => _blobs = new FileBlobs(Path.Combine(_folder, FileBlobs.FolderName));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_and_what_is_not_there_is_not()
    {
        byte[] chunk = Chunk(7), read = new byte[FileFormat.ChunkSize];
        _blobs.Write(new BlobId(1), 1, chunk);
        Assert.True(_blobs.TryRead(new BlobId(1), 1, read));
        Assert.Equal(chunk, read);
        Assert.False(_blobs.TryRead(new BlobId(1), 2, read));
        Assert.False(_blobs.TryRead(new BlobId(2), 0, read));
    }

    /// <summary>A chunk that was being compared while its file was cancelled brought the file back, for ever.</summary>
    [Fact]
    public void A_write_that_comes_after_the_deletion_does_not_bring_a_file_back()
    {
        _blobs.Write(new BlobId(1), 0, Chunk(1));
        _blobs.Delete(new BlobId(1));
        Assert.Throws<FileNotFoundException>(() => _blobs.Write(new BlobId(1), 0, Chunk(1)));
        _blobs.Delete(new BlobId(2));
        Assert.Throws<FileNotFoundException>(() => _blobs.Write(new BlobId(2), 0, Chunk(1)));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, FileBlobs.FolderName)));
    }

    [Fact]
    public async Task Writers_and_a_deletion_at_the_same_time_leave_nothing()
    {
        for (uint round = 1; round <= 200; round++)
        {
            var blob = new BlobId(round);
            Task[] writers = [.. Enumerable.Range(0, 4).Select(i => Task.Run(() =>
            {
                try
                {
                    _blobs.Write(blob, i, Chunk(3));
                }
                catch (FileNotFoundException)
                {
                    // It came after the deletion.
                }
            }))];
            _blobs.Delete(blob);
            await Task.WhenAll(writers);
        }

        string folder = Path.Combine(_folder, FileBlobs.FolderName);
        Assert.Empty(Directory.Exists(folder) ? Directory.GetFiles(folder) : []);
    }

    [Fact]
    public void Left_over_is_what_no_row_names_and_nothing_with_another_name()
    {
        Assert.Empty(_blobs.LeftOver(new HashSet<BlobId>()));
        _blobs.Write(new BlobId(1), 0, Chunk(1));
        _blobs.Write(new BlobId(2), 0, Chunk(1));
        File.WriteAllText(Path.Combine(_folder, FileBlobs.FolderName, "notes"), "of the operator");
        Assert.Equal([new BlobId(2)], _blobs.LeftOver(new HashSet<BlobId> { new(1) }));
    }

    private static byte[] Chunk(byte of)
    {
        byte[] chunk = new byte[FileFormat.ChunkSize];
        Array.Fill(chunk, of);
        return chunk;
    }
}
