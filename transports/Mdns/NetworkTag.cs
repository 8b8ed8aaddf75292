using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>
/// By what members of a closed network know each other on a link (docs/reference/discovery.md, section 3): 8 bytes that
/// depend on the network key and on the instance's name, which is random at each start. Whoever lacks the key can
/// neither tell two nodes of one network from two of others, nor recognise a network that he met before.
/// </summary>
internal sealed class NetworkTag : IDisposable
{
    /// <summary>Bytes of a tag: a false match costs one refused handshake.</summary>
    internal const int Size = 8;

    private readonly SecretBuffer _key = new(HMACSHA256.HashSizeInBytes);

    /// <summary>Derives the key of tags; the network key is the caller's to zero.</summary>
    internal NetworkTag(ReadOnlySpan<byte> networkKey)
    {
        using SecretBuffer.Lease lease = _key.Borrow();
        HKDF.DeriveKey(HashAlgorithmName.SHA256, networkKey, lease.Span, salt: default, info: "qpc-mesh/1 discovery"u8);
    }

    /// <summary>The tag of an instance, in hexadecimal digits; letters of the name count as small ones.</summary>
    internal string Of(string instance)
    {
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        using SecretBuffer.Lease lease = _key.Borrow();
        HMACSHA256.HashData(lease.Span, Encoding.UTF8.GetBytes(instance.ToLowerInvariant()), full);
        return Convert.ToHexStringLower(full[..Size]);
    }

    public void Dispose() => _key.Dispose();
}
