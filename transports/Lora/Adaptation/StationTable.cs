using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// Stations that proved themselves. Half of the places are kept for those that have been neighbours for a while; who
/// came lately and has been silent the longest gives way to the next one, so that a newcomer always finds a place.
/// </summary>
internal sealed class StationTable
{
    private readonly List<RadioNeighbour> _all = [];

    /// <summary>All of them.</summary>
    internal IReadOnlyList<RadioNeighbour> All => _all;

    /// <summary>Whether any has a link.</summary>
    internal bool AnyUp => _all.Exists(n => n.IsUp);

    /// <summary>The station of an address.</summary>
    internal RadioNeighbour? Find(in NodeAddress address)
    {
        foreach (RadioNeighbour neighbour in _all)
        {
            if (neighbour.Address == address)
                return neighbour;
        }
        return null;
    }

    /// <summary>Takes a station in.</summary>
    /// <param name="neighbour">Who is not there yet.</param>
    /// <param name="now">Monotonic time.</param>
    /// <returns>Who gave way; null: nobody had to.</returns>
    internal RadioNeighbour? Add(RadioNeighbour neighbour, TimeSpan now)
    {
        RadioNeighbour? gone = _all.Count < RadioTuning.MaxNeighbours ? null : LeastWorth(now);
        if (gone is not null)
            _all.Remove(gone);
        neighbour.ProvenAt = now;
        _all.Add(neighbour);
        return gone;
    }

    /// <summary>Whether a station has been a neighbour for a while, and still is.</summary>
    internal static bool IsSenior(RadioNeighbour neighbour, TimeSpan now) =>
        neighbour.IsUp && now - neighbour.ProvenAt >= RadioTuning.SeniorAfter;

    // Seniors beyond half of the places count as newcomers, the latest of them first.
    private RadioNeighbour LeastWorth(TimeSpan now)
    {
        HashSet<RadioNeighbour> kept =
            [.. _all.Where(n => IsSenior(n, now)).OrderBy(n => n.ProvenAt).Take(RadioTuning.MaxNeighbours / 2)];
        return _all.Where(n => !kept.Contains(n)).OrderBy(n => n.IsUp).ThenBy(n => n.LastHeard).First();
    }
}
