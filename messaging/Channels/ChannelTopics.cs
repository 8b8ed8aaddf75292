using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Channels;

/// <summary>
/// Which channel a record belongs to. Reading needs no clock: a record says its period, and the topics of all channels
/// in that period are computed once. Few periods are remembered; who makes up others costs some codes of 32 bytes for
/// each of his records.
/// </summary>
internal sealed class ChannelTopics
{
    /// <summary>Periods remembered: the days that records can be of, and as many again; arbitrary.</summary>
    private const int MaxPeriods = 24;

    private readonly Dictionary<GossipTopic, ChannelState> _byTopic = [];
    private readonly Queue<ushort> _periods = [];
    private List<ChannelState> _channels = [];

    /// <summary>The channels have changed.</summary>
    internal void Reset(IEnumerable<ChannelState> channels)
    {
        _channels = [.. channels];
        _byTopic.Clear();
        _periods.Clear();
    }

    /// <summary>The channel of a topic in a period; null if it is none of this node's.</summary>
    internal ChannelState? Find(in GossipTopic topic, ushort period)
    {
        if (_channels.Count == 0)
            return null;
        if (!_periods.Contains(period))
            Add(period);
        return _byTopic.GetValueOrDefault(topic);
    }

    private void Add(ushort period)
    {
        if (_periods.Count >= MaxPeriods)
        {
            _periods.Clear();
            _byTopic.Clear();
        }

        _periods.Enqueue(period);
        foreach (ChannelState channel in _channels)
            _byTopic[channel.Key.TopicOf(period)] = channel;
    }
}
