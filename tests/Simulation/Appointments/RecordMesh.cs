using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;

namespace QuicProChat.Mesh.Simulation.Appointments;

/// <summary>
/// The graph as records and envelopes see it: nodes that are on pass on what is new to them, nodes that come back
/// compare what they
/// have, and liars omit, alter, replay and invent. Gossip and router themselves have simulations of their own; here a
/// record takes no
/// time from node to node.
/// </summary>
internal sealed class RecordMesh
{
    private readonly int[][] _near;
    private readonly bool[] _isOn;
    private readonly Dictionary<ulong, MeshRecord>[] _kept;
    private readonly List<MeshRecord> _old = [];
    private readonly Random _random;
    private readonly Queue<(int From, int To, MeshRecord Record)> _moves = new();
    private readonly int[] _cameFrom;
    private readonly (MeshRecord? Of, MeshRecord? Copy)[] _altered;

    internal RecordMesh(Topology topology, int liars, MeshKey organisation, Region region, Random random)
    {
        _random = random;
        ILookup<int, int> near = topology.Edges.SelectMany(static e =>
            new[] { (e.A, e.B), (e.B, e.A) }).ToLookup(static e => e.Item1, static e => e.Item2);
        Nodes = topology.Nodes;
        _near = [.. Enumerable.Range(0, Nodes).Select(n => near[n].Distinct().ToArray())];
        _isOn = Enumerable.Repeat(true, Nodes).ToArray();
        _kept = [.. Enumerable.Range(0, Nodes).Select(static _ => new Dictionary<ulong, MeshRecord>())];
        _cameFrom = new int[Nodes];
        _altered = new (MeshRecord?, MeshRecord?)[liars];
        Received = new long[Nodes];
        Liars = [.. Enumerable.Range(0, Nodes).OrderByDescending(n => _near[n].Length).ThenBy(static n =>
            n).Take(liars)];
        Stores =
        [
            .. Enumerable.Range(0, Nodes).Select(_ => new RegionStore(
                new BookLevels(new AttestationBook(TrustAnchors.None, BlockList.Empty, [organisation])),
                    new TablePlaces())),
        ];
        foreach (RegionStore store in Stores)
            store.Follow([region]);
    }

    internal int Nodes { get; }

    /// <summary>Nodes that lie, in their order.</summary>
    internal IReadOnlyList<int> Liars { get; }

    /// <summary>What each node searches in.</summary>
    internal IReadOnlyList<RegionStore> Stores { get; }

    /// <summary>Bytes of records and envelopes that each node received.</summary>
    internal long[] Received { get; }

    /// <summary>Records that a node refused, because they were altered or nobody signed them.</summary>
    internal long Refused { get; private set; }

    /// <summary>Records that a liar sent again after newer ones, and nobody took.</summary>
    internal long ReplaysLost { get; private set; }

    /// <summary>Replays that somebody took: there must be none where the newer one had come.</summary>
    internal long ReplaysTaken { get; private set; }

    internal bool IsOn(int node) => _isOn[node];

    internal long BytesKept(int node) => _kept[node].Values.Sum(static r => (long)r.Bytes.Length);

    /// <summary>The newest of a place at a node.</summary>
    internal MeshRecord? Find(int node, ulong key) => _kept[node].GetValueOrDefault(key);

    /// <summary>A record starts at a node; where that is off, it waits there.</summary>
    internal void Publish(int node, MeshRecord record, FappTime now)
    {
        _old.Add(record);
        if (_old.Count > 4096)
            _old.RemoveRange(0, 1024);
        _moves.Enqueue((node, node, record));
        Spread(now);
    }

    /// <summary>A node goes on or off; whoever comes back compares with its neighbours.</summary>
    internal void Switch(int node, bool isOn, FappTime now)
    {
        if (_isOn[node] == isOn)
            return;
        _isOn[node] = isOn;
        if (!isOn)
            return;
        foreach (int other in _near[node].Where(n => _isOn[n]))
        {
            foreach (MeshRecord record in _kept[other].Values)
                Pass(other, node, record);
            foreach (MeshRecord record in _kept[node].Values)
                Pass(node, other, record);
        }

        Spread(now);
    }

    /// <summary>Liars send old records again, and answers of their own making.</summary>
    internal void Lie(FappTime now, Func<MeshRecord> invent)
    {
        foreach (int liar in Liars.Where(l => _isOn[l]))
        {
            foreach (int other in _near[liar].Where(n => _isOn[n]))
            {
                MeshRecord old = _old[_random.Next(_old.Count)];
                bool isBehind = _kept[other].TryGetValue(old.Key, out MeshRecord? newest)
                    && newest.Sequence >= old.Sequence;
                Accept(liar, other, old, now);
                if (!isBehind)
                    continue;
                if (_kept[other][old.Key] == newest)
                    ReplaysLost++;
                else
                    ReplaysTaken++;
            }

            _moves.Enqueue((liar, liar, invent()));
        }

        Spread(now);
    }

    /// <summary>
    /// The nodes on a shortest way between two nodes that are on, both ends included; empty if there is none.
    /// </summary>
    internal int[] WayBetween(int from, int to)
    {
        if (!_isOn[from] || !_isOn[to])
            return [];
        Array.Fill(_cameFrom, -1);
        _cameFrom[to] = to;
        var queue = new Queue<int>([to]);
        while (queue.TryDequeue(out int at) && at != from)
        {
            foreach (int next in _near[at])
            {
                if (_isOn[next] && _cameFrom[next] < 0)
                {
                    _cameFrom[next] = at;
                    queue.Enqueue(next);
                }
            }
        }

        if (_cameFrom[from] < 0)
            return [];
        List<int> way = [from];
        while (way[^1] != to)
            way.Add(_cameFrom[way[^1]]);
        return [.. way];
    }

    /// <summary>Nodes that have a way from another one without a liar on it; from a liar nobody has one.</summary>
    internal HashSet<int> ReachedHonestly(int from)
    {
        var seen = new HashSet<int> { from };
        if (Liars.Contains(from))
            return seen;
        var queue = new Queue<int>([from]);
        while (queue.TryDequeue(out int at))
        {
            foreach (int next in _near[at])
            {
                if (!Liars.Contains(next) && seen.Add(next))
                    queue.Enqueue(next);
            }
        }

        return seen;
    }

    private void Spread(FappTime now)
    {
        while (_moves.TryDequeue(out (int From, int To, MeshRecord Record) move))
            Accept(move.From, move.To, move.Record, now);
    }

    private void Accept(int from, int to, MeshRecord record, FappTime now)
    {
        if (from != to)
        {
            if (!_isOn[to])
                return;
            if (_kept[to].TryGetValue(record.Key, out MeshRecord? there) && there.Sequence >= record.Sequence)
                return;
            Received[to] += record.Bytes.Length;
        }

        if (!record.IsTakenBy(Stores[to], now))
        {
            Refused++;
            return;
        }

        _kept[to][record.Key] = record;
        if (!_isOn[to])
            return;
        foreach (int next in _near[to])
        {
            if (next != from)
                Pass(to, next, record);
        }
    }

    /// <summary>A liar keeps a third of the authors to itself, and alters every second record of the others.</summary>
    private void Pass(int from, int to, MeshRecord record)
    {
        int liar = IndexOfLiar(from);
        if (liar < 0)
            _moves.Enqueue((from, to, record));
        else if (record.Author % 3 != liar % 3)
            _moves.Enqueue((from, to, _random.Next(2) == 0 ? AlteredBy(liar, record) : record));
    }

    /// <summary>A liar alters a record once, and tells all whom it cheats the same.</summary>
    private MeshRecord AlteredBy(int liar, MeshRecord record)
    {
        if (_altered[liar].Of != record)
            _altered[liar] = (record, record.Altered(_random));
        return _altered[liar].Copy!;
    }

    private int IndexOfLiar(int node)
    {
        for (int i = 0; i < Liars.Count; i++)
        {
            if (Liars[i] == node)
                return i;
        }

        return -1;
    }

    /// <summary>The levels of a node: whom an organisation vouches for.</summary>
    private sealed class BookLevels(AttestationBook book) : ILevels
    {
        public bool Take(FappRecordType type, ReadOnlySpan<byte> author, ReadOnlySpan<byte> body) =>
            book.Take(type, author, body);

        public Level Of(ReadOnlySpan<byte> author, ReadOnlySpan<byte> attestation, long? unixSeconds) =>
            book.Of(author, attestation, unixSeconds);

        public IReadOnlyList<MeshKey> RivalsOf(ReadOnlySpan<byte> author, long? unixSeconds) =>
            book.RivalsOf(author, unixSeconds);
    }
}
