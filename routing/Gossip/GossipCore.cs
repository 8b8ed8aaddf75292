using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>What the parts of gossip share.</summary>
internal sealed record GossipCore(GossipOptions Options, IGossipActions Actions, Random Random, RandomFill Keys)
{
    /// <summary>Frames of gossip are the least urgent that there are.</summary>
    public const FrameClass Class = FrameClass.Low;

    public GossipCounters Counters { get; } = new();

    public GossipLinks Links { get; } = new();

    public GossipSources Sources { get; } = new(Options);

    public RecordStore Records { get; } = new();

    public RecordQuota Quota { get; } = new(Options);

    public RememberedIds Remembered { get; } = new(Options.MaxRemembered);

    public ClockRefusals RefusedByClock { get; } = new();

    /// <summary>Known, here or gone: not worth asking for.</summary>
    public bool Knows(in GossipId id) =>
        Records.Find(id) is not null || Remembered.Contains(id) || RefusedByClock.Contains(id);

    /// <summary>Remembers an id without its record; across restarts too, if that is to last.</summary>
    public void Remember(Instant now, in GossipId id, ulong source, Instant firstSeen, Gone why, bool isLasting = true)
    {
        if (!Remembered.Add(id, source, firstSeen + GossipOptions.Memory, why, out GossipId? forgotten))
            return;
        if (forgotten is { } gone)
            Actions.ForgetId(gone);
        if (forgotten != id && isLasting)
            Actions.PersistDead(id, now - firstSeen);
    }
}
