using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace QuicProChat.Mesh.Rpc.Transparency;

/// <summary>
/// An entry of a server's log of keys: a name got a key, or lost it. 56 bytes:
/// <code>
/// SHA-256(username || 00 || key)(32) SHA-256("qpc-kt-name" || username)[0..16](16) counter(8)
/// </code>
/// Without a key the first hash is <c>SHA-256(username || 00)</c>. The name is in it (ours), so that who reads the log
/// finds the entries of a name; the counter (ours) numbers the entries of a name from 0 on.
/// </summary>
/// <param name="Binding">The first hash, 32 bytes.</param>
/// <param name="Name">The name's, 16 bytes.</param>
/// <param name="Counter">How many entries of this name came before.</param>
public sealed record KeyLeaf(byte[] Binding, byte[] Name, ulong Counter)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = NameOffset + NameSize + sizeof(ulong);

    /// <summary>Size of a name's hash in bytes.</summary>
    public const int NameSize = 16;

    private const int NameOffset = 32;

    /// <summary>An entry.</summary>
    /// <param name="username">The name.</param>
    /// <param name="key">Its key, 32 bytes; empty where the name has none from now on.</param>
    /// <param name="counter">How many entries of this name came before.</param>
    public static KeyLeaf Of(string username, ReadOnlySpan<byte> key, ulong counter) =>
        new(SHA256.HashData([.. Encoding.UTF8.GetBytes(username), 0, .. key]), NameOf(username), counter);

    /// <summary>The hash of a name, 16 bytes.</summary>
    public static byte[] NameOf(string username) =>
        SHA256.HashData([.. "qpc-kt-name"u8, .. Encoding.UTF8.GetBytes(username)])[..NameSize];

    /// <summary>Its bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        Binding.CopyTo(bytes, 0);
        Name.CopyTo(bytes, NameOffset);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(NameOffset + NameSize), Counter);
        return bytes;
    }

    /// <summary>Reads one; null if it has another size.</summary>
    public static KeyLeaf? Read(ReadOnlySpan<byte> bytes) => bytes.Length != Size ? null : new KeyLeaf(
        bytes[..NameOffset].ToArray(), bytes.Slice(NameOffset, NameSize).ToArray(),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[(NameOffset + NameSize)..]));

    /// <summary>Its hash in the tree.</summary>
    public byte[] Hash() => MerkleTree.HashLeaf(ToBytes());
}
