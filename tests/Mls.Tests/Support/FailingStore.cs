namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>A store that fails at the operation that a test chooses, before or after it took effect.</summary>
internal sealed class FailingStore(IGroupStore inner) : IGroupStore
{
    /// <summary>How many operations go well before one fails; null for all.</summary>
    internal int? FailAfter { get; set; }

    /// <summary>
    /// Whether the write that fails has happened all the same, as when only its acknowledgement is lost.
    /// </summary>
    internal bool AfterTheFact { get; set; }

    internal int Operations { get; private set; }

    public void Write(IReadOnlyList<StoreChange> changes)
    {
        bool fails = Count();
        if (!fails || AfterTheFact)
            inner.Write(changes);
        if (fails)
            throw new IOException("No space left on device");
    }

    public byte[]? Read(string key)
    {
        if (Count())
            throw new IOException("Input/output error");
        return inner.Read(key);
    }

    public IReadOnlyList<string> Keys(string prefix)
    {
        if (Count())
            throw new IOException("Input/output error");
        return inner.Keys(prefix);
    }

    private bool Count()
    {
        Operations++;
        if (FailAfter is not { } left)
            return false;
        FailAfter = left > 0 ? left - 1 : null;
        return left == 0;
    }
}
