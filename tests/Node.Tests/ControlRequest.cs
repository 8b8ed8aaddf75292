using System.Text.Json;
using System.Text.Json.Serialization;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Tests;

/// <summary>
/// A request as a client of another making writes it: any keys beside any command, also what no command takes.
/// </summary>
internal sealed record ControlRequest
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    };

    public string? Command { get; init; }

    public long? Tag { get; init; }

    public string? To { get; init; }

    public string? Text { get; init; }

    public string? Priority { get; init; }

    public string? Lifetime { get; init; }

    public string? Wait { get; init; }

    public string? With { get; init; }

    public int? Limit { get; init; }

    public string? From { get; init; }

    public string? Id { get; init; }

    public string? Uri { get; init; }

    public string? Alias { get; init; }

    public bool Remove { get; init; }

    public bool Lite { get; init; }

    public bool Signed { get; init; }

    public string? Group { get; init; }

    public string? Name { get; init; }

    public bool ShortTag { get; init; }

    public string? Level { get; init; }

    public string? After { get; init; }

    public bool Ask { get; init; }

    public string? Slot { get; init; }

    internal byte[] ToLine() => [.. JsonSerializer.SerializeToUtf8Bytes(this, _json), (byte)'\n'];
}

/// <summary>Sends requests of another making.</summary>
internal static class ControlRequests
{
    internal static Task SendAsync(this ControlClient client, ControlRequest request, CancellationToken cancellation) =>
        client.SendAsync(request.ToLine(), cancellation);
}
