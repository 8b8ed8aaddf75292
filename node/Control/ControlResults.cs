using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>The daemon in one look.</summary>
internal sealed record StatusInfo(
    string Address, string Name, string Version, long UptimeSeconds, IReadOnlyList<string> Listen, int Peers, int Routes,
    int Queued, long MemoryBytes, bool QuicAvailable, IReadOnlyList<string> Dialling, IReadOnlyList<string> Waiting,
    IReadOnlyList<string> Warnings);

/// <summary>Who this node is.</summary>
internal sealed record IdentityInfo(string Address, string Hex, string PublicKey, string Name);

/// <summary>A neighbour: one link. Its round trip is null before the first answer; <c>since</c> is when it came up.</summary>
internal sealed record PeerInfo(
    string Address, string Name, string Transport, string Uri, double? RttMs, DateTimeOffset Since, long RxBytes, long TxBytes);

/// <summary>How a destination is reached: the metric is the expected milliseconds to move 256 bytes there.</summary>
internal sealed record PathInfo(string Destination, string Name, string? NextHop, double? Metric, int? Hops);

/// <summary>A message with what is proven about it.</summary>
internal sealed record MessageInfo(
    string Id, string Direction, string? Peer, string Text, string State, int? Hops, string Priority,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string? Reason, string Security)
{
    /// <summary>What the owner calls the peer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Alias { get; init; }

    /// <summary>The MLS-Lite group, for messages in one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Group { get; init; }

    /// <summary>True for a request: its sender is not known to the owner.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Request { get; init; }

    /// <summary>When its sender says that it was written, sealed with the text.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>True where it came after the lifetime that was sealed with it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Late { get; init; }

    /// <summary>True where the text is lost: its row in the store is damaged.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Damaged { get; init; }

    /// <summary>For a message that this node wrote to a group: how many it was sent to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Recipients { get; init; }

    /// <summary>How many of them have proven that they have it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? DeliveredTo { get; init; }
}

/// <summary>What became of a send.</summary>
internal sealed record SendInfo(string Id, string State)
{
    /// <summary>Why it is in that state, where that needs saying.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>For a message to a group: how many it was sent to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Recipients { get; init; }

    /// <summary>How many of them have proven that they have it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? DeliveredTo { get; init; }
}

/// <summary>The requests of one stranger: the name is what it announces, which anybody may.</summary>
internal sealed record RequestInfo(
    string Address, string Name, int Count, long Bytes, DateTimeOffset FirstAt, DateTimeOffset LastAt, string Id, string Preview);

/// <summary>What this node holds for one destination.</summary>
internal sealed record HeldInfo(string Destination, string Name, int Count, long Bytes);

/// <summary>What this node holds: in sum, how much of it is under way, and for whom.</summary>
internal sealed record QueueInfo(int Count, long Bytes, int InFlight, int AwaitingReceipt, IReadOnlyList<HeldInfo> Held);

/// <summary>A name that this node's owner gave to an address.</summary>
internal sealed record AliasInfo(string Alias, string Address);

/// <summary>Counters and gauges in Prometheus' text format.</summary>
internal sealed record MetricsInfo(string Text);

/// <summary>Something was done that has nothing else to say.</summary>
internal sealed record DoneInfo(string Done);

/// <summary>One event of the stream; which fields are there depends on <see cref="Event"/>.</summary>
internal sealed record EventInfo(string Event, DateTimeOffset At)
{
    /// <summary>For <c>message</c> and <c>state</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MessageInfo? Message { get; init; }

    /// <summary>For <c>peerUp</c> and <c>peerDown</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PeerInfo? Peer { get; init; }

    /// <summary>For <c>group</c>: members or epoch changed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LiteGroupInfo? Group { get; init; }

    /// <summary>For <c>route</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PathInfo? Route { get; init; }

    /// <summary>Why a peer went, in words.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>For <c>standing</c> and <c>deleted</c>: the node.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Address { get; init; }

    /// <summary>For <c>standing</c>: what the node is to the owner now, <c>known</c> or <c>refused</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Standing { get; init; }

    /// <summary>For <c>deleted</c>: the message; null where a whole conversation was deleted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>For <c>deleted</c>: the group whose messages were deleted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Conversation { get; init; }

    /// <summary>For <c>lost</c>: so many events were dropped because the reader was too slow.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Count { get; init; }
}
