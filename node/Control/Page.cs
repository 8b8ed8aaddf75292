using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// As much of a list as one reply takes. The rest is asked for by the same request with <c>from</c>: the reply says as
/// <c>more</c> what to write there.
/// </summary>
/// <param name="Items">What fits.</param>
/// <param name="More">What the rest begins behind; null if this is the end.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? More)
{
    /// <summary>Bytes of a reply for everything but the list.</summary>
    private const int Frame = 4096;

    private static readonly JsonWriterOptions _options = new() { Encoder = ControlReply.Encoder };

    /// <summary>Takes items as long as they fit; the first one always does.</summary>
    /// <param name="items">The list from where it is to begin.</param>
    /// <param name="cursor">What an item is called as <c>more</c>.</param>
    /// <param name="type">How an item is written.</param>
    /// <param name="most">Bytes that the items may have.</param>
    internal static Page<T> Of(
        IEnumerable<T> items, Func<T, string> cursor, JsonTypeInfo<T> type, int most = ControlShared.MaxReplyBytes - Frame)
    {
        var page = new List<T>();
        var scratch = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(scratch, _options);
        foreach (T item in items)
        {
            scratch.ResetWrittenCount();
            json.Reset();
            JsonSerializer.Serialize(json, item, type);
            most -= scratch.WrittenCount + 1;
            if (most < 0 && page.Count > 0)
                return new Page<T>(page, cursor(page[^1]));
            page.Add(item);
        }

        return new Page<T>(page, null);
    }
}
