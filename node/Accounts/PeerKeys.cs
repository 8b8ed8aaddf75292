using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Accounts;

// A value of the store for each account (docs/reference/storage.md):
//
//  version 1 = 1 | { size 1, domain | key 32 }
//
/// <summary>
/// The keys with which other servers sign that they have a message, as an account's server told them first: one that
/// changed later proves nothing.
/// </summary>
/// <param name="server">The server of the account.</param>
/// <param name="read">Reads a value of the store; null if there is none.</param>
/// <param name="write">Writes something and waits until it is on disk.</param>
internal sealed class PeerKeys(string server, Func<byte[], byte[]?> read, Func<Action<MeshStore>, Task> write)
{
    /// <summary>Servers whose keys are kept, at most; the oldest give way. Arbitrary.</summary>
    internal const int MaxServers = 256;

    private const byte Version = 1;
    private const int NameBytes = 16;

    private readonly Lock _guard = new();
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    private List<(string Domain, byte[] Key)>? _keys;

    /// <summary>The name of the value of a server's account.</summary>
    internal static byte[] ValueName(string server) =>
        [.. "account-peers/"u8, .. Encoding.ASCII.GetBytes(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(server)).AsSpan(0, NameBytes)))];

    /// <summary>The key of a domain's server; null if none was told yet.</summary>
    internal byte[]? Find(string domain)
    {
        lock (_guard)
            return Keys.Find(k => k.Domain == domain).Key;
    }

    /// <summary>Keeps a key, if there is none yet; the one that counts from now on, which is on disk.</summary>
    internal async Task<byte[]> AddAsync(string domain, byte[] key)
    {
        byte[] bytes;
        lock (_guard)
        {
            if (Keys.Find(k => k.Domain == domain).Key is { } there)
                return there;
            Keys.Add((domain, key));
            if (Keys.Count > MaxServers)
                Keys.RemoveAt(0);
            bytes = ToBytes(Keys);
        }

        await write(store => store.PutValue(ValueName(server), bytes)).ConfigureAwait(false);
        return key;
    }

    /// <summary>Tells whether the owner is told now that a key is another one: once.</summary>
    internal bool MayWarn(string domain)
    {
        lock (_guard)
            return _warned.Count < MaxServers && _warned.Add(domain);
    }

    /// <summary>The bytes of keys.</summary>
    internal static byte[] ToBytes(IReadOnlyList<(string Domain, byte[] Key)> keys)
    {
        List<byte> bytes = [Version];
        foreach ((string domain, byte[] key) in keys)
        {
            byte[] text = Encoding.UTF8.GetBytes(domain);
            bytes.Add((byte)text.Length);
            bytes.AddRange(text);
            bytes.AddRange(key);
        }

        return [.. bytes];
    }

    /// <summary>Reads keys; null if the bytes make no sense.</summary>
    internal static List<(string Domain, byte[] Key)>? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] != Version)
            return null;
        List<(string, byte[])> keys = [];
        bytes = bytes[1..];
        while (!bytes.IsEmpty)
        {
            int size = bytes[0];
            if (bytes.Length < 1 + size + Ed25519.PublicKeySize || keys.Count == MaxServers)
                return null;
            keys.Add((Encoding.UTF8.GetString(bytes.Slice(1, size)),
                bytes.Slice(1 + size, Ed25519.PublicKeySize).ToArray()));
            bytes = bytes[(1 + size + Ed25519.PublicKeySize)..];
        }

        return keys;
    }

    private List<(string Domain, byte[] Key)> Keys => _keys ??= Load();

    private List<(string Domain, byte[] Key)> Load()
    {
        byte[]? kept = null;
        try
        {
            kept = read(ValueName(server));
        }
        catch (StoreException e) when (e.Error == StoreError.Corrupt)
        {
            // What is damaged is told again by the server, as the first time; the store counts it.
        }

        return kept is null ? [] : Read(kept) ?? [];
    }
}
