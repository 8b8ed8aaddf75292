using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Rpc.Transparency;

/// <summary>
/// What a server says of its log of keys (ours), 112 bytes:
/// <code>
/// size(8) root(32) timeMs(8) signature(64)
/// </code>
/// The signature is Ed25519 by the server's key over <c>"qpc-kt1"</c> and the fields before it. Two heads of one server
/// of which neither log begins with the other prove that it showed two logs.
/// </summary>
public sealed record TreeHead
{
    /// <summary>Size of a head in bytes.</summary>
    public const int WireSize = FieldsSize + Ed25519.SignatureSize;

    private const int RootOffset = 8, TimeOffset = 40;
    private const int FieldsSize = 48;

    private readonly byte[] _bytes;

    private TreeHead(byte[] bytes) => _bytes = bytes;

    private static ReadOnlySpan<byte> Label => "qpc-kt1"u8;

    /// <summary>Leaves of the log.</summary>
    public ulong Size => BinaryPrimitives.ReadUInt64BigEndian(_bytes);

    /// <summary>The root over them, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Root => _bytes.AsMemory(RootOffset, MerkleTree.HashSize);

    /// <summary>When it was signed, by the server's clock, Unix milliseconds.</summary>
    public ulong TimeMs => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(TimeOffset));

    /// <summary>Its bytes, with the signature.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Makes one.</summary>
    public static TreeHead Sign(LocalIdentity server, ulong size, ReadOnlySpan<byte> root, ulong timeMs)
    {
        ArgumentNullException.ThrowIfNull(server);
        byte[] bytes = new byte[WireSize];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, size);
        root.CopyTo(bytes.AsSpan(RootOffset, MerkleTree.HashSize));
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(TimeOffset), timeMs);
        server.Sign([.. Label, .. bytes.AsSpan(0, FieldsSize)], bytes.AsSpan(FieldsSize));
        return new TreeHead(bytes);
    }

    /// <summary>Reads a head; null if it is none, or not signed by this server.</summary>
    /// <param name="bytes">Any bytes.</param>
    /// <param name="serverKey">The server's Ed25519 key, pinned.</param>
    public static TreeHead? Verify(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> serverKey) =>
        bytes.Length == WireSize && BinaryPrimitives.ReadUInt64BigEndian(bytes) <= long.MaxValue
        && Ed25519.Verify([.. Label, .. bytes[..FieldsSize]], serverKey, bytes[FieldsSize..])
            ? new TreeHead(bytes.ToArray()) : null;
}
