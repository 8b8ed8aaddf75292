using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>
/// Fetches files from members that have them. On the loop.
/// <code>
///  sources -> query -> answer -> requests within a window -> pieces -> chunk -> compared, written -> next
///                 '- silent: later        '- late: asked for again, the window shrinks
///                                                              '- wrong: fetched anew; three times: another member
/// </code>
/// </summary>
internal sealed class FileFetching(
    FileBounds options, FileCatalog catalog, FileWords words, IFilePort port, IFileBlobs blobs, RandomFill random,
    FileCounters counters)
{
    /// <summary>Members that one file is fetched from at a time. Arbitrary.</summary>
    private const int MaxSources = 3;

    /// <summary>
    /// So many requests later something has to have been answered. Arbitrary: chunks of one are read side by side.
    /// </summary>
    private const uint Disorder = 2;

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PauseOfDisk = TimeSpan.FromMinutes(1);

    /// <summary>Who watches is told that often how far a file is. Arbitrary.</summary>
    private static readonly TimeSpan TellEach = TimeSpan.FromMilliseconds(500);

    private readonly List<FileFetch> _fetches = [];
    private readonly Dictionary<ulong, (FileFetch Fetch, FileSource Source)> _byTicket = [];
    private readonly ChunkKeeper _keeper = new(port, blobs);

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    internal Instant NextDue { get; private set; } = Instant.Never;

    /// <summary>Chunks that are being put together or written.</summary>
    internal int OpenChunks => _keeper.Rented;

    /// <summary>Begins to fetch a file, when its turn comes.</summary>
    internal void Start(Instant now, FileEntry file)
    {
        if (_fetches.Exists(f => f.File == file))
            return;
        _fetches.Add(new FileFetch(file));
        Tick(now);
    }

    /// <summary>A file is gone, or is not to be fetched any more.</summary>
    internal void Stop(FileEntry file)
    {
        if (_fetches.Find(f => f.File == file) is not { } fetch)
            return;
        foreach (FileSource source in fetch.Sources)
            Leave(fetch, source);
        _fetches.Remove(fetch);
    }

    /// <summary>A member says what it has; false if nobody asked it.</summary>
    internal bool Answered(Instant now, in NodeAddress by, FileAnswer answer)
    {
        FileEntry? file = catalog.Find(answer.File);
        FileFetch? fetch = _fetches.Find(f => f.File == file);
        if (fetch?.Find(by) is not { State: not SourceState.Idle } source)
        {
            counters.Add(FileCount.NotForThem);
            return false;
        }

        Leave(fetch, source);
        ChunkSet? have = null;
        if (answer.Status is FileAnswerStatus.NotOverRadio or FileAnswerStatus.Busy
            || (answer.Status == FileAnswerStatus.Part && (have = ChunkSet.TryRead(answer.Have, file!.Chunks)) is null))
        {
            source.Pause(
                now, answer.Status == FileAnswerStatus.NotOverRadio ? "does not send it over a radio" : "is busy",
                isLiar: false);
            Plan(source.NextTry);
            return true;
        }

        BulkWay way = port.WayOf(now, by);
        source.Have = have;
        // A session counts its requests from its beginning.
        source.Number = answer.Session == source.Session ? source.Number : 0;
        source.Session = answer.Session;
        source.Ticket = NewTicket();
        _byTicket[source.Ticket] = (fetch, source);
        source.Begin(way.IsSlow ? way.Estimate(FileFormat.PieceSize) : null);
        Advance(now, fetch);
        // Whether one that has a part is of use.
        Plan(now + AnswerWithin);
        return true;
    }

    /// <summary>A piece came.</summary>
    internal void Received(Instant now, FilePiece piece)
    {
        byte bit = (byte)(1 << piece.Piece);
        if (!_byTicket.TryGetValue(piece.Ticket, out (FileFetch Fetch, FileSource Source) by)
            || by.Fetch.Find(piece.Chunk) is not { IsStoring: false } chunk || chunk.Source != by.Source
            || (chunk.Received & bit) != 0)
        {
            counters.Add(FileCount.PiecesUseless);
            return;
        }

        counters.Add(FileCount.PiecesReceived);
        piece.Bytes.CopyTo(chunk.Bytes.AsSpan(piece.Piece * FileFormat.PieceSize));
        bool isFirst = chunk.Received == 0 && !chunk.WasRepeated;
        chunk.Received |= bit;
        if ((chunk.Awaited & bit) != 0)
        {
            chunk.Awaited &= (byte)~bit;
            by.Source.Came(isFirst ? now - chunk.AskedAt : null);
            by.Source.Limit(options.MaxOpenChunks * FileFormat.Pieces);
        }

        chunk.LastAt = now;
        NoteLoss(now, by.Fetch, chunk);
        if (chunk.Received == FileFormat.AllPieces)
        {
            FileFetch fetch = by.Fetch;
            chunk.IsStoring = true;
            _keeper.Store(fetch.File, chunk, (at, outcome, hashes) => Finished(at, fetch, chunk, outcome, hashes));
        }
        Advance(now, by.Fetch);
    }

    /// <summary>
    /// Requests are answered in their order, but for a little: what an earlier one asked for and did not come is lost.
    /// </summary>
    private void NoteLoss(Instant now, FileFetch fetch, OpenChunk came)
    {
        foreach (OpenChunk chunk in fetch.Open)
        {
            if (chunk.Awaited == 0 || chunk.Source != came.Source || chunk.AskedBy + Disorder > came.AskedBy)
                continue;
            int missing = chunk.Drop();
            counters.Add(FileCount.PiecesRepeated, missing);
            chunk.Source.Lost(now, missing);
        }
    }

    /// <summary>There is a way to a node again, or another one.</summary>
    internal void RouteChanged(Instant now, in NodeAddress to)
    {
        foreach (FileFetch fetch in _fetches)
        {
            // Not who sent what is wrong: routes change often.
            if (fetch.Find(to)
                is { State: SourceState.Idle, Obstacle: "does not answer" or "is not in reach" or "is busy" } source)
            {
                source.NextTry = Instant.Min(source.NextTry, now);
                Plan(source.NextTry);
            }
        }
    }

    /// <summary>Does what is due.</summary>
    internal void Tick(Instant now)
    {
        NextDue = Instant.Never;
        for (int i = 0; i < _fetches.Count && i < options.MaxFetches; i++)
        {
            FileFetch fetch = _fetches[i];
            if (fetch.File.State != FileState.Fetching)
            {
                Stop(fetch.File);
                i--;
                continue;
            }

            Expire(now, fetch);
            Advance(now, fetch);
            Plan(fetch.NextDue(now, MaxSources));
        }
    }

    /// <summary>What keeps a file from coming, in one sentence; null where it comes.</summary>
    internal string? ObstacleOf(FileEntry file)
    {
        int at = _fetches.FindIndex(f => f.File == file);
        if (at < 0)
            return null;
        return at >= options.MaxFetches ? "waits for other files" : _fetches[at].Obstacle;
    }

    private ulong NewTicket()
    {
        Span<byte> drawn = stackalloc byte[sizeof(ulong)];
        random(drawn);
        return BitConverter.ToUInt64(drawn);
    }

    private void Advance(Instant now, FileFetch fetch)
    {
        if (now < fetch.PausedUntil || _fetches.IndexOf(fetch) is var place
            && (place < 0 || place >= options.MaxFetches))
            return;
        int active = 0;
        foreach (FileSource source in fetch.Sources)
            active += source.State == SourceState.Idle ? 0 : 1;
        foreach (FileSource source in fetch.Sources)
        {
            if (source.State == SourceState.Idle && now >= source.NextTry && active < MaxSources
                && Ask(now, fetch, source))
                active++;
            if (source.State == SourceState.Ready)
                Request(now, fetch, source);
        }
    }

    private bool Ask(Instant now, FileFetch fetch, FileSource source)
    {
        BulkWay way = port.WayOf(now, source.Peer);
        if (!way.IsThere || (way.IsSlow && !fetch.File.OverRadio))
        {
            source.Pause(now, way.IsThere ? "is behind a radio, and this node may not use that: --over-radio"
                : "is not in reach", isLiar: false);
            Plan(source.NextTry);
            return false;
        }

        Span<byte> word = stackalloc byte[FileQuery.Size];
        new FileQuery(fetch.File.Secrets.Tag).Write(word);
        if (words.Send(now, source.Peer, fetch.File.OverRadio, word) is not (BulkResult.Sent or BulkResult.NoRoom))
        {
            source.Pause(now, "is not in reach", isLiar: false);
            Plan(source.NextTry);
            return false;
        }

        source.State = SourceState.Asked;
        source.NextTry = now + AnswerWithin + (way.IsSlow ? way.Estimate(FileFormat.PieceSize) : TimeSpan.Zero);
        Plan(source.NextTry);
        return true;
    }

    /// <summary>
    /// Asks a source for pieces, as many as may be on the way; not for each place that becomes free by itself.
    /// </summary>
    private void Request(Instant now, FileFetch fetch, FileSource source)
    {
        int room = source.Room;
        if (room < Math.Min(source.Window, Math.Max(1, source.Window / 4)))
            return;
        Span<WantedPieces> wanted = stackalloc WantedPieces[FileRequest.MaxChunks];
        int count = 0;
        foreach (OpenChunk chunk in fetch.Open)
        {
            if (room == 0 || count == wanted.Length)
                break;
            if (chunk.Source == source && !chunk.IsStoring && chunk.Wanted != 0)
                wanted[count++] = chunk.Ask(now, ref room);
        }

        while (room > 0 && count < wanted.Length && _keeper.Rented < options.MaxOpenChunks
            && fetch.NextChunk(source) is var number && number >= 0)
        {
            var chunk = new OpenChunk(number, fetch.File.Secrets.IdOf(number), _keeper.Rent(), source);
            fetch.Add(chunk);
            wanted[count++] = chunk.Ask(now, ref room);
        }

        if (count == 0)
            return;
        Span<byte> word = stackalloc byte[FileRequest.MaxSize];
        int size = FileRequest.Write(
            word, fetch.File.Secrets.Tag, source.Session, ++source.Number, source.Ticket, wanted[..count]);
        // Where it could not be sent, it is late like one that was lost.
        words.Send(now, source.Peer, fetch.File.OverRadio, word[..size]);
        Plan(now + source.Timeout);
    }

    private void Expire(Instant now, FileFetch fetch)
    {
        foreach (FileSource gone in fetch.Meet(port.MembersOf(fetch.File.Conversation), fetch.File.Author))
            Leave(fetch, gone);
        foreach (FileSource source in fetch.Sources)
        {
            if (source.State == SourceState.Asked && now >= source.NextTry)
                Silent(now, fetch, source);
            else if (source.State == SourceState.Ready && !TryRepeat(now, fetch, source))
                Silent(now, fetch, source);
            else if (source is { State: SourceState.Ready, Have: not null } && !fetch.Open.Any(c => c.Source == source)
                && fetch.NextChunk(source) < 0)
            {
                Leave(fetch, source);
                source.Rest(now);
            }
        }
    }

    private void Silent(Instant now, FileFetch fetch, FileSource source)
    {
        Leave(fetch, source);
        source.Pause(now, "does not answer", isLiar: false);
    }

    /// <summary>What is late will be asked for again; false if its source has been silent for too long.</summary>
    private bool TryRepeat(Instant now, FileFetch fetch, FileSource source)
    {
        bool isThere = true;
        TimeSpan patience = source.Timeout;
        foreach (OpenChunk chunk in fetch.Open)
        {
            if (chunk.Source != source || chunk.Awaited == 0 || chunk.IsStoring || now - chunk.LastAt < patience)
                continue;
            int missing = chunk.Drop();
            counters.Add(FileCount.PiecesRepeated, missing);
            isThere &= source.Missed(now, missing);
        }

        return isThere;
    }

    /// <summary>Nothing is expected of a source any more; what came of chunks that are not whole is dropped.</summary>
    private void Leave(FileFetch fetch, FileSource source)
    {
        if (source.Ticket != 0)
            _byTicket.Remove(source.Ticket);
        (source.Ticket, source.InFlight) = (0, 0);
        foreach (OpenChunk chunk in fetch.Open.Where(c => c.Source == source && !c.IsStoring).ToArray())
        {
            fetch.Remove(chunk);
            _keeper.Return(chunk.Bytes);
        }
    }

    private void Finished(Instant now, FileFetch fetch, OpenChunk chunk, ChunkOutcome outcome, FileHashes? hashes)
    {
        fetch.Remove(chunk);
        _keeper.Return(chunk.Bytes);
        FileEntry file = fetch.File;
        if (!_fetches.Contains(fetch))
            return;
        if (hashes is not null)
            catalog.Use(file, hashes);
        switch (outcome)
        {
            case ChunkOutcome.Good:
                counters.Add(FileCount.ChunksStored);
                file.Have.Add(chunk.Number);
                file.Note = null;
                break;
            case ChunkOutcome.Wrong:
                counters.Add(FileCount.ChunksWrong);
                if (!chunk.Source.WasWrong())
                {
                    Leave(fetch, chunk.Source);
                    chunk.Source.Pause(now, "sends what is not the file", isLiar: true);
                }

                break;
            case ChunkOutcome.OfferWrong:
                End(file, FileState.Failed, "the offer is wrong: its first chunk does not open");
                return;
            case ChunkOutcome.DiskFailed:
                // If the hashes are damaged, they are fetched anew.
                if (hashes is null)
                    file.Have.Remove(0);
                file.Note = "the disk is full or failing; it is tried again";
                fetch.PausedUntil = now + PauseOfDisk;
                break;
        }

        port.Keep(file);
        if (file.Have.IsWhole)
            End(file, FileState.Whole, file.Note);
        else if (now - fetch.ToldAt >= TellEach)
        {
            fetch.ToldAt = now;
            port.Progressed(file);
        }

        Tick(now);
    }

    private void End(FileEntry file, FileState state, string? note)
    {
        Stop(file);
        (file.State, file.Note) = (state, note);
        port.Keep(file);
        port.Progressed(file);
    }

    private void Plan(Instant at) => NextDue = Instant.Min(NextDue, at);
}
