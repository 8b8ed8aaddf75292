using System.Numerics;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>A chunk of which pieces come.</summary>
internal sealed class OpenChunk(int number, ChunkId id, byte[] bytes, FileSource source)
{
    internal int Number { get; } = number;

    internal ChunkId Id { get; } = id;

    internal byte[] Bytes { get; } = bytes;

    /// <summary>All of it comes from one member, so that it is known who sent what is wrong.</summary>
    internal FileSource Source { get; } = source;

    /// <summary>Pieces that came.</summary>
    internal byte Received { get; set; }

    /// <summary>Pieces that were asked for and have not come.</summary>
    internal byte Awaited { get; set; }

    internal Instant AskedAt { get; set; }

    /// <summary>The number of the request that asked for something of it last.</summary>
    internal uint AskedBy { get; set; }

    /// <summary>When something of it was asked for or came last.</summary>
    internal Instant LastAt { get; set; }

    internal bool WasRepeated { get; set; }

    /// <summary>It is being compared and written.</summary>
    internal bool IsStoring { get; set; }

    /// <summary>Pieces that nobody is asked for.</summary>
    internal byte Wanted => (byte)~(Received | Awaited);

    /// <summary>Its source is asked for what is wanted, as far as there is room.</summary>
    /// <param name="now">Now.</param>
    /// <param name="room">How many pieces may be asked for; what is left of that.</param>
    internal WantedPieces Ask(Instant now, ref int room)
    {
        byte pieces = Wanted;
        while (BitOperations.PopCount(pieces) > room)
            pieces &= (byte)(pieces - 1);
        int count = BitOperations.PopCount(pieces);
        room -= count;
        Source.InFlight += count;
        Awaited |= pieces;
        (AskedAt, LastAt, AskedBy) = (now, now, Source.Number + 1);
        return new WantedPieces((ushort)Number, pieces);
    }

    /// <summary>What its source was asked for is late: nobody waits for it any more. How many pieces that is.</summary>
    internal int Drop()
    {
        int dropped = BitOperations.PopCount(Awaited);
        Awaited = 0;
        WasRepeated = true;
        return dropped;
    }
}

/// <summary>One file that is fetched: its sources and the chunks that come. On the loop.</summary>
internal sealed class FileFetch(FileEntry file)
{
    private readonly Dictionary<ChunkId, OpenChunk> _open = [];
    private readonly List<FileSource> _sources = [];
    private int _from;

    internal FileEntry File { get; } = file;

    /// <summary>Members that it is fetched from, or could be.</summary>
    internal IReadOnlyList<FileSource> Sources => _sources;

    internal IReadOnlyCollection<OpenChunk> Open => _open.Values;

    /// <summary>A write failed: nothing is asked for before.</summary>
    internal Instant PausedUntil { get; set; }

    /// <summary>When the owner was last told how far it is.</summary>
    internal Instant ToldAt { get; set; } = new(long.MinValue / 2);

    /// <summary>What keeps the file from coming, in one sentence; null where it comes.</summary>
    internal string? Obstacle
    {
        get
        {
            if (_sources.Count == 0)
                return "nobody else is in the conversation";
            if (_sources.Exists(static s => s.State == SourceState.Ready))
                return null;
            string? why = _sources.Select(static s => s.Obstacle).FirstOrDefault(static o => o is not null);
            return why is null ? "asks the members" : _sources.Count == 1 ? $"the other side {why}"
                : $"no member sends it: one {why}";
        }
    }

    internal OpenChunk? Find(in ChunkId id) => _open.GetValueOrDefault(id);

    internal FileSource? Find(NodeAddress peer) => _sources.Find(s => s.Peer == peer);

    /// <summary>Takes the members as they are now; returns those that are members no more.</summary>
    internal List<FileSource> Meet(IReadOnlyList<NodeAddress> members, NodeAddress first)
    {
        List<FileSource> gone = _sources.FindAll(s => !members.Contains(s.Peer));
        _sources.RemoveAll(gone.Contains);
        foreach (NodeAddress member in members)
        {
            if (Find(member) is not null)
                continue;
            // Who offered it is asked before the others.
            if (member == first)
                _sources.Insert(0, new FileSource(member));
            else
                _sources.Add(new FileSource(member));
        }

        return gone;
    }

    /// <summary>When a source is to be asked, or has been silent for too long.</summary>
    /// <param name="now">Now.</param>
    /// <param name="maxSources">So many sources are asked at a time.</param>
    internal Instant NextDue(Instant now, int maxSources)
    {
        bool isPaused = now < PausedUntil;
        Instant due = isPaused ? PausedUntil : Instant.Never;
        bool mayAsk = !isPaused && _sources.Count(static s => s.State != SourceState.Idle) < maxSources;
        foreach (FileSource source in _sources)
        {
            // One that cannot be asked now is, when another gives it its place.
            if (source.State == SourceState.Asked || (source.State == SourceState.Idle && mayAsk))
                due = Instant.Min(due, source.NextTry);
        }

        foreach (OpenChunk chunk in _open.Values)
        {
            if (chunk.Awaited != 0)
                due = Instant.Min(due, chunk.LastAt + chunk.Source.Timeout);
        }

        return due;
    }

    /// <summary>The next chunk that a source has and nobody is asked for; -1 if there is none.</summary>
    internal int NextChunk(FileSource source)
    {
        // Without the hashes nothing else could be compared.
        if (!File.Have[0])
            return source.Has(0) && Find(File.Secrets.IdOf(0)) is null ? 0 : -1;
        _from = File.Have.FirstMissing(_from);
        for (int chunk = _from; chunk < File.Chunks; chunk = File.Have.FirstMissing(chunk + 1))
        {
            if (source.Has(chunk) && !IsOpen(chunk))
                return chunk;
        }

        return -1;
    }

    internal void Add(OpenChunk chunk) => _open.Add(chunk.Id, chunk);

    internal void Remove(OpenChunk chunk)
    {
        _open.Remove(chunk.Id);
        _from = Math.Min(_from, chunk.Number);
    }

    private bool IsOpen(int chunk)
    {
        foreach (OpenChunk open in _open.Values)
        {
            if (open.Number == chunk)
                return true;
        }

        return false;
    }
}
