using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// The proofs in receipts for envelopes of groups (docs/reference/protocol.md, section 4.2). Members of a group share
/// its keys, so a proof made from those would only say that some member has the message. It is made instead with a key
/// that sender and receiver alone can know: X25519 (RFC 7748, section 6.1) of their identities, through HKDF-SHA256
/// (RFC 5869). It can be made again at any time, also after the message's own key is gone.
/// </summary>
/// <param name="identity">Who this node is.</param>
/// <param name="salt">What tells the proofs of one kind of conversation from those of others.</param>
public class PairReceipts(LocalIdentity identity, byte[] salt) : IReceiptKeys, IDisposable
{
    /// <summary>Pairs remembered; arbitrary, each is one key agreement.</summary>
    private const int MaxKept = 1024;

    private readonly Dictionary<(NodeAddress Sender, NodeAddress Receiver), byte[]> _keys = [];

    /// <inheritdoc/>
    public bool TryExpect(ReadOnlySpan<byte> receiverKey, in EnvelopeId id, Span<byte> proof) =>
        TryCompute(receiverKey, identity.Address, NodeAddress.Of(receiverKey), id, proof);

    /// <inheritdoc/>
    public bool TryProve(ReadOnlySpan<byte> senderKey, in EnvelopeId id, Span<byte> proof) =>
        TryCompute(senderKey, NodeAddress.Of(senderKey), identity.Address, id, proof);

    /// <summary>An envelope with the proof that its receiver must return; null if that has no proper key.</summary>
    internal SentEnvelope? Envelope(
        ReadOnlySpan<byte> receiverKey, in EnvelopeHeader header, ReadOnlySpan<byte> payload, TimeSpan lifetime)
    {
        byte[] bytes = SentEnvelope.Join(header, payload);
        EnvelopeId id = SentEnvelope.IdOf(bytes);
        byte[] proof = new byte[Receipt.ProofSize];
        return TryExpect(receiverKey, id, proof) ? new SentEnvelope(id, header, lifetime, proof, bytes) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>key = HKDF-SHA256(salt, shared secret, sender(16) || receiver(16), 32)</summary>
    protected static void Derive(
        byte[] salt, ReadOnlySpan<byte> shared, in NodeAddress sender, in NodeAddress receiver, Span<byte> key)
    {
        Span<byte> info = stackalloc byte[2 * NodeAddress.Size];
        sender.Write(info);
        receiver.Write(info[NodeAddress.Size..]);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, key, salt, info);
    }

    /// <summary>Zeroes the keys.</summary>
    protected virtual void Dispose(bool disposing) => Forget();

    private bool TryCompute(
        ReadOnlySpan<byte> memberKey, in NodeAddress sender, in NodeAddress receiver, in EnvelopeId id,
        Span<byte> proof)
    {
        if (!_keys.TryGetValue((sender, receiver), out byte[]? key))
        {
            key = new byte[32];
            if (!TryDerive(memberKey, sender, receiver, key))
                return false;
            if (_keys.Count >= MaxKept)
                Forget();
            _keys[(sender, receiver)] = key;
        }

        Receipt.ComputeProof(key, id, proof);
        return true;
    }

    private void Forget()
    {
        foreach (byte[] key in _keys.Values)
            CryptographicOperations.ZeroMemory(key);
        _keys.Clear();
    }

    private bool TryDerive(ReadOnlySpan<byte> memberKey, in NodeAddress sender, in NodeAddress receiver, Span<byte> key)
    {
        Span<byte> publicKey = stackalloc byte[X25519.PublicKeySize];
        Span<byte> shared = stackalloc byte[X25519.SharedSecretSize];
        if (!Ed25519.TryConvertPublicKeyToX25519(memberKey, publicKey) || !identity.TryAgree(publicKey, shared))
            return false;
        Derive(salt, shared, sender, receiver, key);
        CryptographicOperations.ZeroMemory(shared);
        return true;
    }
}
