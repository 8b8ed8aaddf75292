using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>Gossip, as its readers see it. All members are called on the loop.</summary>
public interface IGossipRecords
{
    /// <summary>Seconds since 1970 by a clock that is set; null where there is none.</summary>
    long? UnixSeconds { get; }

    /// <summary>Routes on some link are asked for: what travels there should be short.</summary>
    bool HasRadio { get; }

    /// <summary>Records come by some link without being asked for; where only radios reach, they do not.</summary>
    bool HasStream { get; }

    /// <summary>Spreads a record.</summary>
    bool Publish(Instant now, ReadOnlySpan<byte> record);

    /// <summary>What this node reads.</summary>
    /// <param name="now">When.</param>
    /// <param name="topics">All of it.</param>
    /// <param name="beganToRead">A topic is new; else only the day may have changed.</param>
    void SetTopics(Instant now, IReadOnlyCollection<GossipTopic> topics, bool beganToRead);

    /// <summary>The days on which the records that are kept say they were made.</summary>
    IReadOnlySet<ushort> Days();

    /// <summary>
    /// The records of some topics that are kept, oldest first, read one by one; what cannot be read is left out.
    /// </summary>
    /// <param name="topics">The topics.</param>
    /// <param name="onlyUnread">Without those that this node wrote or read.</param>
    IEnumerable<(GossipId Id, byte[] Bytes)> Find(IReadOnlySet<GossipTopic> topics, bool onlyUnread);

    /// <summary>What a record says is on disk, or will not be: then it may come again.</summary>
    void Settled(Instant now, in GossipId id, bool isOnDisk);
}
