namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Which numbered item is due next: a binary heap that knows where each item sits, so that a due time can change or
/// vanish in logarithmic time. Equal times come in the order of their numbers, the same on every run.
/// </summary>
internal struct DueHeap
{
    private long[]? _due;
    private int[]? _heap;
    private int[]? _place;
    private int _count;

    /// <summary>When the first item is due; never if there is none.</summary>
    public readonly Instant Next => _count == 0 ? Instant.Never : new Instant(_due![_heap![0]]);

    /// <summary>When an item is due; never if it is not in the heap.</summary>
    public readonly Instant DueOf(int item) =>
        _place is not null && item < _place.Length && _place[item] > 0 ? new Instant(_due![item]) : Instant.Never;

    /// <summary>Sets when an item is due; never takes it out.</summary>
    public void Set(int item, Instant due)
    {
        if (_place is null || item >= _place.Length)
            Grow(item);
        int at = _place![item] - 1;
        if (due == Instant.Never)
        {
            if (at >= 0)
                RemoveAt(at);
            return;
        }

        long before = _due![item];
        if (at >= 0 && before == due.Ticks)
            return;
        _due[item] = due.Ticks;
        if (at < 0)
        {
            at = _count++;
            _heap![at] = item;
            _place[item] = at + 1;
            Up(at);
        }
        else if (due.Ticks < before)
        {
            Up(at);
        }
        else
        {
            Down(at);
        }
    }

    /// <summary>Takes the first item out if it is due.</summary>
    public bool TryTake(Instant now, out int item)
    {
        item = -1;
        if (Next > now || _count == 0)
            return false;
        item = _heap![0];
        RemoveAt(0);
        return true;
    }

    private void RemoveAt(int at)
    {
        _place![_heap![at]] = 0;
        int last = _heap[--_count];
        if (at == _count)
            return;
        _heap[at] = last;
        _place[last] = at + 1;
        Up(at);
        Down(_place[last] - 1);
    }

    private readonly void Up(int at)
    {
        int item = _heap![at];
        while (at > 0)
        {
            int parent = (at - 1) >> 1;
            if (!Before(item, _heap[parent]))
                break;
            Put(at, _heap[parent]);
            at = parent;
        }

        Put(at, item);
    }

    private readonly void Down(int at)
    {
        int item = _heap![at];
        for (int child = 2 * at + 1; child < _count; child = 2 * at + 1)
        {
            if (child + 1 < _count && Before(_heap[child + 1], _heap[child]))
                child++;
            if (!Before(_heap[child], item))
                break;
            Put(at, _heap[child]);
            at = child;
        }

        Put(at, item);
    }

    private readonly void Put(int at, int item)
    {
        _heap![at] = item;
        _place![item] = at + 1;
    }

    private readonly bool Before(int a, int b) => _due![a] != _due[b] ? _due[a] < _due[b] : a < b;

    private void Grow(int item)
    {
        int size = Math.Max(16, _place is null ? 0 : _place.Length);
        while (size <= item)
            size *= 2;
        Array.Resize(ref _due, size);
        Array.Resize(ref _heap, size);
        Array.Resize(ref _place, size);
    }
}
