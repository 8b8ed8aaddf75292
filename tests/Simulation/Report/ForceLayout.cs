namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// Places for the nodes of a graph that has none (after Fruchterman and Reingold, 1991): links pull, near nodes push.
/// The same graph always gives the same picture.
/// </summary>
public static class ForceLayout
{
    private const long WorkLimit = 400_000_000;

    /// <summary>Computes places within the unit square.</summary>
    public static Place[] Compute(int nodes, IReadOnlyList<Edge> edges)
    {
        var random = new Random(1);
        double ideal = 1 / Math.Sqrt(nodes);
        Place[] places =
            [.. Enumerable.Range(0, nodes).Select(_ => new Place(random.NextDouble(), random.NextDouble()))];
        Spread(places, nodes, edges);
        var force = new (double X, double Y)[nodes];
        int rounds = (int)Math.Clamp(WorkLimit / ((long)nodes * Math.Min(nodes, 400)), 30, 300);
        for (int round = 0; round < rounds; round++)
        {
            double step = 0.1 * (1 - (double)round / rounds) + 0.0005;
            Array.Clear(force);
            Push(places, force, ideal);
            foreach (Edge edge in edges)
                Pull(places, force, edge, ideal);
            for (int i = 0; i < nodes; i++)
            {
                // A little towards the middle keeps what hangs loosely in the picture.
                double x = force[i].X + (0.5 - places[i].X) * 0.4 * ideal, y = force[i].Y + (0.5 - places[i].Y)
                    * 0.4 * ideal;
                double length = Math.Sqrt(x * x + y * y) + 1e-12;
                double move = Math.Min(length, step);
                places[i] = new Place(places[i].X + x / length * move, places[i].Y + y / length * move);
            }
        }

        return Fit(places);
    }

    /// <summary>Scales places into the unit square.</summary>
    public static Place[] Fit(IReadOnlyList<Place> places)
    {
        double left = places.Min(p => p.X), top = places.Min(p => p.Y);
        double size = Math.Max(Math.Max(places.Max(p => p.X) - left, places.Max(p => p.Y) - top), 1e-9);
        return [.. places.Select(p => new Place((p.X - left) / size, (p.Y - top) / size))];
    }

    /// <summary>A start that already has the shape: rings by distance from the best connected node.</summary>
    private static void Spread(Place[] places, int nodes, IReadOnlyList<Edge> edges)
    {
        List<int>[] near = [.. Enumerable.Range(0, nodes).Select(_ => new List<int>())];
        foreach (Edge edge in edges)
        {
            near[edge.A].Add(edge.B);
            near[edge.B].Add(edge.A);
        }

        int centre = Enumerable.Range(0, nodes).MaxBy(i => near[i].Count);
        var sector = new (double From, double To, int Depth)?[nodes];
        sector[centre] = (0, 2 * Math.PI, 0);
        var queue = new Queue<int>([centre]);
        while (queue.TryDequeue(out int at))
        {
            (double from, double to, int depth) = sector[at]!.Value;
            List<int> next = [.. near[at].Where(n => sector[n] is null).Distinct()];
            for (int i = 0; i < next.Count; i++)
            {
                double a = from + (to - from) * i / next.Count, b = from + (to - from) * (i + 1) / next.Count;
                sector[next[i]] = (a, b, depth + 1);
                double radius = 0.45 * (1 - Math.Pow(0.8, depth + 1));
                places[next[i]] = new Place(0.5 + radius * Math.Cos((a + b) / 2), 0.5 + radius * Math.Sin((a + b) / 2));
                queue.Enqueue(next[i]);
            }
        }
    }

    private static void Pull(Place[] places, (double X, double Y)[] force, Edge edge, double ideal)
    {
        double dx = places[edge.B].X - places[edge.A].X, dy = places[edge.B].Y - places[edge.A].Y;
        double distance = Math.Sqrt(dx * dx + dy * dy);
        double pull = distance / ideal;
        force[edge.A] = (force[edge.A].X + dx * pull, force[edge.A].Y + dy * pull);
        force[edge.B] = (force[edge.B].X - dx * pull, force[edge.B].Y - dy * pull);
    }

    /// <summary>Only nodes within three ideal lengths push each other: a grid of cells finds them.</summary>
    private static void Push(Place[] places, (double X, double Y)[] force, double ideal)
    {
        double reach = 3 * ideal;
        var cells = new Dictionary<(int, int), List<int>>();
        (int X, int Y) Cell(Place p) => ((int)Math.Floor(p.X / reach), (int)Math.Floor(p.Y / reach));
        for (int i = 0; i < places.Length; i++)
        {
            if (!cells.TryGetValue(Cell(places[i]), out List<int>? cell))
                cells[Cell(places[i])] = cell = [];
            cell.Add(i);
        }

        for (int i = 0; i < places.Length; i++)
        {
            (int x, int y) = Cell(places[i]);
            double fx = 0, fy = 0;
            for (int cy = y - 1; cy <= y + 1; cy++)
            {
                for (int cx = x - 1; cx <= x + 1; cx++)
                {
                    if (!cells.TryGetValue((cx, cy), out List<int>? cell))
                        continue;
                    foreach (int j in cell)
                    {
                        double dx = places[i].X - places[j].X, dy = places[i].Y - places[j].Y;
                        double square = dx * dx + dy * dy;
                        if (i == j || square > reach * reach)
                            continue;
                        // Nodes at the same place part by their numbers.
                        if (square < 1e-12)
                            (dx, dy, square) = ((i - j) * 1e-6, (j - i) * 1e-6, 1e-12);
                        fx += dx * ideal * ideal / square;
                        fy += dy * ideal * ideal / square;
                    }
                }
            }

            force[i] = (force[i].X + fx, force[i].Y + fy);
        }
    }
}
