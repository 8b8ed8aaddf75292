namespace QuicProChat.Mesh.Node.Control;

/// <summary>Bytes that all clients of one kind may hold together; for any thread.</summary>
internal sealed class ByteBudget(long total)
{
    private long _left = total;

    /// <summary>Bytes that nobody holds.</summary>
    internal long Left => Volatile.Read(ref _left);

    /// <summary>Takes bytes, all of them or none.</summary>
    internal bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _left, -bytes) >= 0)
            return true;
        Interlocked.Add(ref _left, bytes);
        return false;
    }

    internal void Return(long bytes) => Interlocked.Add(ref _left, bytes);
}
