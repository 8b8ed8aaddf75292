using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>Writes something about files.</summary>
/// <param name="write">That.</param>
/// <param name="done">Told on the loop whether it is on the disk.</param>
internal sealed class FileWrite(Action<MeshStore> write, Action<Instant, bool>? done = null) : StoreOperation
{
    /// <inheritdoc/>
    internal override void Write(MeshStore store) => write(store);

    /// <inheritdoc/>
    internal override void Done(Instant now, bool written) => done?.Invoke(now, written);
}
