using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>Makes the proofs in receipts of a kind of conversation (docs/reference/protocol.md, section 4.2).</summary>
public interface IReceiptKeys
{
    /// <summary>The proof that a node must return for an envelope of this one.</summary>
    /// <param name="receiverKey">The node's Ed25519 public key, 32 bytes.</param>
    /// <param name="id">The envelope.</param>
    /// <param name="proof"><see cref="Receipt.ProofSize"/> bytes.</param>
    /// <returns>False if that is no proper key.</returns>
    bool TryExpect(ReadOnlySpan<byte> receiverKey, in EnvelopeId id, Span<byte> proof);

    /// <summary>The proof that this node returns for an envelope of another.</summary>
    /// <param name="senderKey">The sender's Ed25519 public key, 32 bytes.</param>
    /// <param name="id">The envelope.</param>
    /// <param name="proof"><see cref="Receipt.ProofSize"/> bytes.</param>
    /// <returns>False if that is no proper key.</returns>
    bool TryProve(ReadOnlySpan<byte> senderKey, in EnvelopeId id, Span<byte> proof);
}
