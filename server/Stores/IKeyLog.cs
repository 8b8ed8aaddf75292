using QuicProChat.Mesh.Rpc.Transparency;

namespace QuicProChat.Mesh.Server.Stores;

/// <summary>The key of a name, and its entry in the log.</summary>
/// <param name="Identity">The key.</param>
/// <param name="Position">Where the entry is.</param>
/// <param name="Counter">Its number among the entries of its name.</param>
internal sealed record LoggedKey(IdentityKey Identity, ulong Position, ulong Counter);

/// <summary>
/// The log of keys: it only grows. A registration and a deletion of an account append to it in their own transaction
/// (<see cref="IAccountStore"/>); nothing of it is ever removed or changed.
/// </summary>
internal interface IKeyLog
{
    /// <summary>How many entries there are.</summary>
    Task<ulong> CountAsync();

    /// <summary>The key of a name with its last entry; null if nobody has the name.</summary>
    Task<LoggedKey?> FindAsync(string username);

    /// <summary>Entries from a position on.</summary>
    Task<IReadOnlyList<KeyLeaf>> ReadAsync(ulong from, int limit);

    /// <summary>Hashes of whole subtrees, which are there; they never change.</summary>
    /// <returns>One for each, in order.</returns>
    Task<IReadOnlyList<byte[]>> ReadNodesAsync(IReadOnlyList<TreePlace> places);
}
