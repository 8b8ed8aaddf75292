using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Node.Files;

/// <summary>
/// Files of conversations on servers: own ones are brought to the server, where the others fetch them. On the loop,
/// but for the attempts.
/// <code>
///  Start -> waits for its turn -> attempt -> all is there, or failed
///              '------- later and later -------'
/// </code>
/// </summary>
internal sealed class ServerFiles : IFileWay, IAsyncDisposable
{
    /// <summary>Bytes of a file at most, so that its sealed chunks are one blob.</summary>
    internal const long MaxSize = ((BlobFormat.MaxSize / FileFormat.ChunkSize) - 1) * FileFormat.DataSize;

    /// <summary>Files that are brought or fetched at a time; each has a megabyte of memory. Arbitrary.</summary>
    private const int MaxRunning = 4;

    /// <summary>The first pause after an attempt that failed, and how often it is doubled. Arbitrary.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private const int MostDoublings = 6;

    /// <summary>Who watches is told that often how far a file is. Arbitrary.</summary>
    private static readonly TimeSpan TellEach = TimeSpan.FromMilliseconds(500);

    private readonly IServerCaller _caller;
    private readonly Func<ConversationId, string?> _serverOf;
    private readonly Func<ConversationId, NodeAddress> _selfIn;
    private readonly FileTransfers _transfers;
    private readonly IFilePort _port;
    private readonly IFileBlobs _blobs;
    private readonly IMessagingLoop _loop;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Waiting> _files = [];
    private readonly Lock _guard = new();
    private readonly HashSet<Task> _attempts = [];
    private int _running;

    /// <summary>A file that is not yet where it belongs.</summary>
    private sealed class Waiting(FileEntry file)
    {
        internal FileEntry File { get; } = file;

        internal Instant NextTry { get; set; } = new(long.MinValue / 2);

        internal int Failures { get; set; }

        internal Instant ToldAt { get; set; } = new(long.MinValue / 2);

        /// <summary>Breaks the attempt off; null: none is under way.</summary>
        internal CancellationTokenSource? Running { get; set; }

        /// <summary>SHA-256 of an own file's sealed chunks, once it is known.</summary>
        internal byte[]? Hash { get; set; }
    }

    internal ServerFiles(
        IServerCaller caller, ServerConversations conversations, FileTransfers transfers, IFilePort port,
        IFileBlobs blobs, MessagingContext context)
    {
        (_caller, _serverOf, _selfIn, _transfers) = (caller, conversations.ServerOf, conversations.SelfIn, transfers);
        (_port, _blobs, _loop, _time) = (port, blobs, context.Loop, context.Time);
        transfers.Servers = this;
    }

    /// <inheritdoc/>
    public Instant NextDue { get; private set; } = Instant.Never;

    /// <inheritdoc/>
    public void Start(Instant now, FileEntry file)
    {
        if (_files.Exists(f => f.File == file))
            return;
        _files.Add(new Waiting(file));
        NextDue = Instant.Min(NextDue, now);
    }

    /// <inheritdoc/>
    public void Stop(FileEntry file)
    {
        if (_files.Find(f => f.File == file) is not { } stopped)
            return;
        _files.Remove(stopped);
        stopped.Running?.Cancel();
    }

    /// <inheritdoc/>
    public void Tick(Instant now)
    {
        NextDue = Instant.Never;
        foreach (Waiting waiting in _files.ToArray())
        {
            if (_running >= MaxRunning)
                return;
            if (waiting.Running is not null)
                continue;
            if (now >= waiting.NextTry)
                Begin(waiting);
            else
                NextDue = Instant.Min(NextDue, waiting.NextTry);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        Task[] attempts;
        lock (_guard)
            attempts = [.. _attempts];
        await Task.WhenAll(attempts).ConfigureAwait(false);
        _ending.Dispose();
    }

    private void Begin(Waiting waiting)
    {
        FileEntry file = waiting.File;
        if (_serverOf(file.Conversation) is not { } server)
        {
            End(file, FileState.Failed, "its conversation was left");
            return;
        }

        if (_ending.IsCancellationRequested
            || ChunkSet.TryRead(file.Have.Bytes, file.Chunks) is not { } have)
            return;
        waiting.Running = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        // What another device of this account offered is fetched like that of others.
        var job = new ServerFileJob(
            server, file, file.IsOwn ? _selfIn(file.Conversation) : file.Author, have,
            IsUpload: file.State == FileState.Uploading);
        var run = new ServerFileRun(_caller, _blobs, job, _time, waiting.Running.Token);
        _running++;
        lock (_guard)
        {
            _attempts.RemoveWhere(static t => t.IsCompleted);
            _attempts.Add(Task.Run(() => AttemptAsync(waiting, run, job.IsUpload)));
        }
    }

    private async Task AttemptAsync(Waiting waiting, ServerFileRun run, bool isUpload)
    {
        FileRunEnd end;
        try
        {
            end = isUpload
                ? await run.UploadAsync(
                    waiting.Hash, hash => waiting.Hash = hash, size => TellAsync(waiting, file => file.Uploaded = size))
                    .ConfigureAwait(false)
                : await run.DownloadAsync(chunks => TellAsync(waiting, file =>
                {
                    foreach (int chunk in chunks)
                        file.Have.Add(chunk);
                    _port.Keep(file);
                })).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            end = new FileRunEnd(FileRunResult.Later, "this node is logged out, or stops");
        }
        catch (Exception e)
        {
            // It costs this attempt.
            _loop.Failed(e);
            end = new FileRunEnd(FileRunResult.Later, "a fault of this program: the log says which");
        }

        try
        {
            await _loop.PostAsync(now => Ended(now, waiting, end)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    /// <summary>An attempt is further: nothing keeps the file any more.</summary>
    private async Task TellAsync(Waiting waiting, Action<FileEntry> further) =>
        await _loop.PostAsync(now =>
        {
            if (!_files.Contains(waiting))
                return;
            FileEntry file = waiting.File;
            further(file);
            (file.Note, waiting.Failures) = (null, 0);
            if (now - waiting.ToldAt < TellEach)
                return;
            waiting.ToldAt = now;
            _port.Progressed(file);
        }).ConfigureAwait(false);

    private void Ended(Instant now, Waiting waiting, in FileRunEnd end)
    {
        _running--;
        waiting.Running?.Dispose();
        waiting.Running = null;
        FileEntry file = waiting.File;
        if (_files.Contains(waiting))
        {
            switch (end.Result)
            {
                case FileRunResult.Done:
                    End(file, FileState.Whole, null);
                    break;
                case FileRunResult.Failed:
                    End(file, FileState.Failed, end.Note);
                    break;
                case FileRunResult.Damaged:
                    _transfers.Damaged(now, file, end.Chunk);
                    break;
                case FileRunResult.Later:
                    bool isNews = file.Note != end.Note;
                    file.Note = end.Note;
                    waiting.NextTry = now + (FirstPause * (1 << Math.Min(waiting.Failures++, MostDoublings)));
                    if (isNews)
                        _port.Progressed(file);
                    break;
            }
        }

        Tick(now);
    }

    private void End(FileEntry file, FileState state, string? note)
    {
        Stop(file);
        (file.State, file.Note) = (state, note);
        _port.Keep(file);
        _port.Progressed(file);
    }
}
