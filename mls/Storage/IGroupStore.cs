namespace QuicProChat.Mesh.Mls;

/// <summary>One change of a store.</summary>
/// <param name="Key">Lower-case letters, digits, '/' and '-'; at most 150 characters.</param>
/// <param name="Value">The new value; null deletes.</param>
public readonly record struct StoreChange(string Key, ReadOnlyMemory<byte>? Value);

/// <summary>
/// Where a client keeps its groups and key packages. Values hold secrets. One call of <see cref="Write"/> is one change
/// of a group: after a crash either all of it is there or nothing, and what it deletes or replaces is gone for good.
/// A store whose database also holds the application's messages can put both into one transaction.
/// </summary>
public interface IGroupStore
{
    /// <summary>
    /// Applies changes, all or none, and returns when they are durable. The values are zeroed by the caller afterwards:
    /// a store copies what it keeps.
    /// </summary>
    /// <exception cref="IOException">The changes could not be made durable; none may have been applied.</exception>
    void Write(IReadOnlyList<StoreChange> changes);

    /// <summary>Reads a value; null if there is none.</summary>
    byte[]? Read(string key);

    /// <summary>All keys that begin with a prefix.</summary>
    IReadOnlyList<string> Keys(string prefix);
}
