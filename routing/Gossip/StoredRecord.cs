using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>A record that is kept: all but its bytes, which may be on disk only.</summary>
internal sealed class StoredRecord(in GossipId id, in GossipRecord record, Instant firstSeen, Instant expiresAt)
{
    /// <summary>What it costs of a quota beyond its bytes: its row on disk.</summary>
    private const int RowBytes = 64;

    public GossipId Id { get; } = id;

    public GossipTopic Topic { get; } = record.Topic;

    public GossipClass Class { get; } = record.Class;

    /// <summary>Header and payload in bytes.</summary>
    public int Size { get; } = record.Bytes.Length;

    /// <summary>The day that it says it was made.</summary>
    public ushort BornDay { get; } = record.BornDay;

    /// <summary>Bytes of a quota.</summary>
    public int Cost => Size + RowBytes;

    public Instant FirstSeen { get; } = firstSeen;

    /// <summary>How long it lasts, in hours, from when it was made.</summary>
    public byte Hours { get; } = record.Hours;

    /// <summary>When it ends, whatever day it was made.</summary>
    public Instant LastsUntil => FirstSeen + TimeSpan.FromHours(Hours);

    /// <summary>When it ends, as far as is known.</summary>
    public Instant ExpiresAt { get; set; } = expiresAt;

    /// <summary>Whose share it counts to; null: this node's own, or of a topic that it reads.</summary>
    public GossipSource? Source { get; set; }

    /// <summary>The link that brought it, while that is up; the number may mean another one later.</summary>
    public LinkId From { get; set; } = LinkId.None;

    /// <summary>Its bytes, while they are in memory.</summary>
    public byte[]? Bytes { get; set; }

    /// <summary>Its place among the timers.</summary>
    public int Number { get; set; }

    /// <summary>It is of a topic that this node reads or writes.</summary>
    public bool IsMine => Source is null;

    /// <summary>What it says is not on disk yet, so neither is it: its bytes stay in memory.</summary>
    public bool IsUnsettled { get; set; }

    /// <summary>Where it belongs in a class with rules.</summary>
    public GossipPlace? Place { get; set; }

    /// <summary>Its sequence there.</summary>
    public ulong Sequence { get; set; }
}
