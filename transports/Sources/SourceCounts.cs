namespace QuicProChat.Mesh.Transports;

/// <summary>How many of something come from each host and each group of sources. Not safe for threads.</summary>
internal sealed class SourceCounts
{
    private readonly Dictionary<UInt128, int> _hosts = [];
    private readonly Dictionary<ulong, int> _groups = [];

    /// <summary>The count of the group that has most.</summary>
    internal int MostOfAGroup
    {
        get
        {
            int most = 0;
            foreach (int count in _groups.Values)
                most = Math.Max(most, count);
            return most;
        }
    }

    internal int OfHost(in LinkSource source) => _hosts.GetValueOrDefault(source.Host);

    internal int OfGroup(in LinkSource source) => _groups.GetValueOrDefault(source.Group);

    internal void Add(in LinkSource source) => Change(source, 1);

    internal void Remove(in LinkSource source) => Change(source, -1);

    private void Change(in LinkSource source, int by)
    {
        Change(_hosts, source.Host, by);
        Change(_groups, source.Group, by);
    }

    private static void Change<TKey>(Dictionary<TKey, int> counts, TKey key, int by)
        where TKey : struct
    {
        int count = counts.GetValueOrDefault(key) + by;
        if (count == 0)
            counts.Remove(key);
        else
            counts[key] = count;
    }
}
