using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>What belongs to the node: the regions that it drew, and how long it has run.</summary>
internal sealed class NodeItem : IStoredItem
{
    private const byte Version = 1;

    /// <summary>Seconds that the node had run when this was written.</summary>
    internal long Running { get; set; }

    /// <summary>Regions that were drawn, kept for good: a change would tell that somebody moved.</summary>
    internal List<Region> Drawn { get; } = [];

    /// <inheritdoc/>
    public ItemKind Kind => ItemKind.Node;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Key => default;

    /// <inheritdoc/>
    public byte[] Encode()
    {
        RowWriter writer = new RowWriter().Number(Version).Signed(Running).Count(Drawn.Count);
        foreach (Region region in Drawn)
            writer.Number(region.Number);
        return writer.ToArray();
    }

    internal static NodeItem? TryDecode(ReadOnlySpan<byte> row)
    {
        var reader = new RowReader(row);
        if (reader.Number() != Version)
            return null;
        var read = new NodeItem { Running = reader.Signed() };
        int count = reader.Count(AppointmentOptions.Regions);
        for (int i = 0; i < count; i++)
            read.Drawn.Add(new Region((byte)Math.Min(reader.Number(), Region.Count - 1)));
        return reader.IsDone ? read : null;
    }
}
