using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// Brings a file to the daemon, and takes one from it: the client reads and writes files with the rights of whoever
/// runs it, the daemon sees bytes only.
/// </summary>
/// <param name="pages">The connection.</param>
/// <param name="progress">Told how many bytes of how many are done.</param>
internal sealed class FileClient(ReplyPages pages, Action<long, long> progress)
{
    private static readonly TimeSpan LookEach = TimeSpan.FromMilliseconds(500);

    private readonly ControlAsker _asker = new(pages);

    /// <summary>Sends a file.</summary>
    /// <exception cref="IOException">The file cannot be read, or the daemon refused.</exception>
    internal async Task<FileTransferInfo> SendAsync(
        string to, string path, byte[]? thumbnail, bool overRadio, CancellationToken cancellation)
    {
        await using FileStream file = File.OpenRead(path);
        if (file.Length > int.MaxValue)
            throw new IOException($"{path} has {file.Length} bytes, which is more than any node takes");
        int size = (int)file.Length;
        FileBeginInfo begun = await _asker.AskAsync(
            Commands.FileBegin,
            new FileBeginRequest
            {
                Name = Path.GetFileName(path),
                Size = size,
                Thumbnail = thumbnail is null ? null : Convert.ToBase64String(thumbnail),
            },
            cancellation).ConfigureAwait(false);
        byte[] buffer = new byte[FileDataRequest.MaxBytes];
        long sent = 0;
        while (sent < size)
        {
            int wanted = (int)Math.Min(buffer.Length, size - sent);
            int read = await file.ReadAtLeastAsync(
                buffer.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            if (read == 0)
                throw new IOException($"{path} became shorter while it was read");
            FileDataInfo taken = await _asker.AskAsync(
                Commands.FileData,
                new FileDataRequest { Upload = begun.Upload, Data = Convert.ToBase64String(buffer, 0, read) },
                cancellation).ConfigureAwait(false);
            progress(sent = taken.Received, size);
        }

        return await _asker.AskAsync(
            Commands.FileOffer, new FileOfferRequest { To = to, Upload = begun.Upload, OverRadio = overRadio },
            cancellation).ConfigureAwait(false);
    }

    /// <summary>Begins to fetch a file, if that has not begun.</summary>
    /// <exception cref="IOException">The daemon refused.</exception>
    internal async Task AcceptAsync(string id, bool overRadio, CancellationToken cancellation)
    {
        FileTransferInfo there = await FindAsync(id, cancellation).ConfigureAwait(false);
        if (there.State == "offered")
        {
            await _asker.AskAsync(
                Commands.FileAccept, new FileAcceptRequest { Id = id, OverRadio = overRadio }, cancellation)
                    .ConfigureAwait(false);
        }
    }

    /// <summary>Waits until all of a file is here.</summary>
    /// <exception cref="IOException">It failed.</exception>
    internal async Task WaitAsync(string id, CancellationToken cancellation)
    {
        while (true)
        {
            FileTransferInfo file = await FindAsync(id, cancellation).ConfigureAwait(false);
            progress(file.Received, file.Size);
            if (file.State == "here")
                return;
            if (file.State != "fetching")
                throw new IOException($"the file is {file.State}{(file.Note is null ? "" : ": " + file.Note)}");
            await Task.Delay(LookEach, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Writes a file that is here.</summary>
    /// <param name="id">The message with its offer.</param>
    /// <param name="path">Where to; a folder: there, under its cleaned name.</param>
    /// <param name="cancellation">Breaks it off.</param>
    /// <returns>Where it was written.</returns>
    /// <exception cref="IOException">There is a file already, it cannot be written, or the daemon refused.</exception>
    internal async Task<string> SaveAsync(string id, string path, CancellationToken cancellation)
    {
        FileReadInfo some = await ReadAsync(id, 0, cancellation).ConfigureAwait(false);
        // Cleaned by the daemon, and once more: what goes into a path is not another's word.
        string whole = Directory.Exists(path) ? Path.Combine(path, FileNames.Clean(some.Name)) : path;
        await using (FileStream file = new(whole, FileMode.CreateNew, FileAccess.Write))
        {
            long written = 0;
            try
            {
                while (written < some.Size)
                {
                    byte[] bytes = Convert.FromBase64String(some.Data);
                    if (some.Offset != written || bytes.Length == 0)
                        throw new IOException("the daemon gave other bytes than it was asked for");
                    await file.WriteAsync(bytes, cancellation).ConfigureAwait(false);
                    progress(written += bytes.Length, some.Size);
                    if (written < some.Size)
                        some = await ReadAsync(id, (int)written, cancellation).ConfigureAwait(false);
                }
            }
            catch
            {
                // Half a file under the name of a whole one helps nobody.
                File.Delete(whole);
                throw;
            }
        }

        return whole;
    }

    private Task<FileReadInfo> ReadAsync(string id, int offset, CancellationToken cancellation) =>
        _asker.AskAsync(Commands.FileRead, new FileReadRequest { Id = id, Offset = offset }, cancellation);

    private async Task<FileTransferInfo> FindAsync(string id, CancellationToken cancellation) =>
        await _asker.AskAsync(Commands.FileShow, new FileShowRequest { Id = id }, cancellation).ConfigureAwait(false);
}
