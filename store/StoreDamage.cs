namespace QuicProChat.Mesh.Store;

/// <summary>
/// The rows that could not be read. A damaged row (worn flash, an edited file) costs that row: it is skipped, counted
/// here and told to whoever listens; what is beside it is read. Safe for threads.
/// </summary>
public sealed class StoreDamage
{
    private long _rows;

    /// <summary>Raised for each, with the table and what is wrong, on the thread that read it.</summary>
    public event Action<string, string>? Found;

    /// <summary>Times that a damaged row was met: one that stays in the file counts each time it is read.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Counts a row and tells who listens.</summary>
    public void Note(string table, string what)
    {
        Interlocked.Increment(ref _rows);
        Found?.Invoke(table, what);
    }
}
