using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>One event of the stream. Each sort is a type of its own.</summary>
/// <param name="At">When it happened.</param>
public abstract record EventInfo([property: JsonPropertyOrder(-1)] DateTimeOffset At)
{
    /// <summary>Which sort it is.</summary>
    [JsonPropertyOrder(-2)]
    public string Event => Spec.Name;

    /// <summary>How it is written and shown.</summary>
    internal abstract EventSpec Spec { get; }
}
