using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Page;

/// <summary>Keeps the sessions of the page in the store of a node.</summary>
internal sealed class PageRecords(MeshNode node) : IPageRecords
{
    /// <inheritdoc/>
    public IEnumerable<byte[]> Load() =>
        node.Store.Reader.FindValues(PageAccess.ValuePrefix).Select(static v => v.Value);

    /// <inheritdoc/>
    public async ValueTask SaveAsync(byte[] digest, byte[] row)
    {
        try
        {
            await node.WriteAsync(store => store.PutValue(NameOf(digest), row)).ConfigureAwait(false);
        }
        catch (ControlException)
        {
            // The disk is full, which the log says: the page works nevertheless, and needs a new link after a restart.
        }
    }

    /// <inheritdoc/>
    public async ValueTask ForgetAsync(byte[] digest) =>
        await node.WriteAsync(store => _ = store.DeleteValue(NameOf(digest))).ConfigureAwait(false);

    private static byte[] NameOf(byte[] digest) => [.. PageAccess.ValuePrefix, .. digest];
}
