using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Lite;

/// <summary>
/// The derivations of docs/mls-lite.md, section 2: HKDF-SHA256 (RFC 5869) with one label each.
/// <code>
/// secret --Extract(salt = "qpc-mesh/1 mls-lite")--> prk
///   prk --"epoch tag"--> 2 bytes          prk --"sender" || index--> chain 0 of that sender
///   chain n --"key"--> message key        chain n --"nonce" || address--> nonce
///   chain n --"chain"--> chain n + 1
/// </code>
/// </summary>
internal static class LiteKeySchedule
{
    private static ReadOnlySpan<byte> Salt => "qpc-mesh/1 mls-lite"u8;

    internal static void Extract(ReadOnlySpan<byte> secret, Span<byte> prk) =>
        HKDF.Extract(HashAlgorithmName.SHA256, secret, Salt, prk);

    internal static ushort EpochTag(ReadOnlySpan<byte> prk)
    {
        Span<byte> tag = stackalloc byte[LiteConstants.EpochTagSize];
        HKDF.Expand(HashAlgorithmName.SHA256, prk, tag, "epoch tag"u8);
        return (ushort)(tag[0] << 8 | tag[1]);
    }

    internal static void SenderChain(ReadOnlySpan<byte> prk, int sender, Span<byte> chain)
    {
        Span<byte> info = stackalloc byte["sender".Length + 1];
        Encoding.ASCII.GetBytes("sender", info);
        info[^1] = (byte)sender;
        HKDF.Expand(HashAlgorithmName.SHA256, prk, chain, info);
    }

    internal static void MessageKey(ReadOnlySpan<byte> chain, Span<byte> key) =>
        HKDF.Expand(HashAlgorithmName.SHA256, chain, key, "key"u8);

    /// <summary>
    /// The nonce names the sender's address, so that two devices which were given the same invitation, and so the same
    /// chain, still never use one key and nonce for two messages.
    /// </summary>
    internal static void Nonce(ReadOnlySpan<byte> chain, NodeAddress sender, Span<byte> nonce)
    {
        Span<byte> info = stackalloc byte["nonce".Length + NodeAddress.Size];
        Encoding.ASCII.GetBytes("nonce", info);
        sender.Write(info["nonce".Length..]);
        HKDF.Expand(HashAlgorithmName.SHA256, chain, nonce, info);
    }

    internal static void Advance(Span<byte> chain)
    {
        Span<byte> next = stackalloc byte[LiteConstants.SecretSize];
        HKDF.Expand(HashAlgorithmName.SHA256, chain, next, "chain"u8);
        next.CopyTo(chain);
        CryptographicOperations.ZeroMemory(next);
    }
}
