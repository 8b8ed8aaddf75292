namespace QuicProChat.Mesh.Server.Stores;

/// <summary>How an attempt to store a recovery bundle ended.</summary>
internal enum RecoveryResult
{
    /// <summary>It is on the disk, and the only one of its owner.</summary>
    Stored,

    /// <summary>The owner has no account here any more.</summary>
    NoAccount,

    /// <summary>Somebody else's is there.</summary>
    Conflict,
}

/// <summary>
/// Recovery bundles: one for each account, which nobody here can open. Every method returns when what it did survives a
/// power cut. An account that is deleted takes its bundle with it.
/// </summary>
internal interface IRecoveryStore
{
    /// <summary>Stores a bundle in place of the one that its owner had.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="idHash">SHA-256 of its id, which is never stored: whoever knows it may read the bundle.</param>
    /// <param name="bundle">The bundle.</param>
    Task<RecoveryResult> PutAsync(IdentityKey owner, byte[] idHash, ReadOnlyMemory<byte> bundle);

    /// <summary>Reads a bundle; null if there is none.</summary>
    Task<byte[]?> FindAsync(byte[] idHash);

    /// <summary>Deletes the bundle of an account; false if it has none.</summary>
    Task<bool> DeleteAsync(IdentityKey owner);
}
