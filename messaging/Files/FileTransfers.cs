using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>
/// Files of conversations: which are here, sending them to members, fetching them from members. It does no I/O, reads
/// no clock; one loop owns it.
/// <code>
///  bulk frame -> Received -+- piece ------------------------------> FileFetching
///                          '- sealed word -> FileWords -+- answer -> FileFetching
///                                                       '- query, request -> FileServing
/// </code>
/// </summary>
public sealed class FileTransfers
{
    private readonly FileCatalog _catalog;
    private readonly FileWords _words;
    private readonly FileServing _serving;
    private readonly FileFetching _fetching;

    /// <summary>Files without any.</summary>
    /// <param name="sealer">Seals words to members.</param>
    /// <param name="self">This node.</param>
    /// <param name="options">What files may cost.</param>
    /// <param name="port">The node around.</param>
    /// <param name="blobs">Their bytes.</param>
    /// <param name="random">Draws tickets and sessions.</param>
    public FileTransfers(
        Sealer sealer, NodeAddress self, FileBounds options, IFilePort port, IFileBlobs blobs, RandomFill random)
    {
        _catalog = new FileCatalog(options);
        _words = new FileWords(sealer, self, port, Counters);
        _fetching = new FileFetching(options, _catalog, _words, port, blobs, random, Counters);
        _serving = new FileServing(self, options, _catalog, _words, port, blobs, random, Counters, Start);
    }

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public Instant NextDue =>
        Instant.Min(Servers?.NextDue ?? Instant.Never, Instant.Min(_serving.NextDue, _fetching.NextDue));

    /// <summary>The way of files in conversations on servers; there before the first of them.</summary>
    public IFileWay? Servers { get; set; }

    /// <summary>What was counted.</summary>
    public FileCounters Counters { get; } = new();

    /// <summary>How many files there are.</summary>
    public int Count => _catalog.Count;

    /// <summary>All files, in no order.</summary>
    public IReadOnlyCollection<FileEntry> All => _catalog.All;

    /// <summary>Bytes on the disk that all files take when they are whole.</summary>
    public long SpaceOnDisk => _catalog.All.Sum(static f => f.SpaceOnDisk);

    /// <summary>Members that files are being sent to.</summary>
    public int Sessions => _serving.Sessions;

    /// <summary>Chunks that are being put together or written.</summary>
    public int OpenChunks => _fetching.OpenChunks;

    /// <summary>Adds a file, and fetches what is missing of it; false if it is here, or there are too many.</summary>
    public bool TryAdd(Instant now, FileEntry file)
    {
        if (!_catalog.TryAdd(file))
            return false;
        if (file.State is FileState.Fetching or FileState.Uploading)
            Start(now, file);
        return true;
    }

    /// <summary>A file; null if it is neither here nor wanted.</summary>
    public FileEntry? Find(in EnvelopeId message) => _catalog.Find(message);

    /// <summary>Forgets a file and its keys; null if there is none. Its bytes are the caller's to delete.</summary>
    public FileEntry? Remove(in EnvelopeId message)
    {
        if (_catalog.Find(message) is not { } file)
            return null;
        _fetching.Stop(file);
        Servers?.Stop(file);
        _serving.Forget(file);
        return _catalog.Remove(message);
    }

    /// <summary>What keeps a file from coming; null where nothing does.</summary>
    public string? ObstacleOf(FileEntry file) => file.Note ?? _fetching.ObstacleOf(file);

    /// <summary>The payload of a bulk frame for this node; anything may be in it.</summary>
    /// <param name="now">When.</param>
    /// <param name="sourceGroup">Where it came from, as far as that is dear to change.</param>
    /// <param name="overRadio">It may cross radios, and so may what answers it.</param>
    /// <param name="payload">The payload.</param>
    public void Received(Instant now, ulong sourceGroup, bool overRadio, ReadOnlySpan<byte> payload)
    {
        if (FilePiece.TryRead(payload, out FilePiece piece))
        {
            _fetching.Received(now, piece);
            return;
        }

        if (payload.IsEmpty || payload[0] != (byte)FilePayloadKind.Sealed)
        {
            Counters.Add(FileCount.Malformed);
            return;
        }

        // Without files there is nothing to say, and a key agreement is not spent on that.
        if (_catalog.Count == 0
            || !_words.TryOpen(now, sourceGroup, payload[1..], out NodeAddress sender, out ReadOnlySpan<byte> word))
            return;
        if (!IsOfUse(now, sender, overRadio, word))
            _words.WasInVain(now, sourceGroup);
    }

    /// <summary>A link has room again.</summary>
    public void Writable(Instant now) => _serving.Pump(now);

    /// <summary>There is a way to a node again, or another one.</summary>
    public void RouteChanged(Instant now, in NodeAddress to) => _fetching.RouteChanged(now, to);

    /// <summary>Does what is due.</summary>
    public void Tick(Instant now)
    {
        if (now >= _serving.NextDue)
            _serving.Pump(now);
        if (now >= _fetching.NextDue)
            _fetching.Tick(now);
        if (Servers is { } servers && now >= servers.NextDue)
            servers.Tick(now);
    }

    /// <summary>
    /// A chunk on this node's disk is not what it should be: it is fetched again, or an own file fails.
    /// </summary>
    public void Damaged(Instant now, FileEntry file, int chunk)
    {
        _serving.Damaged(now, file, chunk);
        if (file.State == FileState.Failed)
            Servers?.Stop(file);
    }

    private void Start(Instant now, FileEntry file)
    {
        if (file.IsOverServer)
            Servers?.Start(now, file);
        else
            _fetching.Start(now, file);
    }

    private bool IsOfUse(Instant now, in NodeAddress sender, bool overRadio, ReadOnlySpan<byte> word)
    {
        if (FileRequest.TryRead(word, out FileRequest request))
            return _serving.Requested(now, sender, overRadio, request);
        if (FileAnswer.TryRead(word, out FileAnswer answer))
            return _fetching.Answered(now, sender, answer);
        if (FileQuery.TryRead(word, out FileQuery query))
            _serving.Asked(now, sender, overRadio, query);
        else
            Counters.Add(FileCount.Malformed);
        // A query is cheap to make, and needed now and then only.
        return false;
    }
}
