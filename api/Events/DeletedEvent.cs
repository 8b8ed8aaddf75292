using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>Messages were erased: one, or all with somebody.</summary>
/// <param name="At">When it happened.</param>
public sealed record DeletedEvent(DateTimeOffset At) : EventInfo(At)
{
    /// <summary>With whom all were erased; null for a group or a single message.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Address { get; init; }

    /// <summary>The message; null where a whole conversation was erased.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>The group whose messages were erased.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Conversation { get; init; }

    /// <summary>How many of a conversation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Count { get; init; }

    internal override EventSpec Spec => Events.Deleted;
}

/// <content>Messages were erased.</content>
public static partial class Events
{
    /// <summary>Messages were erased.</summary>
    public static EventSpec<DeletedEvent> Deleted { get; } = new("deleted", json => json.DeletedEvent);
}
