using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Requests;

/// <summary>
/// A payload whose content only one node can open: the byte of its kind, then <see cref="AnonymousSeal"/>. Nothing is
/// derived from it, so that no key outlives the call.
/// </summary>
internal static class PayloadSeal
{
    /// <summary>What it adds to a content, in bytes: the kind, the seal.</summary>
    internal const int Overhead = 1 + AnonymousSeal.Overhead;

    /// <summary>Seals; null if the node's key is no proper one.</summary>
    /// <param name="kind">The first byte.</param>
    /// <param name="prologue">What the content is for.</param>
    /// <param name="node">The node's Ed25519 public key, 32 bytes.</param>
    /// <param name="content">Any length.</param>
    /// <param name="random">Source of the ephemeral key.</param>
    internal static byte[]? TrySeal(
        FappPayload kind, ReadOnlySpan<byte> prologue, ReadOnlySpan<byte> node, ReadOnlySpan<byte> content,
        RandomFill random)
    {
        Span<byte> image = stackalloc byte[X25519.PublicKeySize];
        if (!Ed25519.TryConvertPublicKeyToX25519(node, image))
            return null;
        Span<byte> keys = stackalloc byte[4 * AnonymousSeal.KeySize];
        Span<byte> ephemeral = keys[..AnonymousSeal.KeySize];
        byte[] payload = new byte[Overhead + content.Length];
        payload[0] = (byte)kind;
        AnonymousSeal.Draw(random, ephemeral, keys.Slice(AnonymousSeal.KeySize, AnonymousSeal.KeySize));
        bool isSealed = AnonymousSeal.TrySeal(
            prologue, image, ephemeral, content, payload.AsSpan(1),
            keys.Slice(2 * AnonymousSeal.KeySize, AnonymousSeal.KeySize), keys[(3 * AnonymousSeal.KeySize)..]);
        CryptographicOperations.ZeroMemory(keys);
        return isSealed ? payload : null;
    }

    /// <summary>Opens; false if it is of another kind or size, or was not sealed to this node.</summary>
    /// <param name="kind">What the first byte has to be.</param>
    /// <param name="prologue">What the content is for.</param>
    /// <param name="identity">Ours.</param>
    /// <param name="payload">Any bytes.</param>
    /// <param name="content">Receives the content; its length is the one that is expected.</param>
    internal static bool TryOpen(
        FappPayload kind, ReadOnlySpan<byte> prologue, LocalIdentity identity, ReadOnlySpan<byte> payload,
        Span<byte> content)
    {
        if (payload.Length != Overhead + content.Length || payload[0] != (byte)kind)
            return false;
        Span<byte> keys = stackalloc byte[2 * AnonymousSeal.KeySize];
        bool isOpen = AnonymousSeal.TryOpen(
            prologue, identity.X25519PublicKey.Span, identity.TryAgree, payload[1..], content,
            keys[..AnonymousSeal.KeySize], keys[AnonymousSeal.KeySize..]);
        CryptographicOperations.ZeroMemory(keys);
        return isOpen;
    }
}
