using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// A community's pre-shared key as two keys derived from it (docs/reference/protocol.md, section 3.2): an id that may
/// be shown, and a key that proves membership.
/// </summary>
internal sealed class NetworkKey : IDisposable
{
    private readonly byte[] _id = new byte[Hello.NetworkIdSize];
    private readonly SecretBuffer _proofKey = new(HMACSHA256.HashSizeInBytes);

    internal NetworkKey(ReadOnlySpan<byte> key)
    {
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, _id, salt: default, info: "qpc-mesh/1 network id"u8);
        using SecretBuffer.Lease lease = _proofKey.Borrow();
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, lease.Span, salt: default, info: "qpc-mesh/1 network proof"u8);
    }

    internal ReadOnlySpan<byte> Id => _id;

    /// <summary>The proof of the side with the given role, over both certificates as that side sees them.</summary>
    internal void Prove(LinkRole role, ReadOnlySpan<byte> own, ReadOnlySpan<byte> peer, Span<byte> proof)
    {
        Span<byte> message = stackalloc byte[1 + 2 * SHA256.HashSizeInBytes];
        message[0] = (byte)role;
        own.CopyTo(message[1..]);
        peer.CopyTo(message[(1 + SHA256.HashSizeInBytes)..]);
        using SecretBuffer.Lease lease = _proofKey.Borrow();
        HMACSHA256.HashData(lease.Span, message, proof);
    }

    public void Dispose() => _proofKey.Dispose();
}

/// <summary>Which side of a link a node is; the number goes into the network proof.</summary>
internal enum LinkRole : byte
{
    Dialer = 0,
    Listener = 1,
}
