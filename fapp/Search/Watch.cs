using QuicProChat.Mesh.Fapp.Storage;

namespace QuicProChat.Mesh.Fapp.Search;

/// <summary>A standing search: its owner is told when something new fits.</summary>
/// <param name="number">Its name, from 1.</param>
/// <param name="filter">What is looked for.</param>
public sealed class Watch(byte number, SlotFilter filter) : IStoredItem
{
    /// <summary>Standing searches of a node; arbitrary.</summary>
    public const int MaxWatches = 16;

    private const byte Version = 1;

    /// <summary>Its name.</summary>
    public byte Number { get; } = number;

    /// <summary>What is looked for.</summary>
    public SlotFilter Filter { get; } = filter;

    /// <inheritdoc/>
    public ItemKind Kind => ItemKind.Watch;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Key => new[] { Number };

    /// <inheritdoc/>
    public byte[] Encode() => new RowWriter().Number(Version).Number(Number).Bytes(Filter.Encode()).ToArray();

    /// <summary>Takes back one that was kept; null if the row is damaged.</summary>
    public static Watch? TryDecode(ReadOnlySpan<byte> row)
    {
        var reader = new RowReader(row);
        if (reader.Number() != Version)
            return null;
        byte number = (byte)reader.Number();
        SlotFilter? filter = SlotFilter.TryRead(reader.Bytes());
        return reader.IsDone && filter is not null && number > 0 ? new Watch(number, filter) : null;
    }
}
