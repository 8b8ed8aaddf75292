namespace QuicProChat.Mesh.Store;

/// <summary>What is wrong with the store.</summary>
public enum StoreError
{
    /// <summary>
    /// No space: disk, quota or the configured size. Nothing of the transaction was written; later ones may succeed.
    /// </summary>
    Full,

    /// <summary>The disk or the file system fails.</summary>
    Io,

    /// <summary>The file is damaged, or a row was altered.</summary>
    Corrupt,

    /// <summary>Another process uses the data directory.</summary>
    InUse,

    /// <summary>A later version of this program wrote the file.</summary>
    NewerSchema,

    /// <summary>The file was written with another identity's key.</summary>
    WrongKey,

    /// <summary>
    /// SQLite is missing or refuses what it always accepts: a fault of this program or of its installation.
    /// </summary>
    Internal,
}

/// <summary>A local fault of the store; the message is for the operator.</summary>
/// <param name="error">What is wrong.</param>
/// <param name="message">One sentence that says what and where.</param>
/// <param name="inner">What caused it; null if nothing else.</param>
public sealed class StoreException(
    StoreError error, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What is wrong.</summary>
    public StoreError Error { get; } = error;
}
