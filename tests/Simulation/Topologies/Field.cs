namespace QuicProChat.Mesh.Simulation;

/// <summary>Nodes in a square field, which may move; the pairs that are closest hear each other.</summary>
public sealed class Field
{
    /// <summary>So that 50 nodes have a square of 1000 m.</summary>
    private const double AreaPerNode = 20_000;

    private readonly Place[] _places;
    private readonly double _side;

    /// <summary>Puts nodes at random places.</summary>
    public Field(int count, Random random)
    {
        _side = Math.Sqrt(count * AreaPerNode);
        _places = [.. Enumerable.Range(0, count)
            .Select(_ => new Place(random.NextDouble() * _side, random.NextDouble() * _side))];
    }

    /// <summary>Continues with nodes that have their places.</summary>
    public Field(IEnumerable<Place> places)
    {
        _places = [.. places];
        _side = Math.Sqrt(_places.Length * AreaPerNode);
    }

    /// <summary>Where the nodes are.</summary>
    public IReadOnlyList<Place> Places => _places;

    /// <summary>Each node jumps so many metres in a direction of its own; the border throws it back.</summary>
    public void Move(double metres, Random random)
    {
        for (int i = 0; i < _places.Length; i++)
        {
            (double sin, double cos) = Math.SinCos(random.NextDouble() * 2 * Math.PI);
            _places[i] = new Place(Reflect(_places[i].X + metres * cos), Reflect(_places[i].Y + metres * sin));
        }
    }

    /// <summary>The closest pairs, shortest first.</summary>
    public List<(int A, int B)> ShortestPairs(int count)
    {
        double radius = Math.Sqrt(2.0 * count * _side * _side / ((double)_places.Length * _places.Length * Math.PI))
            * 1.2;
        while (true)
        {
            List<(double Distance, int A, int B)> near = Within(radius);
            if (near.Count >= count || radius > 2 * _side)
            {
                near.Sort();
                return [.. near.Take(count).Select(p => (p.A, p.B))];
            }

            radius *= 1.3;
        }
    }

    /// <summary>
    /// Pairs that join the islands which other pairs leave: from each island the shortest way to the largest rest.
    /// </summary>
    public List<(int A, int B)> Bridges(IEnumerable<(int A, int B)> pairs)
    {
        int[] island = [.. Enumerable.Range(0, _places.Length)];
        foreach ((int a, int b) in pairs)
            island[Root(island, a)] = Root(island, b);
        var bridges = new List<(int A, int B)>();
        while (true)
        {
            var members = Enumerable.Range(0, _places.Length).GroupBy(i => Root(island, i)).OrderBy(g => g.Count())
                .ThenBy(g => g.Key).ToList();
            if (members.Count == 1)
                return bridges;
            (double Distance, int A, int B) best = (double.MaxValue, 0, 0);
            foreach (int a in members[0])
            {
                for (int b = 0; b < _places.Length; b++)
                {
                    if (Root(island, b) != members[0].Key && _places[a].To(_places[b]) < best.Distance)
                        best = (_places[a].To(_places[b]), a, b);
                }
            }

            bridges.Add((best.A, best.B));
            island[Root(island, best.A)] = Root(island, best.B);
        }
    }

    private static int Root(int[] island, int node)
    {
        while (island[node] != node)
            node = island[node] = island[island[node]];
        return node;
    }

    private List<(double Distance, int A, int B)> Within(double radius)
    {
        int cells = Math.Max(1, (int)(_side / radius));
        var grid = new List<int>[cells * cells];
        int Cell(double at) => Math.Clamp((int)(at / _side * cells), 0, cells - 1);
        for (int i = 0; i < _places.Length; i++)
            (grid[Cell(_places[i].Y) * cells + Cell(_places[i].X)] ??= []).Add(i);
        var near = new List<(double, int, int)>();
        for (int i = 0; i < _places.Length; i++)
        {
            int x = Cell(_places[i].X), y = Cell(_places[i].Y);
            for (int cy = Math.Max(0, y - 1); cy <= Math.Min(cells - 1, y + 1); cy++)
            {
                for (int cx = Math.Max(0, x - 1); cx <= Math.Min(cells - 1, x + 1); cx++)
                {
                    foreach (int j in grid[cy * cells + cx] ?? [])
                    {
                        if (j > i && _places[i].To(_places[j]) is var distance && distance <= radius)
                            near.Add((distance, i, j));
                    }
                }
            }
        }

        return near;
    }

    private double Reflect(double at)
    {
        at = Math.Abs(at) % (2 * _side);
        return at > _side ? 2 * _side - at : at;
    }
}
