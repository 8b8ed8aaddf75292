using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// Ids of records that nothing but this node's clock refuses. A clock can be wrong for a while: they are forgotten when
/// it jumps, and every hour, because a day that is to come does come. Meanwhile nobody is asked for them. In memory
/// only.
/// </summary>
internal sealed class ClockRefusals
{
    /// <summary>Ids; arbitrary. The oldest go first, and cost being asked for again.</summary>
    internal const int MaxIds = 2048;

    /// <summary>What a clock that is put right a little, or read a little later, may differ by. Arbitrary.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ForgottenEvery = TimeSpan.FromHours(1);

    private readonly HashSet<GossipId> _ids = [];
    private readonly Queue<GossipId> _oldest = [];
    private TimeSpan? _ahead;
    private Instant _forgetAt;

    /// <summary>How many there are.</summary>
    public int Count => _ids.Count;

    public bool Contains(in GossipId id) => _ids.Contains(id);

    /// <summary>Remembers an id.</summary>
    public void Add(in GossipId id)
    {
        if (!_ids.Add(id))
            return;
        _oldest.Enqueue(id);
        if (_oldest.Count > MaxIds)
            _ids.Remove(_oldest.Dequeue());
    }

    /// <summary>What the clock says now; null where there is none.</summary>
    public void Observe(Instant now, long? unixSeconds)
    {
        TimeSpan? ahead = unixSeconds is { } seconds ? TimeSpan.FromSeconds(seconds)
            - TimeSpan.FromTicks(now.Ticks) : null;
        bool isAnother = ahead is { } here && _ahead is { } before ? (here - before).Duration() > Tolerance
            : ahead != _ahead;
        if (isAnother || now >= _forgetAt)
        {
            _ids.Clear();
            _oldest.Clear();
            _forgetAt = now + ForgottenEvery;
        }

        if (isAnother)
            _ahead = ahead;
    }
}
