using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 4.2:
//
//  proof(24)

/// <summary>The payload of a receipt: 24 bytes that only the receiver of the message could have computed.</summary>
public static class Receipt
{
    /// <summary>Size of a proof, and of the payload, in bytes.</summary>
    public const int ProofSize = 24;

    /// <summary>Size of a receipt's whole envelope in bytes.</summary>
    public const int EnvelopeSize = EnvelopeHeader.Size + ProofSize;

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 receipt"u8;

    /// <summary>Takes the proof out of a payload; false if it has another size.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> proof)
    {
        proof = payload.Length == ProofSize ? payload : default;
        return payload.Length == ProofSize;
    }

    /// <summary>Computes the proof for a message.</summary>
    /// <param name="key">The second key of Noise Split() for the sealed message, 32 bytes.</param>
    /// <param name="id">The message's envelope id.</param>
    /// <param name="proof">Receives 24 bytes.</param>
    public static void ComputeProof(ReadOnlySpan<byte> key, in EnvelopeId id, Span<byte> proof)
    {
        Span<byte> message = stackalloc byte[Label.Length + EnvelopeId.Size];
        Label.CopyTo(message);
        id.Write(message[Label.Length..]);
        Span<byte> mac = stackalloc byte[HmacSha256.MacSize];
        HmacSha256.Compute(key, message, mac);
        mac[..ProofSize].CopyTo(proof);
        CryptographicOperations.ZeroMemory(mac);
    }

    /// <summary>Compares an expected and a received proof in constant time; false for a wrong length.</summary>
    public static bool Matches(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> received) =>
        expected.Length == ProofSize && CryptographicOperations.FixedTimeEquals(expected, received);
}
