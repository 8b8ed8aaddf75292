using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>
/// Stands between gossip and those who read it: each gets its records, and all their topics are one set.
/// </summary>
internal sealed class GossipRecords(GossipHost gossip) : IGossipReader
{
    private readonly List<Share> _shares = [];

    /// <summary>Judges a record of a class.</summary>
    internal delegate GossipJudgement Judging(Instant now, in GossipId id, in GossipRecord record);

    /// <summary>A reader's part.</summary>
    /// <param name="class">The records that it reads.</param>
    /// <param name="judge">What it makes of them.</param>
    /// <param name="clock">What it takes for the time; null: what gossip does.</param>
    internal IGossipRecords Of(GossipClass @class, Judging judge, Func<long?>? clock = null)
    {
        var share = new Share(this, @class, judge, clock);
        _shares.Add(share);
        return share;
    }

    /// <inheritdoc/>
    public GossipJudgement Judge(Instant now, in GossipId id, in GossipRecord record)
    {
        foreach (Share share in _shares)
        {
            if (share.Class == record.Class)
                return share.Judge(now, id, record);
        }

        return GossipVerdict.NotMine;
    }

    private sealed class Share(
        GossipRecords all, GossipClass @class, Judging judge, Func<long?>? clock) : IGossipRecords
    {
        private IReadOnlyCollection<GossipTopic> _topics = [];

        internal GossipClass Class => @class;

        private GossipHost Gossip => all.Host;

        /// <inheritdoc/>
        public long? UnixSeconds => clock is null ? Gossip.UnixSeconds : clock();

        /// <inheritdoc/>
        public bool HasRadio => Gossip.Protocol.HasRadio;

        /// <inheritdoc/>
        public bool HasStream => Gossip.Protocol.HasStream;

        internal GossipJudgement Judge(Instant now, in GossipId id, in GossipRecord record) => judge(now, id, record);

        /// <inheritdoc/>
        public bool Publish(Instant now, ReadOnlySpan<byte> record) => Gossip.Protocol.Publish(now, record);

        /// <inheritdoc/>
        public void SetTopics(Instant now, IReadOnlyCollection<GossipTopic> topics, bool beganToRead)
        {
            _topics = topics;
            Gossip.Protocol.SetTopics(now, all._shares.SelectMany(static s => s._topics).ToHashSet(), beganToRead);
        }

        /// <inheritdoc/>
        public IReadOnlySet<ushort> Days() => Gossip.Protocol.Days();

        /// <inheritdoc/>
        public IEnumerable<(GossipId Id, byte[] Bytes)> Find(IReadOnlySet<GossipTopic> topics, bool onlyUnread)
        {
            foreach (GossipId id in Gossip.Protocol.Find(topics, onlyUnread))
            {
                if (Gossip.Find(id) is { } bytes)
                    yield return (id, bytes);
            }
        }

        /// <inheritdoc/>
        public void Settled(Instant now, in GossipId id, bool isOnDisk) =>
            Gossip.Protocol.Settled(now, id, isOnDisk, isOnDisk ? Gossip.Find(id) : null);
    }

    private GossipHost Host => gossip;
}
