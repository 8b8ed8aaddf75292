namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Structs by number, in chunks that never move (a <c>ref</c> stays good while others are added), freed numbers used
/// again. Nothing is allocated until the first item, and nothing once it has grown to what is needed.
/// </summary>
internal sealed class Slab<T>
    where T : struct
{
    private const int ChunkBits = 6;
    private const int ChunkSize = 1 << ChunkBits;

    private T[][]? _chunks;
    private int[]? _free;
    private int _freeCount;
    private int _used;

    /// <summary>Numbers ever handed out: all valid ones are below.</summary>
    public int Limit => _used;

    /// <summary>An item by its number.</summary>
    public ref T this[int index] => ref _chunks![index >> ChunkBits][index & (ChunkSize - 1)];

    /// <summary>A number whose item is <c>default</c>.</summary>
    public int Allocate()
    {
        if (_freeCount > 0)
            return _free![--_freeCount];
        int chunk = _used >> ChunkBits;
        _chunks ??= new T[4][];
        if (chunk == _chunks.Length)
            Array.Resize(ref _chunks, chunk * 2);
        _chunks[chunk] ??= new T[ChunkSize];
        return _used++;
    }

    /// <summary>Gives a number back and clears its item.</summary>
    public void Free(int index)
    {
        this[index] = default;
        _free ??= new int[ChunkSize];
        if (_freeCount == _free.Length)
            Array.Resize(ref _free, _freeCount * 2);
        _free[_freeCount++] = index;
    }
}
