using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>Erases some messages whose time is over.</summary>
/// <param name="erased">Told which; none where the disk failed.</param>
internal sealed class ExpiryWrite(Action<Instant, IReadOnlyList<EnvelopeId>> erased) : StoreOperation
{
    /// <summary>Messages erased in one transaction: others have work meanwhile. Arbitrary.</summary>
    private const int Together = 200;

    private IReadOnlyList<EnvelopeId> _ids = [];

    /// <inheritdoc/>
    internal override void Write(MeshStore store) => _ids = store.EraseExpired(Together);

    /// <inheritdoc/>
    internal override void Done(Instant now, bool written) => erased(now, written ? _ids : []);
}
