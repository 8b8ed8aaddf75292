using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>A query of this node that is under way: a restart in between must not make its answer unreadable.</summary>
/// <param name="id">Names query and answer.</param>
/// <param name="key">Opens the answer, 32 bytes. Secret.</param>
/// <param name="until">How long it is remembered, in running seconds.</param>
internal sealed class OwnQuery(RequestId id, byte[] key, long until) : IStoredItem
{
    private const byte Version = 1;

    internal RequestId Id { get; } = id;

    internal byte[] Secret { get; } = key;

    internal long Until { get; } = until;

    /// <inheritdoc/>
    public ItemKind Kind => ItemKind.Query;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Key
    {
        get
        {
            byte[] bytes = new byte[RequestId.Size];
            Id.Write(bytes);
            return bytes.AsMemory(0, RequestId.Size - 1);
        }
    }

    /// <inheritdoc/>
    public byte[] Encode() => new RowWriter().Number(Version).Id(Id).Bytes(Secret).Signed(Until).ToArray();

    /// <summary>Takes back one that was kept; null if the row is damaged.</summary>
    internal static OwnQuery? TryDecode(ReadOnlySpan<byte> row)
    {
        var reader = new RowReader(row);
        if (reader.Number() != Version)
            return null;
        RequestId id = RequestId.Read(reader.Bytes(RequestId.Size));
        var read = new OwnQuery(id, reader.Bytes(AnonymousSeal.KeySize), reader.Signed());
        return reader.IsDone ? read : null;
    }
}
