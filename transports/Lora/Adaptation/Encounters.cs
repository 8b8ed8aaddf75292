using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// Stations on the way to a session. There is one entry for each that proved itself before, and a bounded number for
/// others: of these the one that was longest left alone gives way.
/// </summary>
internal sealed class Encounters : IDisposable
{
    private readonly List<Encounter> _all = [];

    /// <summary>How many there are.</summary>
    internal int Count => _all.Count;

    /// <summary>All of them.</summary>
    internal IReadOnlyList<Encounter> All => _all;

    /// <summary>The one with a station.</summary>
    internal Encounter? Find(in NodeAddress address)
    {
        foreach (Encounter encounter in _all)
        {
            if (encounter.Address == address)
                return encounter;
        }
        return null;
    }

    /// <summary>Finds or makes one.</summary>
    internal Encounter GetOrAdd(in NodeAddress address, byte[] publicKey, bool isKnown, TimeSpan now)
    {
        if (Find(address) is { } there)
            return there;
        if (!isKnown && _all.Count(e => !e.IsKnown) >= RadioTuning.MaxStrangers)
            Remove(_all.Where(e => !e.IsKnown).MinBy(e => e.TouchedAt)!);
        Encounter encounter = new(address, publicKey, isKnown) { TouchedAt = now };
        _all.Add(encounter);
        return encounter;
    }

    /// <summary>Ends one.</summary>
    internal void Remove(Encounter encounter)
    {
        _all.Remove(encounter);
        encounter.Dispose();
    }

    /// <summary>Ends those in which nothing happened for a while and nothing will.</summary>
    internal void Expire(TimeSpan patience, TimeSpan now)
    {
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            Encounter encounter = _all[i];
            if (encounter.GreetAt == TimeSpan.MaxValue && now - encounter.TouchedAt > patience)
                Remove(encounter);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Encounter encounter in _all)
            encounter.Dispose();
        _all.Clear();
    }
}
