using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QuicProChat.Mesh.Api;

/// <summary>One sort of event: what it is called, how it is written, how the console tells of it.</summary>
public abstract class EventSpec
{
    private protected EventSpec(string name) => Name = name;

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>The type of its events.</summary>
    public abstract Type Type { get; }

    /// <summary>What the console says of an event; null for nothing.</summary>
    public abstract string? Describe(Screen screen, JsonElement occurred);

    internal abstract void Write(Utf8JsonWriter json, EventInfo info);
}

/// <summary>One sort of event with its type.</summary>
/// <param name="name">What it is called.</param>
/// <param name="info">How it is written: a property of <see cref="ApiJson"/>.</param>
/// <param name="line">What the console says of it; null for nothing.</param>
public sealed class EventSpec<T>(
    string name, Func<ApiJson, JsonTypeInfo<T>> info, Func<Screen, T, string?>? line = null)
    : EventSpec(name)
    where T : EventInfo
{
    /// <inheritdoc/>
    public override Type Type => typeof(T);

    /// <summary>A line of the stream; null where it is of another sort.</summary>
    /// <exception cref="JsonException">It is no event.</exception>
    public T? Read(JsonElement occurred) =>
        occurred.GetProperty("event"u8).ValueEquals(Name) ? occurred.Deserialize(info(ApiJson.Default)) : null;

    /// <inheritdoc/>
    public override string? Describe(Screen screen, JsonElement occurred) =>
        line is not null && Read(occurred) is { } read ? line(screen, read) : null;

    internal override void Write(Utf8JsonWriter json, EventInfo occurred) =>
        JsonSerializer.Serialize(json, (T)occurred, info(ApiJson.Default));
}
