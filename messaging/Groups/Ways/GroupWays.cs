using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Ways;

// version 1 = 1 | ways 2 { address 16 | server size 1, name (0: none) | carriers 1 { address 16 } }
// and a piece for each envelope that waits, named by what it is called to the server
//
/// <summary>
/// How members of groups are reached that the mesh does not reach, and the envelopes that wait for servers.
/// </summary>
/// <param name="time">The calendar.</param>
/// <param name="now">The time of the work under way.</param>
internal sealed class GroupWays(TimeProvider time, Func<Instant> now) : ConversationState(Place)
{
    /// <summary>Nodes that a way is known to, at most. Arbitrary.</summary>
    internal const int MaxWays = 512;

    /// <summary>Members that carry to one member, at most. Arbitrary.</summary>
    internal const int MaxCarriers = 4;

    /// <summary>Envelopes that wait for servers, at most; and their bytes. Arbitrary.</summary>
    internal const int MaxItems = 512;

    /// <inheritdoc cref="MaxItems"/>
    internal const int MaxBytes = 1 << 20;

    private const byte Version = 1;

    private readonly Dictionary<NodeAddress, Known> _ways = [];
    private readonly List<InboxItem> _items = [];
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private ulong _number;

    private sealed class Known
    {
        internal string? Server { get; set; }

        internal List<NodeAddress> Carriers { get; } = [];
    }

    /// <summary>Its place among the states of groups, whose ids have 16 bytes.</summary>
    internal static ConversationId Place { get; } = new(EnvelopeKind.Mls, [3]);

    /// <summary>No way is known, and nothing waits.</summary>
    internal bool IsEmpty => _ways.Count == 0 && _items.Count == 0;

    /// <summary>The inboxes that something waits for, whoever has waited longest first.</summary>
    internal IReadOnlyList<InboxPlace> Waiting => [.. _items.Select(static i => i.Place).Distinct()];

    /// <summary>Envelopes that wait.</summary>
    internal int Count => _items.Count;

    /// <summary>When the first of them is given up.</summary>
    internal Instant NextExpiry => _items.Count == 0 ? Instant.Never : _items.Min(static i => i.Expires);

    /// <summary>Where a node has its account; null if that is not known.</summary>
    internal string? ServerOf(in NodeAddress node) => _ways.TryGetValue(node, out Known? known) ? known.Server : null;

    /// <summary>Who carries to a node.</summary>
    internal IReadOnlyList<NodeAddress> CarriersOf(in NodeAddress node) =>
        _ways.TryGetValue(node, out Known? known) ? known.Carriers : [];

    /// <summary>Notes where a node has its account.</summary>
    /// <param name="node">The node.</param>
    /// <param name="server">The server; null: nowhere that is known.</param>
    /// <param name="isWanted">Who may be forgotten where there are too many answers false.</param>
    /// <returns>Whether anything changed.</returns>
    internal bool SetServer(in NodeAddress node, string? server, Func<NodeAddress, bool> isWanted)
    {
        if (ServerOf(node) == server || Of(node, isWanted) is not { } known)
            return false;
        known.Server = server;
        Drop(node, known);
        return true;
    }

    /// <summary>Notes that a member carries to a node; whether anything changed.</summary>
    internal bool AddCarrier(in NodeAddress node, in NodeAddress carrier, Func<NodeAddress, bool> isWanted)
    {
        if (CarriersOf(node).Contains(carrier) || Of(node, isWanted) is not { } known)
            return false;
        if (known.Carriers.Count == MaxCarriers)
            known.Carriers.RemoveAt(0);
        known.Carriers.Add(carrier);
        return true;
    }

    /// <summary>A member does not carry to a node any more; whether anything changed.</summary>
    internal bool RemoveCarrier(in NodeAddress node, in NodeAddress carrier)
    {
        if (!_ways.TryGetValue(node, out Known? known) || !known.Carriers.Remove(carrier))
            return false;
        Drop(node, known);
        return true;
    }

    /// <summary>
    /// Whether an envelope finds room. One receiver takes half of it at most, and so do the envelopes of others.
    /// </summary>
    internal bool HasRoomFor(int bytes, byte[] key, bool isCarried) =>
        IsWithin(_items, 1) && IsWithin(_items.Where(i => i.Key.AsSpan().SequenceEqual(key)), 2)
        && (!isCarried || IsWithin(_items.Where(static i => i.IsCarried), 2)) && bytes <= MaxBytes / 4;

    private static bool IsWithin(IEnumerable<InboxItem> items, int share)
    {
        int count = 0, bytes = 0;
        foreach (InboxItem item in items)
            (count, bytes) = (count + 1, bytes + item.Size);
        return count < MaxItems / share && bytes < MaxBytes / share;
    }

    /// <summary>Keeps an envelope until its server has it.</summary>
    internal void Add(InboxItem item)
    {
        InboxItem numbered = item with { Number = _number++ };
        _items.Add(numbered);
        _changed.Add(NameOf(numbered));
    }

    /// <summary>An envelope does not wait any more.</summary>
    internal bool Remove(InboxItem item)
    {
        int at = _items.FindIndex(i => i.Name == item.Name);
        if (at < 0)
            return false;
        _items.RemoveAt(at);
        _changed.Add(NameOf(item));
        return true;
    }

    /// <summary>The envelopes with an id that wait.</summary>
    internal IReadOnlyList<InboxItem> Find(EnvelopeId envelope) => [.. _items.Where(i => i.Envelope == envelope)];

    /// <summary>Those that are to be given up.</summary>
    internal IReadOnlyList<InboxItem> Overdue(Instant at) => [.. _items.Where(i => i.Expires <= at)];

    /// <summary>What goes to an inbox next, the oldest first.</summary>
    internal IReadOnlyList<InboxItem> Next(InboxPlace inbox, int count, int bytes)
    {
        List<InboxItem> next = [];
        foreach (InboxItem item in _items.Where(i => i.Place == inbox))
        {
            if (next.Count == count || (next.Count > 0 && bytes < item.Size))
                break;
            next.Add(item);
            bytes -= item.Size;
        }

        return next;
    }

    /// <inheritdoc/>
    public override byte[] Save()
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        writer.UInt16((ushort)_ways.Count);
        foreach ((NodeAddress node, Known known) in _ways)
        {
            node.Write(writer.Take(NodeAddress.Size));
            byte[] server = Encoding.ASCII.GetBytes(known.Server ?? "");
            writer.Byte((byte)server.Length);
            writer.Raw(server);
            writer.Byte((byte)known.Carriers.Count);
            foreach (NodeAddress carrier in known.Carriers)
                carrier.Write(writer.Take(NodeAddress.Size));
        }

        return writer.ToArray();
    }

    /// <inheritdoc/>
    protected override bool SavePieces(bool withMain, bool all, Dictionary<string, byte[]?> changes)
    {
        foreach (string gone in all ? [] : _changed)
            changes[gone] = null;
        foreach (InboxItem item in _items)
        {
            string name = NameOf(item);
            if (all || _changed.Contains(name))
                changes[name] = item.ToBytes();
        }

        return withMain;
    }

    /// <inheritdoc/>
    protected override void Replaced() => _changed.Clear();

    /// <inheritdoc/>
    public override void GoBack()
    {
        if (!IsStored)
            Clear();
        else if (!TryRead(Stored, Pieces))
            throw new InvalidOperationException("What was stored of ways to members does not load.");
    }

    /// <summary>Takes back what was saved; false if the bytes make no sense.</summary>
    internal bool TryLoad(byte[] saved, StatePieces pieces)
    {
        if (!TryRead(saved, pieces))
        {
            Clear();
            return false;
        }

        WasRead(saved, pieces);
        return true;
    }

    private static string NameOf(InboxItem item) => item.Name.ToString();

    private Known? Of(in NodeAddress node, Func<NodeAddress, bool> isWanted)
    {
        if (_ways.TryGetValue(node, out Known? known))
            return known;
        if (_ways.Count >= MaxWays)
        {
            foreach (NodeAddress other in _ways.Keys.Where(w => !isWanted(w)).ToArray())
                _ways.Remove(other);
        }

        return _ways.Count < MaxWays ? _ways[node] = new Known() : null;
    }

    private void Drop(in NodeAddress node, Known known)
    {
        if (known is { Server: null, Carriers.Count: 0 })
            _ways.Remove(node);
    }

    private void Clear()
    {
        _ways.Clear();
        _items.Clear();
        _changed.Clear();
        _number = 0;
    }

    private bool TryRead(ReadOnlySpan<byte> saved, StatePieces pieces)
    {
        Clear();
        var reader = new FrameReader(saved);
        if (!reader.TryByte(out byte version) || version != Version || !reader.TryUInt16(out ushort ways)
            || ways > MaxWays)
            return false;
        for (int i = 0; i < ways; i++)
        {
            if (!reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> node) || !reader.TryByte(out byte size)
                || !reader.TryTake(size, out ReadOnlySpan<byte> server) || !Ascii.IsValid(server)
                || !reader.TryByte(out byte carriers) || carriers > MaxCarriers)
                return false;
            var known = new Known { Server = size == 0 ? null : Encoding.ASCII.GetString(server) };
            for (int c = 0; c < carriers; c++)
            {
                if (!reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> carrier))
                    return false;
                known.Carriers.Add(NodeAddress.Read(carrier));
            }

            _ways[NodeAddress.Read(node)] = known;
        }

        foreach ((_, ReadOnlyMemory<byte> value) in pieces.All)
        {
            if (!InboxItem.TryRead(value.Span, now(), time.GetUtcNow(), out InboxItem? item))
                return false;
            _items.Add(item);
        }

        _items.Sort(static (a, b) => a.Number.CompareTo(b.Number));
        _number = _items.Count == 0 ? 0 : _items[^1].Number + 1;
        return reader.AtEnd;
    }
}
