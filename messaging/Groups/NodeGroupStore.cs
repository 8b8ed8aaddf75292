using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// Where the MLS library keeps its values: in memory, and from there, with the messages that moved them, into the
/// node's database. The values of one group, and those of the node's KeyPackages, are one piece each.
/// </summary>
internal sealed class NodeGroupStore : IGroupStore
{
    /// <summary>What the names of KeyPackages begin with.</summary>
    internal const string KeyPackages = "keypackage/";

    private const int MaxValue = 64 << 20;

    private readonly SortedDictionary<string, byte[]> _values = new(StringComparer.Ordinal);

    /// <summary>Bytes of all values.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Bytes of the values whose names begin with a prefix.</summary>
    internal long BytesOf(string prefix)
    {
        long bytes = 0;
        foreach (string key in Keys(prefix))
            bytes += _values[key].Length;
        return bytes;
    }

    /// <summary>What the names of a group's values begin with.</summary>
    internal static string PrefixOf(MeshGroupId group) =>
        $"group/{Convert.ToHexStringLower(SHA256.HashData(group.ToArray()))}/";

    /// <summary>KeyPackages were made, used or deleted since this was set to false.</summary>
    internal bool KeyPackagesChanged { get; set; }

    /// <inheritdoc/>
    public void Write(IReadOnlyList<StoreChange> changes)
    {
        foreach (StoreChange change in changes)
        {
            KeyPackagesChanged |= change.Key.StartsWith(KeyPackages, StringComparison.Ordinal);
            Remove(change.Key);
            if (change.Value is { } value)
                Add(change.Key, value.ToArray());
        }
    }

    /// <inheritdoc/>
    public byte[]? Read(string key) => _values.TryGetValue(key, out byte[]? value) ? (byte[])value.Clone() : null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Keys(string prefix) =>
        [.. _values.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal))];

    //  count 4 | name size 2, name, value size 4, value each; names without the prefix
    internal void Save(string prefix, FrameWriter writer)
    {
        IReadOnlyList<string> keys = Keys(prefix);
        writer.UInt32((uint)keys.Count);
        foreach (string key in keys)
        {
            byte[] name = Encoding.ASCII.GetBytes(key[prefix.Length..]);
            writer.UInt16((ushort)name.Length);
            writer.Raw(name);
            writer.Block(_values[key]);
        }
    }

    /// <summary>Replaces all that begins with a prefix; false if the bytes make no sense.</summary>
    internal bool TryLoad(string prefix, ref FrameReader reader)
    {
        Clear(prefix);
        if (!reader.TryUInt32(out uint count))
            return false;
        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryUInt16(out ushort size) || !reader.TryTake(size, out ReadOnlySpan<byte> name)
                || !reader.TryBlock(MaxValue, out ReadOnlySpan<byte> value))
                return false;
            Remove(prefix + Encoding.ASCII.GetString(name));
            Add(prefix + Encoding.ASCII.GetString(name), value.ToArray());
        }

        return true;
    }

    internal void Clear(string prefix)
    {
        foreach (string key in Keys(prefix))
            Remove(key);
    }

    private void Add(string key, byte[] value)
    {
        _values[key] = value;
        Bytes += value.Length;
    }

    private void Remove(string key)
    {
        if (!_values.Remove(key, out byte[]? old))
            return;
        Bytes -= old.Length;
        CryptographicOperations.ZeroMemory(old);
    }
}
