using System.Buffers;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Channels;

/// <content>Records that come in.</content>
public sealed partial class ChannelConversations
{
    /// <summary>
    /// Messages that wait to be stored; arbitrary. What is beyond is counted, not taken, and may come again.
    /// </summary>
    private const int MaxPending = 2048;

    /// <summary>
    /// How far the period of a message may be from today, in days: records are a week old at most, and clocks differ.
    /// </summary>
    private const int MaxPeriodsAway = 10;

    /// <summary>Kept records to be read, as what waits to be stored gets less.</summary>
    private readonly KeptReading _kept = new();

    private int _pending;

    /// <summary>A record is new here: whether it belongs to a channel of this node, and is what it should be.</summary>
    public GossipJudgement Judge(Instant now, in GossipId id, in GossipRecord record)
    {
        if (record.Class != GossipClass.Channel || record.Payload.Length < ChannelPayload.MinSize)
            return GossipVerdict.NotMine;
        ushort period = ChannelPayload.PeriodOf(record.Payload);
        if (_topics.Find(record.Topic, period) is not { } channel)
            return GossipVerdict.NotMine;
        if (Today is { } today && Math.Abs(today - period) > MaxPeriodsAway && period != 0)
        {
            Counters.Add(ChannelEvent.Refused);
            return GossipVerdict.OtherTime;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(record.Payload.Length);
        try
        {
            return ChannelPayload.TryOpen(channel.Key, record, buffer, out ChannelPayload opened)
                ? Check(channel, id, opened) : Refuse();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <inheritdoc/>
    public Arrival Take(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
        new(token, id, header, default);

    /// <inheritdoc/>
    /// <remarks>A channel's messages are records: an envelope of this kind means nothing.</remarks>
    public void Received(Instant now, Arrival arrival, MessageTransaction transaction) => transaction.WhenOver(
        at => _context.Router.DeliveryDone(at, arrival.Token, DeliveryOutcome.Rejected, default, default));

    private GossipVerdict Refuse()
    {
        Counters.Add(ChannelEvent.Refused);
        return GossipVerdict.Refused;
    }

    /// <summary>
    /// Reads kept records of channels that were not read here: what was carried for others before this node had the
    /// key, and what a crash kept from being stored.
    /// </summary>
    private void ReadKept(IEnumerable<ChannelState> channels, bool onlyUnread)
    {
        var topics = new HashSet<GossipTopic>();
        IReadOnlySet<ushort> days = _records.Days();
        foreach (ChannelState channel in channels)
        {
            topics.Add(channel.Key.TopicOf(0));
            foreach (ushort day in days)
                topics.Add(channel.Key.TopicOf(day));
        }

        if (topics.Count > 0)
            _kept.Add(_records.Find(topics, onlyUnread));
    }

    // What comes in meanwhile has the other half.
    private bool HasRoomForKept => _pending < MaxPending / 2;

    private GossipJudgement Check(ChannelState channel, in GossipId record, in ChannelPayload opened)
    {
        byte[]? key = KeyOf(channel, opened);
        if (key is null)
        {
            // It is carried on like a record of others; its sender's announce may come, and others know it.
            Counters.Add(ChannelEvent.SenderUnknown);
            return GossipVerdict.NotMine;
        }

        if (!opened.Verify(channel.Id, key))
            return new GossipJudgement(Refuse(), HasVerified: true);
        return new GossipJudgement(TakeProven(channel, record, opened, key), HasVerified: true);
    }

    private GossipVerdict TakeProven(ChannelState channel, in GossipId record, in ChannelPayload opened, byte[] key)
    {
        NodeAddress sender = NodeAddress.Of(key);
        if (sender == _context.Identity.Address)
        {
            // A node whose files were put back has forgotten it: a number that was used says nothing new to readers.
            if (opened.Sequence > channel.Sequence)
                _work(new OwnNumber(this, channel.Id, opened.Sequence));
            return GossipVerdict.Mine;
        }

        if (!MessageContent.TryRead(opened.Content, out MessageContent? content) || content is TypingContent
            or ReadContent)
            return Refuse();
        if (_pending >= MaxPending)
        {
            Counters.Add(ChannelEvent.Overrun);
            return GossipVerdict.NotNow;
        }

        _pending++;
        _work(new ArrivalWork(
            this, channel.Id, new ChannelArrival(record, sender, key, opened.Period, opened.Sequence, content)));
        return GossipVerdict.MineUnsettled;
    }

    private byte[]? KeyOf(ChannelState channel, in ChannelPayload opened)
    {
        if (!opened.IsShort)
            return opened.Sender.ToArray();
        Abbreviation name = Abbreviation.Read(opened.Sender);
        if (name == Abbreviation.Of(_context.Identity.Address))
            return _context.Identity.PublicKey.ToArray();
        return _context.Router.FindAnnounce(name)?.PublicKey.ToArray() ?? channel.Senders.KeyOf(name);
    }

    private void Store(ConversationId id, ChannelArrival arrival, MessageTransaction transaction)
    {
        if (_channels.TryGetValue(id, out ChannelState? channel))
            Store(id, channel, arrival, transaction);
        Settle(arrival.Record, transaction);
    }

    private void Store(ConversationId id, ChannelState channel, ChannelArrival arrival, MessageTransaction transaction)
    {
        bool isLate = channel.Senders.Note(
            arrival.Sender, arrival.Key, _context.Store.IsKnown(arrival.Sender), arrival.Period, arrival.Sequence);
        _context.Loop.Reach(MessagingPlace.Keep);
        AppliedContent applied = _context.Contents.Receive(transaction, new ReceivedContent(
            ChannelPayload.IdOf(id, arrival.Sender, arrival.Sequence), id, arrival.Sender, arrival.Content,
            Protection.Channel, 0,
            Priority.Normal, _context.Time.GetUtcNow())
        {
            IsLate = isLate,
        });
        transaction.WhenWritten(_ => Counters.Add(applied.Outcome switch
        {
            Insertion.Added or Insertion.AddedAsRequest => ChannelEvent.Received,
            Insertion.AlreadyThere => ChannelEvent.Repeated,
            Insertion.NotKept or Insertion.NoRoom => ChannelEvent.NoRoom,
            _ => throw new InvalidOperationException($"There is no outcome {applied.Outcome}."),
        }));
    }

    private void Settle(GossipId record, MessageTransaction transaction)
    {
        transaction.WhenWritten(at => Settled(at, record, isOnDisk: true));
        transaction.WhenFailed(at => Settled(at, record, isOnDisk: false));
    }

    private void Settled(Instant now, in GossipId record, bool isOnDisk)
    {
        _pending--;
        _records.Settled(now, record, isOnDisk);
    }

    /// <summary>A message that is proven and waits to be stored.</summary>
    private sealed record ChannelArrival(
        GossipId Record, NodeAddress Sender, byte[] Key, ushort Period, uint Sequence, MessageContent Content);

    private sealed class ArrivalWork(
        ChannelConversations owner, ConversationId channel, ChannelArrival arrival) : IMessagingWork
    {
        public void Run(Instant now, MessageTransaction transaction) => owner.Store(channel, arrival, transaction);

        /// <remarks>It was not settled: the record is as if it had never come, and neighbours bring it again.</remarks>
        public void Failed(Instant now, MessageTransaction transaction) =>
            transaction.WhenOver(at => owner.Settled(at, arrival.Record, isOnDisk: false));
    }

    /// <summary>This node wrote under a higher number than it knows of.</summary>
    private sealed class OwnNumber(ChannelConversations owner, ConversationId id, uint sequence) : IMessagingWork
    {
        public void Run(Instant now, MessageTransaction transaction)
        {
            if (!owner._channels.TryGetValue(id, out ChannelState? channel) || channel.Sequence >= sequence)
                return;
            channel.Sequence = sequence;
            transaction.Touch(channel, spent: true);
        }

        /// <remarks>The record comes again with the next neighbour, and with it the number.</remarks>
        public void Failed(Instant now, MessageTransaction transaction)
        {
        }
    }
}
