using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Tests.Files;

/// <summary>
/// Nodes that exchange files over a simulated network: time, delay, loss and the room of links are the test's,
/// everything else follows from the seed.
/// </summary>
internal sealed class FileWorld : IDisposable
{
    internal static readonly ConversationId Group = new(EnvelopeKind.Mls, [1, 2, 3, 4]);

    private readonly PriorityQueue<Action, (long Ticks, long Order)> _events = new();
    private readonly Random _chance;
    private readonly List<FileNode> _nodes = [];
    private long _order;

    internal FileWorld(int seed) => _chance = new Random(seed);

    internal Instant Now { get; private set; } = new(TimeSpan.TicksPerDay);

    internal IReadOnlyList<FileNode> Nodes => _nodes;

    /// <summary>How long a frame takes.</summary>
    internal TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The part of frames that is lost.</summary>
    internal double Loss { get; set; }

    /// <summary>
    /// Frames on the way from one node at a time; what is more is lost, as with a relay whose queue is full.
    /// </summary>
    internal int Queue { get; set; } = 300;

    /// <summary>What happens to a payload on the way; null: it is lost.</summary>
    internal Func<FileNode, FileNode, byte[], byte[]?> OnTheWay { get; set; } = static (_, _, payload) => payload;

    internal Func<FileNode, FileNode, BulkWay> Way { get; set; } = static (_, _) =>
        new BulkWay(true, false, TimeSpan.FromMilliseconds(5));

    internal long FramesSent { get; private set; }

    internal FileNode Add(FileBounds? bounds = null)
    {
        var made = new FileNode(this, _nodes.Count, bounds ?? new FileBounds());
        _nodes.Add(made);
        return made;
    }

    internal void Random(Span<byte> bytes) => _chance.NextBytes(bytes);

    internal int Next(int below) => _chance.Next(below);

    internal void Post(TimeSpan after, Action what) => _events.Enqueue(what, ((Now + after).Ticks, _order++));

    /// <summary>Runs until a condition holds; false if it does not within a time.</summary>
    internal bool Run(TimeSpan most, Func<bool>? until = null)
    {
        Instant end = Now + most;
        while (until is null || !until())
        {
            Instant next = Instant.Never;
            foreach (FileNode node in _nodes)
                next = Instant.Min(next, node.NextDue);
            if (_events.TryPeek(out _, out (long Ticks, long Order) first))
                next = Instant.Min(next, new Instant(first.Ticks));
            if (next > end)
            {
                Now = end;
                return until?.Invoke() ?? true;
            }

            Now = next > Now ? next : Now;
            if (_events.TryPeek(out Action? what, out first) && first.Ticks <= Now.Ticks)
            {
                _events.Dequeue();
                what();
            }
            else
            {
                foreach (FileNode node in _nodes)
                    node.Tick();
            }
        }

        return true;
    }

    internal BulkResult Send(FileNode from, in NodeAddress to, ReadOnlySpan<byte> payload)
    {
        NodeAddress address = to;
        FileNode? receiver = _nodes.Find(n => n.Address == address);
        if (receiver is null || !from.IsUp || !receiver.IsUp)
            return BulkResult.NoRoute;
        FramesSent++;
        if (from.OnTheWay >= Queue || _chance.NextDouble() < Loss)
            return BulkResult.Sent;
        from.OnTheWay++;
        byte[] copy = payload.ToArray();
        // One after the other: a frame of 8 KiB takes 80 us on a link of 100 MB/s.
        from.BusyUntil = Instant.Min(Instant.Never, from.BusyUntil > Now ? from.BusyUntil : Now)
            + TimeSpan.FromMicroseconds(copy.Length / 100.0);
        Post(from.BusyUntil - Now + Delay, () =>
        {
            from.OnTheWay--;
            if (receiver.IsUp && OnTheWay(from, receiver, copy) is { } arrives)
                receiver.Transfers.Received(Now, (ulong)from.Number, overRadio: false, arrives);
        });
        return BulkResult.Sent;
    }

    public void Dispose()
    {
        foreach (FileNode node in _nodes)
            node.Dispose();
    }
}

/// <summary>One node of the world; its disk outlives a restart.</summary>
internal sealed class FileNode : IFilePort, IFileBlobs, IDisposable
{
    private readonly FileWorld _world;
    private readonly FileBounds _bounds;
    private readonly LocalIdentity _identity;
    private readonly Sealer _sealer;
    private readonly Dictionary<(BlobId, int), byte[]> _disk = [];
    private readonly Dictionary<EnvelopeId, Row> _rows = [];

    private sealed record Row(Message Message, FileOfferContent Offer, BlobId Blob, byte[] Have, FileState State);

    internal FileNode(FileWorld world, int number, FileBounds bounds)
    {
        (_world, Number, _bounds) = (world, number, bounds);
        byte[] seed = new byte[32];
        world.Random(seed);
        _identity = LocalIdentity.FromSeed(seed);
        _sealer = new Sealer(_identity, world.Random);
        Transfers = Make();
    }

    internal int Number { get; }

    internal NodeAddress Address => _identity.Address;

    internal FileTransfers Transfers { get; private set; }

    internal bool IsUp { get; set; } = true;

    internal int OnTheWay { get; set; }

    internal Instant BusyUntil { get; set; }

    /// <summary>Members as this node knows them; all others of the world where null.</summary>
    internal IReadOnlyList<NodeAddress>? Members { get; set; }

    internal HashSet<NodeAddress> Blocked { get; } = [];

    internal bool DiskFails { get; set; }

    /// <summary>How long the disk takes.</summary>
    internal TimeSpan DiskTime { get; set; } = TimeSpan.FromMicroseconds(200);

    internal int Reads { get; private set; }

    internal List<(EnvelopeId Message, FileState State)> Told { get; } = [];

    internal Instant NextDue => IsUp ? Transfers.NextDue : Instant.Never;

    internal void Tick()
    {
        if (IsUp)
            Transfers.Tick(_world.Now);
    }

    /// <summary>Seals a file as an upload does, and offers it to all members: no message travels here.</summary>
    internal FileOfferContent Share(byte[] content, EnvelopeId message, bool overRadio = false)
    {
        byte[] key = new byte[32];
        _world.Random(key);
        using var secrets = new FileSecrets(key);
        var sealer = new FileSealer(secrets, content.Length);
        BlobId blob = NewBlob();
        for (int at = 0; at < content.Length;)
        {
            int some = Math.Min(content.Length - at, 1 + _world.Next(200_000));
            sealer.Add(content.AsSpan(at, some), (chunk, bytes) => Write(blob, chunk, bytes));
            at += some;
        }

        byte[] root = sealer.Finish((chunk, bytes) => Write(blob, chunk, bytes));
        var offer = new FileOfferContent((ulong)content.Length, root, key, "map.png", "image/png", default);
        Add(message, offer, blob, ChunkSet.Whole(FileFormat.ChunksOf(content.Length)), isOwn: true, Address, overRadio);
        return offer;
    }

    /// <summary>Accepts an offer of another.</summary>
    internal FileEntry? Accept(FileOfferContent offer, EnvelopeId message, FileNode author, bool overRadio = false) =>
        Add(
        message, offer, NewBlob(), new ChunkSet(FileFormat.ChunksOf((long)offer.FileSize)), isOwn: false,
        author.Address, overRadio);

    /// <summary>The file as it can be read, or null where it is not whole or damaged.</summary>
    internal byte[]? Read(EnvelopeId message)
    {
        if (Transfers.Find(message) is not { State: FileState.Whole } file)
            return null;
        byte[] content = new byte[file.Size];
        byte[] data = new byte[FileFormat.DataSize];
        for (int chunk = 1; chunk < file.Chunks; chunk++)
        {
            if (!_disk.TryGetValue((file.Blob, chunk), out byte[]? bytes) || !file.Secrets.TryOpen(chunk, bytes, data))
                return null;
            int at = (chunk - 1) * FileFormat.DataSize;
            data.AsSpan(0, Math.Min(data.Length, content.Length - at)).CopyTo(content.AsSpan(at));
        }

        return content;
    }

    /// <summary>Bytes on the disk rot.</summary>
    internal void Damage(EnvelopeId message, int chunk) => _disk[(Transfers.Find(message)!.Blob, chunk)][100] ^= 1;

    /// <summary>The process is killed and starts again: what was only in memory is gone.</summary>
    internal void Restart()
    {
        Transfers = Make();
        IsUp = true;
        foreach ((Message message, FileOfferContent offer, BlobId blob, byte[] have, FileState state) in
            _rows.Values.ToArray())
        {
            ChunkSet there = ChunkSet.TryRead(have, FileFormat.ChunksOf((long)offer.FileSize))!;
            Transfers.TryAdd(_world.Now, new FileEntry(message, offer, blob, there) { State = state });
        }
    }

    private FileTransfers Make() => new(_sealer, Address, _bounds, this, this, _world.Random);

    private BlobId NewBlob()
    {
        Span<byte> drawn = stackalloc byte[16];
        _world.Random(drawn);
        return new BlobId(new UInt128(BitConverter.ToUInt64(drawn), BitConverter.ToUInt64(drawn[8..])));
    }

    private FileEntry? Add(
        EnvelopeId id, FileOfferContent offer, BlobId blob, ChunkSet have, bool isOwn, NodeAddress author,
        bool overRadio)
    {
        var message = new Message(
            id, FileWorld.Group, isOwn, author, offer.Name, MessageState.Received, StateReason.None, 0, Priority.Normal,
            default, default)
        {
            Content = offer,
        };
        var file = new FileEntry(message, offer, blob, have)
        {
            State = have.IsWhole ? FileState.Whole : FileState.Fetching,
            OverRadio = overRadio,
        };
        _rows[id] = new Row(message, offer, blob, have.Bytes.ToArray(), file.State);
        return Transfers.TryAdd(_world.Now, file) ? file : null;
    }

    BulkResult IFilePort.Send(Instant now, in NodeAddress to, bool overRadio, ReadOnlySpan<byte> payload) =>
        _world.Send(this, to, payload);

    BulkWay IFilePort.WayOf(Instant now, in NodeAddress to)
    {
        NodeAddress address = to;
        FileNode? other = _world.Nodes.FirstOrDefault(n => n.Address == address);
        return other is { IsUp: true } && IsUp ? _world.Way(this, other) : default;
    }

    bool IFilePort.TryGetKey(in NodeAddress of, out ReadOnlySpan<byte> key)
    {
        NodeAddress address = of;
        key = _world.Nodes.FirstOrDefault(n => n.Address == address) is { } other
            ? other._identity.PublicKey.Span : default;
        return !key.IsEmpty;
    }

    IReadOnlyList<NodeAddress> IFilePort.MembersOf(ConversationId conversation) =>
        Members ?? [.. _world.Nodes.Where(n => n != this).Select(n => n.Address)];

    bool IFilePort.IsBlocked(in NodeAddress address) => Blocked.Contains(address);

    void IFilePort.RunAside(Action work, Action<Instant> then)
    {
        FileTransfers before = Transfers;
        work();
        _world.Post(DiskTime, () =>
        {
            // What a killed process would have done next.
            if (IsUp && Transfers == before)
                then(_world.Now);
        });
    }

    void IFilePort.Keep(FileEntry file)
    {
        if (_rows.TryGetValue(file.Message, out Row? row))
            _rows[file.Message] = row with { Have = file.Have.Bytes.ToArray(), State = file.State };
    }

    void IFilePort.Progressed(FileEntry file) => Told.Add((file.Message, file.State));

    bool IFileBlobs.TryRead(BlobId blob, int chunk, Span<byte> bytes)
    {
        Reads++;
        if (!_disk.TryGetValue((blob, chunk), out byte[]? there))
            return false;
        there.CopyTo(bytes);
        return true;
    }

    void IFileBlobs.Write(BlobId blob, int chunk, ReadOnlySpan<byte> bytes)
    {
        if (DiskFails)
            throw new IOException("No space left on device");
        Write(blob, chunk, bytes);
    }

    private void Write(BlobId blob, int chunk, ReadOnlySpan<byte> bytes) => _disk[(blob, chunk)] = bytes.ToArray();

    public void Dispose()
    {
        _sealer.Dispose();
        _identity.Dispose();
    }
}
