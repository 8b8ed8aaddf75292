namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// What each neighbour told and was told of each destination. The pairs of one destination lie side by side, because a
/// route is chosen by comparing them all: one or two lines of the cache, where an array for each neighbour would touch
/// one in each. Destinations come in pages, so that a table that grows is not copied and has no room to spare.
/// <code>
/// page (64 destinations):  [d0: n0 n1 n2][d1: n0 n1 n2] ...     n: heard, told; 4 bytes each
/// </code>
/// </summary>
internal sealed class DistanceTable
{
    private const int PageBits = 6;
    private const int PageSize = 1 << PageBits;

    private readonly List<bool> _taken = [];
    private Pair[]?[] _pages = [];

    private struct Pair
    {
        public Distance Heard;
        public Distance Told;
    }

    /// <summary>
    /// Columns that have a place: as many as there were neighbours at once, until half of them are gone.
    /// </summary>
    public int Columns => _taken.Count;

    /// <summary>All pages together, in bytes without the headers of their arrays.</summary>
    public long Bytes => 2L * sizeof(uint) * PageSize * Columns * _pages.Count(page => page is not null);

    /// <summary>
    /// Makes room for one more neighbour; takes time in proportion to the table. Returns its column, which is empty.
    /// </summary>
    public int AddColumn()
    {
        int column = _taken.IndexOf(false);
        if (column >= 0)
        {
            _taken[column] = true;
            return column;
        }

        Resize(_taken.Count + 1);
        _taken[^1] = true;
        return _taken.Count - 1;
    }

    /// <summary>Forgets a neighbour; takes time in proportion to the table.</summary>
    public void RemoveColumn(int column)
    {
        _taken[column] = false;
        foreach (Pair[]? page in _pages)
        {
            for (int at = column; page is not null && at < page.Length; at += Columns)
                page[at] = default;
        }

        // A link that comes and goes again and again does not move the table each time.
        int kept = _taken.LastIndexOf(true) + 1;
        if (kept * 2 <= Columns)
            Resize(kept);
    }

    /// <summary>What a neighbour told of a destination.</summary>
    public Distance Heard(int column, int destination) =>
        PageOf(destination) is { } page ? page[Place(column, destination)].Heard : Distance.None;

    /// <summary>What a neighbour was told of a destination.</summary>
    public Distance Told(int column, int destination) =>
        PageOf(destination) is { } page ? page[Place(column, destination)].Told : Distance.None;

    /// <summary>Sets what a neighbour told.</summary>
    public void SetHeard(int column, int destination, Distance distance)
    {
        if (PageFor(destination, distance) is { } page)
            page[Place(column, destination)].Heard = distance;
    }

    /// <summary>Sets what a neighbour was told.</summary>
    public void SetTold(int column, int destination, Distance distance)
    {
        if (PageFor(destination, distance) is { } page)
            page[Place(column, destination)].Told = distance;
    }

    private int Place(int column, int destination) => (destination & (PageSize - 1)) * Columns + column;

    private Pair[]? PageOf(int destination) =>
        (uint)(destination >> PageBits) < (uint)_pages.Length ? _pages[destination >> PageBits] : null;

    /// <summary>The page to write to; null if there is none and nothing but "no route" to write.</summary>
    private Pair[]? PageFor(int destination, Distance distance)
    {
        if (PageOf(destination) is { } page || distance == Distance.None)
            return PageOf(destination);
        int number = destination >> PageBits;
        if (number >= _pages.Length)
            Array.Resize(ref _pages, number + 1 + number / 4);
        return _pages[number] = new Pair[PageSize * Columns];
    }

    private void Resize(int columns)
    {
        int before = Columns;
        int kept = Math.Min(before, columns);
        for (int i = 0; i < _pages.Length; i++)
        {
            if (_pages[i] is not { } from)
                continue;
            Pair[]? to = columns == 0 ? null : new Pair[PageSize * columns];
            for (int row = 0; row < PageSize && to is not null; row++)
                from.AsSpan(row * before, kept).CopyTo(to.AsSpan(row * columns));
            _pages[i] = to;
        }

        while (_taken.Count > columns)
            _taken.RemoveAt(_taken.Count - 1);
        while (_taken.Count < columns)
            _taken.Add(false);
    }
}
