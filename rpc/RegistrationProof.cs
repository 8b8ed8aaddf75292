using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Rpc;

/// <summary>
/// Shows that whoever registers a name holds the key that it names (ours): an Ed25519 signature over
/// <c>"qpc-reg1" || serverKey(32) || SHA-256(username) || SHA-256(upload)</c>. Without it anybody could register a key
/// of somebody else's, and read its inbox.
/// </summary>
public static class RegistrationProof
{
    private static ReadOnlySpan<byte> Label => "qpc-reg1"u8;

    /// <summary>Signs.</summary>
    /// <param name="identity">The key that is registered.</param>
    /// <param name="serverKey">The server's Ed25519 key, as Health gives it.</param>
    /// <param name="username">The name.</param>
    /// <param name="upload">The OPAQUE record.</param>
    public static byte[] Sign(
        LocalIdentity identity, ReadOnlySpan<byte> serverKey, string username, ReadOnlySpan<byte> upload)
    {
        byte[] signature = new byte[Ed25519.SignatureSize];
        identity.Sign(Signed(serverKey, username, upload), signature);
        return signature;
    }

    /// <summary>Tells whether a signature holds.</summary>
    public static bool Verify(
        ReadOnlySpan<byte> signature, ReadOnlySpan<byte> identityKey, ReadOnlySpan<byte> serverKey, string username,
        ReadOnlySpan<byte> upload) => Ed25519.Verify(Signed(serverKey, username, upload), identityKey, signature);

    private static byte[] Signed(ReadOnlySpan<byte> serverKey, string username, ReadOnlySpan<byte> upload) =>
        [.. Label, .. serverKey, .. SHA256.HashData(Encoding.UTF8.GetBytes(username)), .. SHA256.HashData(upload)];
}
