using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls;

/// <summary>A store that lasts as long as the process.</summary>
public sealed class MemoryGroupStore : IGroupStore
{
    private readonly Dictionary<string, byte[]> _values = [];

    /// <inheritdoc/>
    public void Write(IReadOnlyList<StoreChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (StoreChange change in changes)
        {
            if (_values.Remove(change.Key, out byte[]? old))
                CryptographicOperations.ZeroMemory(old);
            if (change.Value is { } value)
                _values[change.Key] = value.ToArray();
        }
    }

    /// <inheritdoc/>
    public byte[]? Read(string key) => _values.TryGetValue(key, out byte[]? value) ? (byte[])value.Clone() : null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Keys(string prefix) =>
        [.. _values.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
