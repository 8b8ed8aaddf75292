using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// The proof of delivery (docs/protocol.md, section 4.2):
/// <code>
/// proof(24) = first 24 bytes of HMAC-SHA256(receipt key, "qpc-mesh/1 receipt" || id(16))
/// </code>
/// The receipt key comes out of sealing and of opening, and from nowhere else.
/// </summary>
public static class Receipt
{
    /// <summary>Size of a proof in bytes.</summary>
    public const int ProofSize = 24;

    private const int IdSize = 16;

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 receipt"u8;

    /// <summary>
    /// Computes the proof for a message: the receiver to send it, the sender to know what to expect. The sender may
    /// keep the expected proof rather than the key, but as secretly.
    /// </summary>
    /// <param name="receiptKey">32 bytes.</param>
    /// <param name="id">The sealed message's envelope id, 16 bytes.</param>
    /// <param name="proof">Receives 24 bytes.</param>
    public static void Prove(ReadOnlySpan<byte> receiptKey, ReadOnlySpan<byte> id, Span<byte> proof)
    {
        Guard.Length(receiptKey, Sealer.ReceiptKeySize, nameof(receiptKey));
        Guard.Length(id, IdSize, nameof(id));
        Guard.Length(proof, ProofSize, nameof(proof));
        Span<byte> input = stackalloc byte[18 + IdSize];
        Label.CopyTo(input);
        id.CopyTo(input[Label.Length..]);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(receiptKey, input, mac);
        mac[..ProofSize].CopyTo(proof);
    }

    /// <summary>Compares a proof that came with the expected one, in constant time; false for any other length.</summary>
    public static bool Holds(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> proof) =>
        CryptographicOperations.FixedTimeEquals(expected, proof);
}
