using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QuicProChat.Mesh.Api;

/// <summary>
/// As much of a list as one reply takes. The rest is asked for by the same request with <c>from</c>: the reply says as
/// <c>more</c> what to write there.
/// </summary>
/// <param name="Items">What fits.</param>
/// <param name="More">What the rest begins behind; null if this is the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? More)
{
    /// <summary>Bytes of a reply for everything but the list.</summary>
    private const int Frame = 4096;

    /// <summary>Takes items as long as they fit; the first one always does.</summary>
    /// <param name="items">The list from where it is to begin.</param>
    /// <param name="cursor">What an item is called as <c>more</c>.</param>
    /// <param name="type">How an item is written.</param>
    /// <param name="most">Bytes that the items may have.</param>
    public static Page<T> Of(
        IEnumerable<T> items, Func<T, string> cursor, JsonTypeInfo<T> type, int most = ReplyWriter.MaxBytes - Frame)
    {
        var page = new List<T>();
        var scratch = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(scratch, ReplyWriter.Options);
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

    /// <summary>
    /// A page of a list in the order of what its items are called, behind the one where the page before ended.
    /// </summary>
    /// <param name="items">The whole list, or more of it than the rest.</param>
    /// <param name="from">The last item before; null at the beginning.</param>
    /// <param name="cursor">What an item is called as <c>more</c>.</param>
    /// <param name="type">How an item is written.</param>
    public static Page<T> Behind(IEnumerable<T> items, string? from, Func<T, string> cursor, JsonTypeInfo<T> type)
    {
        IEnumerable<T> rest = items.Where(i => from is null || string.CompareOrdinal(cursor(i), from) > 0);
        return Of(rest.OrderBy(cursor, StringComparer.Ordinal), cursor, type);
    }
}
