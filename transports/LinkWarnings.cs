namespace QuicProChat.Mesh.Transports;

/// <summary>Something about links that the operator has to see.</summary>
/// <param name="Text">One sentence.</param>
/// <param name="At">When it was last so.</param>
public sealed record LinkWarning(string Text, DateTimeOffset At);

/// <summary>
/// What is wrong with keys, as far as links show it. Each warning is told once an hour, and is shown for a day after it
/// was last so. Strangers can cause warnings about keys of their own, so those are few; what concerns this node's own
/// key stays. Safe for threads.
/// </summary>
public sealed class LinkWarnings(TimeProvider time)
{
    // Arbitrary.
    private const int MaxOthers = 8;

    private static readonly TimeSpan ToldAgainAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShownFor = TimeSpan.FromDays(1);

    private readonly object _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];

    /// <summary>Told of each warning, once an hour at most; on the thread that met with it.</summary>
    public Action<LinkWarning>? Raised { get; set; }

    /// <summary>The warnings of the last day, this node's own key first.</summary>
    public IReadOnlyList<LinkWarning> Current
    {
        get
        {
            lock (_lock)
            {
                Forget();
                return [.. _entries.OrderBy(e => e.Key.Length > 0).ThenBy(e => e.Value.Warning.At)
                    .Select(e => e.Value.Warning)];
            }
        }
    }

    /// <summary>Something concerns this node's own key; true if it is to be logged.</summary>
    internal bool RaiseOwn(string text) => Raise("", text);

    /// <summary>Something concerns somebody else's key; true if it is to be logged.</summary>
    internal bool Raise(string about, string text)
    {
        LinkWarning warning = new(text, time.GetUtcNow());
        lock (_lock)
        {
            Forget();
            if (_entries.TryGetValue(about, out Entry? entry))
            {
                entry.Warning = warning;
                entry.Seen = time.GetTimestamp();
                if (time.GetElapsedTime(entry.Told) < ToldAgainAfter)
                    return false;
                entry.Told = entry.Seen;
            }
            else
            {
                if (about.Length > 0 && _entries.Count(e => e.Key.Length > 0) >= MaxOthers)
                    return false;
                long now = time.GetTimestamp();
                _entries.Add(about, new Entry { Warning = warning, Seen = now, Told = now });
            }
        }

        Raised?.Invoke(warning);
        return true;
    }

    private void Forget()
    {
        foreach ((string about, Entry entry) in _entries)
        {
            if (time.GetElapsedTime(entry.Seen) >= ShownFor)
                _entries.Remove(about);
        }
    }

    private sealed class Entry
    {
        internal required LinkWarning Warning { get; set; }

        internal required long Seen { get; set; }

        internal required long Told { get; set; }
    }
}
