using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>A message with what is proven about it.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Direction"><c>in</c> or <c>out</c>.</param>
/// <param name="Peer">The other's address; null for what this node wrote to a group.</param>
/// <param name="Text">What is to be read of it; empty where it is damaged or nothing to read.</param>
/// <param name="State">How far it is: docs/reference/control.md, States.</param>
/// <param name="Hops">Hops that it took; null where that is not known.</param>
/// <param name="Priority"><c>low</c>, <c>normal</c>, <c>high</c>, <c>emergency</c>.</param>
/// <param name="CreatedAt">When it was written here, or when it arrived.</param>
/// <param name="UpdatedAt">When its state last changed.</param>
/// <param name="Reason">Why it is in its state; null where there is nothing to say.</param>
/// <param name="Security">How it was protected: <c>sealed</c>, <c>mls-lite</c>, ...</param>
public sealed record MessageInfo(
    string Id, string Direction, string? Peer, string Text, string State, int? Hops, string Priority,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string? Reason, string Security)
{
    /// <summary>
    /// Where it belongs, as <c>send</c> takes it: an alias, an address, <c>group:NAME</c>, <c>self</c>.
    /// </summary>
    public string? Conversation { get; init; }

    /// <summary>What it says.</summary>
    public ContentInfo? Content { get; init; }

    /// <summary>The message that it answers: the first half of its id, or its place.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReplyTo { get; init; }

    /// <summary>When it was last edited.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EditedAt { get; init; }

    /// <summary>Signs on it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ReactionInfo>? Reactions { get; init; }

    /// <summary>Who said that they read it: addresses.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? ReadBy { get; init; }

    /// <summary>True where the owner has not read it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unread { get; init; }

    /// <summary>Seconds of running time until it disappears.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? DisappearsIn { get; init; }

    /// <summary>What the owner calls the peer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Alias { get; init; }

    /// <summary>The group, for messages in one.</summary>
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
