using System.Numerics;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>
/// Sends chunks to members of the conversation that ask for them. A chunk is compared with its hash before any of it is
/// sent. On the loop.
/// <code>
///  query   -> answer (what is here, and a session)
///  request -> its session and number count once -> waiting chunks, in turns of who asked -> read, compared -> pieces
/// </code>
/// </summary>
internal sealed class FileServing(
    NodeAddress self, FileBounds options, FileCatalog catalog, FileWords words, IFilePort port, IFileBlobs blobs,
    RandomFill random, FileCounters counters, Action<Instant, FileEntry> refetch)
{
    /// <summary>Files that are asked for at a time, by everybody and by one node. Arbitrary.</summary>
    private const int MaxSessions = 64;
    private const int MaxSessionsOfOne = 4;

    /// <summary>Chunks that one asks for and that have not been read yet. Arbitrary: 4 MiB.</summary>
    private const int MaxWaiting = 64;

    /// <summary>Answers to one node: a burst of so many, which comes back within a minute. Arbitrary.</summary>
    private const int AnswersOfOne = 60;

    /// <summary>A session that nobody used for so long gives its place to another. Arbitrary.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    /// <summary>How soon a link that was full is tried again, where nobody tells that it has room. Arbitrary.</summary>
    private static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly List<ServedSession> _sessions = [];
    private readonly Queue<ReadyChunk> _ready = [];
    private readonly AllowanceTable<NodeAddress> _answers = new(MaxSessions, AnswersOfOne, Minute);
    private readonly Allowance _rate = new(options.BytesPerSecond, Second);
    private readonly AllowanceTable<NodeAddress> _rateOfOne = new(MaxSessions, options.BytesPerSecond / 2.0, Second);
    private readonly Stack<byte[]> _buffers = [];
    private readonly byte[] _payload = new byte[FilePiece.Size];
    private int _reading;
    private int _turn;

    private sealed class ServedSession(FileEntry file, NodeAddress to, ulong number)
    {
        internal FileEntry File { get; } = file;

        internal NodeAddress To { get; } = to;

        internal ulong Number { get; } = number;

        internal uint LastRequest { get; set; }

        internal ulong Ticket { get; set; }

        internal bool OverRadio { get; set; }

        internal Instant UsedAt { get; set; }

        internal List<WantedPieces> Waiting { get; } = [];

        /// <summary>Chunks that are being read for it, or wait to be sent.</summary>
        internal int InHand { get; set; }
    }

    private sealed record ReadyChunk(ServedSession Session, int Chunk, byte[] Bytes)
    {
        internal byte Pieces { get; set; }
    }

    /// <summary>When <see cref="Pump"/> has something to do.</summary>
    internal Instant NextDue { get; private set; } = Instant.Never;

    /// <summary>Files that are asked for at the moment.</summary>
    internal int Sessions => _sessions.Count;

    /// <summary>A member asks what is here.</summary>
    internal void Asked(Instant now, in NodeAddress by, bool overRadio, in FileQuery query)
    {
        if (Allowed(by, query.File) is not { } file)
            return;
        // Whoever asks begins anew, after a restart for instance.
        NodeAddress asker = by;
        _sessions.RemoveAll(s => s.File == file && s.To == asker);
        Answer(now, file, by, overRadio);
    }

    /// <summary>A member asks for pieces; false if that leads to nothing.</summary>
    internal bool Requested(Instant now, in NodeAddress by, bool overRadio, FileRequest request)
    {
        if (Allowed(by, request.File) is not { } file)
            return false;
        ServedSession? session = Find(file, by);
        if (session is null || session.Number != request.Session)
        {
            // From before a restart, or another has its place now.
            counters.Add(FileCount.Repeated);
            Answer(now, file, by, overRadio);
            return false;
        }

        if (request.Number <= session.LastRequest)
        {
            counters.Add(FileCount.Repeated);
            return false;
        }

        (session.LastRequest, session.Ticket, session.OverRadio, session.UsedAt) =
            (request.Number, request.Ticket, overRadio, now);
        for (int i = 0; i < request.Count; i++)
            Want(session, request[i]);
        Pump(now);
        return true;
    }

    /// <summary>Reads what is asked for, in turns, and sends what was read, as far as the links take it.</summary>
    internal void Pump(Instant now)
    {
        NextDue = Instant.Never;
        Send(now);
        while (_reading + _ready.Count < options.MaxServedChunks && NextSession(now) is { } session)
            Read(session);
    }

    /// <summary>A file is gone, and what was asked of it.</summary>
    internal void Forget(FileEntry file) => _sessions.RemoveAll(s => s.File == file);

    private FileEntry? Allowed(in NodeAddress by, in FileTag tag)
    {
        // Who is no member learns nothing, not even that the file is here.
        FileEntry? file = catalog.Find(tag);
        if (file is not null && file.State != FileState.Failed && by != self && !port.IsBlocked(by)
            && port.MembersOf(file.Conversation).Contains(by))
            return file;
        counters.Add(FileCount.NotForThem);
        return null;
    }

    private void Answer(Instant now, FileEntry file, in NodeAddress to, bool overRadio)
    {
        if (!_answers.Of(new TimeSpan(now.Ticks), to).TryTake(new TimeSpan(now.Ticks), 1))
        {
            counters.Add(FileCount.TooFast);
            return;
        }

        FileAnswerStatus status = FileAnswerStatus.NotOverRadio;
        ulong number = 0;
        if (file.OverRadio || !port.WayOf(now, to).IsSlow)
        {
            ServedSession? session = Open(now, file, to);
            status = session is null ? FileAnswerStatus.Busy
                : file.State == FileState.Whole ? FileAnswerStatus.Whole : FileAnswerStatus.Part;
            number = session?.Number ?? 0;
        }

        Span<byte> word = stackalloc byte[FileAnswer.SizeOf(FileFormat.MaxHaveSize)];
        ReadOnlySpan<byte> have = status == FileAnswerStatus.Part ? file.Have.Bytes : [];
        int size = FileAnswer.Write(word, file.Secrets.Tag, status, number, have);
        words.Send(now, to, overRadio, word[..size]);
    }

    private ServedSession? Find(FileEntry file, NodeAddress to) => _sessions.Find(s => s.File == file && s.To == to);

    /// <summary>The session of a member with a file; null where all places are in use.</summary>
    private ServedSession? Open(Instant now, FileEntry file, NodeAddress to)
    {
        if (Find(file, to) is { } there)
            return there;
        bool isOneTooMany = _sessions.Count(s => s.To == to) >= MaxSessionsOfOne;
        if (isOneTooMany || _sessions.Count >= MaxSessions)
        {
            // Nobody says that a file is whole. Who asks for another one has most likely ended with the one it used
            // least lately.
            ServedSession? idle = isOneTooMany
                ? _sessions.Where(s => s.To == to && s.Waiting.Count == 0 && s.InHand == 0).MinBy(static s => s.UsedAt)
                : _sessions.Find(s => now - s.UsedAt >= Idle);
            if (idle is null)
                return null;
            _sessions.Remove(idle);
        }

        Span<byte> drawn = stackalloc byte[sizeof(ulong)];
        random(drawn);
        var made = new ServedSession(file, to, BitConverter.ToUInt64(drawn)) { UsedAt = now };
        _sessions.Add(made);
        return made;
    }

    private void Want(ServedSession session, in WantedPieces wanted)
    {
        ushort chunk = wanted.Chunk;
        if (chunk >= session.File.Chunks || !session.File.Have[chunk])
            return;
        int at = session.Waiting.FindIndex(w => w.Chunk == chunk);
        if (at >= 0)
            session.Waiting[at] = new WantedPieces(chunk, (byte)(session.Waiting[at].Pieces | wanted.Pieces));
        else if (session.Waiting.Count < MaxWaiting)
            session.Waiting.Add(wanted);
        else
            counters.Add(FileCount.RequestsCut);
    }

    /// <summary>Whose turn it is of those that wait for something and have not had too much.</summary>
    private ServedSession? NextSession(Instant now)
    {
        var at = new TimeSpan(now.Ticks);
        // Who is behind a slow link leaves the others their part of the buffers.
        int busy = _sessions.Count(static s => s.Waiting.Count > 0 || s.InHand > 0);
        int share = Math.Max(1, options.MaxServedChunks / Math.Max(1, busy));
        for (int i = 0; i < _sessions.Count; i++)
        {
            _turn = _turn + 1 < _sessions.Count ? _turn + 1 : 0;
            ServedSession session = _sessions[_turn];
            if (session.Waiting.Count == 0 || session.InHand >= share)
                continue;
            int cost = BitOperations.PopCount(session.Waiting[0].Pieces) * FileFormat.PieceSize;
            Allowance one = _rateOfOne.Of(at, session.To);
            if (one.Has(at, cost) && _rate.TryTake(at, cost))
            {
                one.TryTake(at, cost);
                return session;
            }

            NextDue = Instant.Min(NextDue, now + TryAgain);
        }

        return null;
    }

    private void Read(ServedSession session)
    {
        WantedPieces wanted = session.Waiting[0];
        session.Waiting.RemoveAt(0);
        byte[] bytes = _buffers.TryPop(out byte[]? used) ? used : new byte[FileFormat.ChunkSize];
        FileEntry file = session.File;
        FileHashes? hashes = file.Hashes;
        bool isGood = false, isOver = false;
        _reading++;
        session.InHand++;
        port.RunAside(
            () =>
            {
                hashes ??= ReadHashes(file);
                isGood = hashes is not null && blobs.TryRead(file.Blob, wanted.Chunk, bytes)
                    && hashes.Fits(wanted.Chunk, bytes);
            },
            now =>
            {
                // After a fault it is called again.
                if (isOver)
                    return;
                isOver = true;
                Finished(now, session, wanted, bytes, isGood ? hashes : null);
            });
    }

    private FileHashes? ReadHashes(FileEntry file)
    {
        byte[] chunk = new byte[FileFormat.ChunkSize];
        return blobs.TryRead(file.Blob, 0, chunk) && FileHashes.IsRoot(file.Root, chunk)
            ? FileHashes.TryRead(file.Secrets, file.Root, chunk, file.Chunks) : null;
    }

    private void Finished(Instant now, ServedSession session, WantedPieces wanted, byte[] bytes, FileHashes? hashes)
    {
        _reading--;
        bool isWanted = _sessions.Contains(session);
        if (hashes is not null && isWanted)
        {
            catalog.Use(session.File, hashes);
            _ready.Enqueue(new ReadyChunk(session, wanted.Chunk, bytes) { Pieces = wanted.Pieces });
        }
        else
        {
            session.InHand--;
            _buffers.Push(bytes);
            if (isWanted)
                Damaged(now, session.File, wanted.Chunk);
        }

        Pump(now);
    }

    /// <summary>
    /// What is on the disk is not what was offered: of an own file the offer fails, another one is fetched anew.
    /// </summary>
    internal void Damaged(Instant now, FileEntry file, int chunk)
    {
        counters.Add(FileCount.Damaged);
        if (file.IsOwn)
        {
            file.State = FileState.Failed;
            file.Note = "its bytes on this node's disk are not what was offered; offer it again";
            Forget(file);
        }
        else
        {
            file.Have.Remove(chunk);
            file.State = FileState.Fetching;
            refetch(now, file);
        }

        port.Keep(file);
        port.Progressed(file);
    }

    private void Send(Instant now)
    {
        // A way that is full does not hold up those to others: each chunk has one turn.
        for (int turns = _ready.Count; turns > 0; turns--)
        {
            ReadyChunk chunk = _ready.Dequeue();
            if (_sessions.Contains(chunk.Session) && !TrySend(now, chunk))
            {
                _ready.Enqueue(chunk);
                NextDue = Instant.Min(NextDue, now + TryAgain);
            }
            else
            {
                chunk.Session.InHand--;
                _buffers.Push(chunk.Bytes);
            }
        }
    }

    /// <summary>Sends the pieces of a chunk; false if there are some left for later.</summary>
    private bool TrySend(Instant now, ReadyChunk chunk)
    {
        ServedSession session = chunk.Session;
        ChunkId id = session.File.Secrets.IdOf(chunk.Chunk);
        while (chunk.Pieces != 0)
        {
            int piece = BitOperations.TrailingZeroCount(chunk.Pieces);
            ReadOnlySpan<byte> bytes = chunk.Bytes.AsSpan(piece * FileFormat.PieceSize, FileFormat.PieceSize);
            FilePiece.Write(_payload, session.Ticket, id, piece, bytes);
            BulkResult result = port.Send(now, session.To, session.OverRadio && session.File.OverRadio, _payload);
            if (result == BulkResult.NoRoom)
                return false;
            // Without a way it is asked for again when there is one.
            if (result != BulkResult.Sent)
                return true;
            counters.Add(FileCount.PiecesSent);
            session.UsedAt = now;
            chunk.Pieces &= (byte)(chunk.Pieces - 1);
        }

        return true;
    }
}
