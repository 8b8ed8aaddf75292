namespace QuicProChat.Mesh.Server.Limits;

/// <summary>Memory for requests and answers on their way, in all; one source has at most a quarter of it.</summary>
/// <param name="total">Bytes.</param>
internal sealed class ByteBudget(long total)
{
    private const int Share = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<Source, long> _taken = [];
    private long _all;

    /// <summary>Bytes that are taken now.</summary>
    internal long Taken => Interlocked.Read(ref _all);

    /// <summary>Takes bytes; false where there are none left.</summary>
    internal bool TryTake(Source source, long bytes)
    {
        lock (_lock)
        {
            long own = _taken.GetValueOrDefault(source) + bytes;
            if (_all + bytes > total || own > total / Share)
                return false;
            _taken[source] = own;
            _all += bytes;
            return true;
        }
    }

    /// <summary>Gives bytes back.</summary>
    internal void Return(Source source, long bytes)
    {
        lock (_lock)
        {
            long own = _taken[source] - bytes;
            if (own == 0)
                _taken.Remove(source);
            else
                _taken[source] = own;
            _all -= bytes;
        }
    }
}
