using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>
/// One thing to write. Operations of a batch share a transaction, in the order in which they were given; afterwards
/// each learns on the loop whether it is on disk.
/// </summary>
internal abstract class StoreOperation
{
    /// <summary>Writes; called inside the transaction, perhaps on another thread than the loop's.</summary>
    internal abstract void Write(MeshStore store);

    /// <summary>On the loop: the transaction was committed, or not (no space, failing disk).</summary>
    internal abstract void Done(Instant now, bool written);

    /// <summary>
    /// On the loop: a fault kept <see cref="Done"/> from its end. Whoever waits is told as if nothing had been written.
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="written">The transaction was committed all the same.</param>
    internal virtual void Failed(Instant now, bool written) => Done(now, written: false);
}
