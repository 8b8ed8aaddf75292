using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>
/// The pad over server key and envelope (RFC 9807, section 6.3.2.2), which hides whether a user is registered.
/// </summary>
internal static class OpaqueMask
{
    /// <summary>XORs with Expand(maskingKey, nonce || "CredentialResponsePad").</summary>
    internal static void Apply(
        ReadOnlySpan<byte> maskingKey, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> input, Span<byte> output)
    {
        Span<byte> pad = stackalloc byte[OpaqueSizes.MaskedResponse];
        OpaqueKdf.Expand(maskingKey, nonce, "CredentialResponsePad"u8, pad);
        for (int i = 0; i < pad.Length; i++)
            output[i] = (byte)(input[i] ^ pad[i]);
        CryptographicOperations.ZeroMemory(pad);
    }
}
