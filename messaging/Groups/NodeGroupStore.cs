using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// Where the MLS library keeps its values: in memory, and from there, with the messages that moved them, into the
/// node's database. The values of one group, and those of the node's KeyPackages, are one piece each.
/// </summary>
/// <param name="notesChanges">Whether somebody takes what changed of a group.</param>
internal sealed class NodeGroupStore(bool notesChanges = false) : IGroupStore
{
    /// <summary>What the names of KeyPackages begin with.</summary>
    internal const string KeyPackages = "keypackage/";

    private const int MaxValue = 64 << 20;

    private readonly SortedDictionary<string, byte[]> _values = new(StringComparer.Ordinal);

    /// <summary>Values of groups that were written or deleted and not taken since.</summary>
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);

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
            bool isKeyPackage = change.Key.StartsWith(KeyPackages, StringComparison.Ordinal);
            KeyPackagesChanged |= isKeyPackage;
            if (notesChanges && !isKeyPackage)
                _changed.Add(change.Key);
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

    /// <summary>Takes the values of a group that changed, or all of them; null: it is gone.</summary>
    /// <param name="prefix">What their names begin with.</param>
    /// <param name="all">All of them.</param>
    /// <param name="taken">Receives copies, by their names without the prefix.</param>
    internal void TakeChanges(string prefix, bool all, Action<string, byte[]?> taken)
    {
        foreach (string key in all ? Keys(prefix) : ChangesOf(prefix))
            taken(key[prefix.Length..], Read(key));
        ForgetChanges(prefix);
    }

    /// <summary>What changed of a group is on disk, or goes with the group.</summary>
    internal void ForgetChanges(string prefix)
    {
        foreach (string key in ChangesOf(prefix))
            _changed.Remove(key);
    }

    private string[] ChangesOf(string prefix) =>
        [.. _changed.Where(k => k.StartsWith(prefix, StringComparison.Ordinal))];

    /// <summary>Replaces all that begins with a prefix by what was taken.</summary>
    internal void Load(string prefix, IEnumerable<(string Name, ReadOnlyMemory<byte> Value)> values)
    {
        Clear(prefix);
        ForgetChanges(prefix);
        foreach ((string name, ReadOnlyMemory<byte> value) in values)
            Add(prefix + name, value.ToArray());
    }

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
