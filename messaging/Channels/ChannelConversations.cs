using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Channels;

/// <summary>
/// Channels: what somebody writes, all read who have the key, and nobody is addressed (docs/reference/channels.md).
/// Their messages are gossip records and no envelopes. All of it is on the loop.
/// <code>
///  out:  Send -> number used up, message on disk -> record published
///  in:   gossip -> Judge: topic? opens? signed? -> message on disk -> event -> record on disk
/// </code>
/// </summary>
public sealed partial class ChannelConversations : IConversationKind, IDisposable
{
    /// <summary>
    /// Channels of one node at most. Arbitrary; each costs a code for each period that a record names.
    /// </summary>
    public const int MaxChannels = 64;

    /// <summary>How often topics are looked at, which change with the day.</summary>
    private static readonly TimeSpan TopicsEvery = TimeSpan.FromMinutes(30);

    private readonly MessagingContext _context;
    private readonly Dictionary<ConversationId, ChannelState> _channels = [];
    private readonly ChannelTopics _topics = new();

    /// <summary>What the owner calls the channels, for any thread.</summary>
    private readonly ConversationNames _names = new();

    private Action<IMessagingWork> _work = static _ => throw new InvalidOperationException("Not attached yet.");
    private IGossipRecords _records = null!;
    private Instant _topicsDue = Instant.Never;

    /// <summary>No channels so far; <see cref="Restore"/> brings those that were kept.</summary>
    public ChannelConversations(MessagingContext context) => _context = context;

    /// <inheritdoc/>
    public EnvelopeKind Kind => EnvelopeKind.Channel;

    /// <inheritdoc/>
    public string? Prefix => "channel";

    /// <inheritdoc/>
    public bool IsStateless => false;

    /// <inheritdoc/>
    public Instant NextDue => !_kept.IsOver && HasRoomForKept ? default : _topicsDue;

    /// <summary>What happened to messages.</summary>
    public ChannelCounters Counters { get; } = new();

    /// <summary>Channels of this node.</summary>
    public int ChannelCount => _channels.Count;

    /// <summary>Commands go where arrivals and texts go, in their order.</summary>
    public void WorkThrough(Conversations conversations) => _work = work => conversations.Add(Kind, work);

    /// <summary>Gossip is there; called once, before the loop starts.</summary>
    public void Attach(IGossipRecords records, Instant now)
    {
        _records = records;
        TopicsChanged(now, beganToRead: false);
        foreach (ChannelState channel in _channels.Values)
            PublishLeft(now, channel);
        ReadKept(_channels.Values, onlyUnread: true);
    }

    /// <inheritdoc/>
    public void Restore(Instant now, IReadOnlyList<SavedConversation> states)
    {
        foreach ((ConversationId id, byte[] state) in states)
        {
            if (ChannelState.TryLoad(state) is { } channel && channel.Id == id)
                Add(channel);
            else
                _context.Store.Damaged($"The channel {id} is damaged, or of another version of the program.");
        }
    }

    /// <inheritdoc/>
    public void Tick(Instant now, MessageTransaction transaction)
    {
        if (now >= _topicsDue)
            TopicsChanged(now, beganToRead: false);
        _kept.Read((in GossipId id, in GossipRecord record) => Judge(now, id, record), () => HasRoomForKept);
    }

    /// <inheritdoc/>
    public void Faulted(Exception fault)
    {
        Counters.Add(ChannelEvent.Failed);
        _context.Loop.Failed(fault);
    }

    /// <inheritdoc/>
    public void GoBack(ConversationState state)
    {
        var channel = (ChannelState)state;
        if (channel.IsStored)
        {
            channel.GoBack();
            Add(channel);
            return;
        }

        Remove(channel);
        channel.Dispose();
    }

    /// <inheritdoc/>
    public Conversation? Describe(ConversationId id) =>
        _channels.TryGetValue(id, out ChannelState? channel) ? Describe(channel) : null;

    /// <summary>What a channel is called here; its id if it was left. From any thread.</summary>
    public string NameOf(ConversationId id) => _names.Of(id);

    /// <summary>The channel with a name or id, if this node has one. From any thread.</summary>
    public ConversationId? Find(string name) => _names.Find(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        _kept.Dispose();
        foreach (ChannelState channel in _channels.Values)
            channel.Dispose();
        _channels.Clear();
    }

    private ChannelState Channel(string name) =>
        Find(name) is { } id && _channels.TryGetValue(id, out ChannelState? channel)
        ? channel : throw new MessagingException(Refusal.UnknownConversation, $"there is no channel '{name}'");

    private void Add(ChannelState channel)
    {
        _channels[channel.Id] = channel;
        _names.Set(channel.Id, channel.Name);
        _topics.Reset(_channels.Values);
    }

    private void Remove(ChannelState channel)
    {
        _channels.Remove(channel.Id);
        _names.Remove(channel.Id);
        _topics.Reset(_channels.Values);
    }

    /// <summary>
    /// On radios topics are asked for, and they change with the day: today's, yesterday's and tomorrow's.
    /// </summary>
    private void TopicsChanged(Instant now, bool beganToRead)
    {
        _topicsDue = _channels.Count == 0 ? Instant.Never : now + TopicsEvery;
        var topics = new HashSet<GossipTopic>();
        foreach (ChannelState channel in _channels.Values)
        {
            int period = PeriodOf(now, channel);
            for (int day = period - 1; day <= period + 1; day++)
                topics.Add(channel.Key.TopicOf((ushort)Math.Clamp(day, 0, ushort.MaxValue)));
        }

        _records.SetTopics(now, topics, beganToRead);
    }

    private ushort? Today => _records.UnixSeconds is { } seconds
        ? (ushort)Math.Clamp(seconds / (24 * 60 * 60), 1, ushort.MaxValue) : null;

    /// <summary>
    /// The period in which this node writes: the day, or what others say where there is no clock; 0 where nobody says.
    /// </summary>
    private ushort PeriodOf(Instant now, ChannelState channel) => Today ?? channel.Senders.PeriodAt(now) ?? 0;

    private ChannelConversation Describe(ChannelState channel) => new(
        channel.Id, channel.Name, _context.Settings.Of(channel.Id).IsMuted, channel.Sequence, channel.Senders.Count,
        channel.Senders.Missing);
}
