using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>What a message says (docs/reference/content.md). Which fields are there depends on its type.</summary>
/// <param name="Type">
/// <c>text</c>, <c>reply</c>, <c>timer</c>, <c>file</c>, <c>contact</c>, <c>location</c>, <c>joined</c>, <c>left</c>,
/// <c>renamed</c>, <c>epoch</c>, <c>deleted</c>, <c>unsupported</c>.
/// </param>
public sealed record ContentInfo(string Type)
{
    /// <summary>After what time messages disappear: this one, or from a <c>timer</c> on all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Disappear { get; init; }

    /// <summary>The name of a file, a contact or a conversation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>Bytes of a file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Size { get; init; }

    /// <summary>The MIME type of a file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? MediaType { get; init; }

    /// <summary>The card of a contact: <c>qpc:...</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Uri { get; init; }

    /// <summary>The address of a contact, or of who joined or left.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Address { get; init; }

    /// <summary>Degrees north.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Latitude { get; init; }

    /// <summary>Degrees east.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Longitude { get; init; }

    /// <summary>Metres that a place may be off.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Accuracy { get; init; }

    /// <summary>The number of an epoch.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Epoch { get; init; }
}

/// <summary>A sign on a message.</summary>
/// <param name="Emoji">The sign.</param>
/// <param name="By">Who put it there: an address.</param>
public sealed record ReactionInfo(string Emoji, string By);
