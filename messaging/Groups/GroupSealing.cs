using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

// The payload of an envelope of kind Mls:
//
//  0 ...                                  an MLSMessage (RFC 9420, section 6: its first byte is 0), a text for many
//  1 | sealed: 1 | frame                  for one node (docs/reference/protocol.md, section 4.1)
//  2 | a text in its compact form         for members behind radios (docs/reference/groups.md, "Over radios")
//
/// <summary>Envelopes of groups: frames that are sealed to one node, and texts under the keys of a group.</summary>
/// <param name="identity">Who this node is.</param>
/// <param name="sealer">Seals and opens.</param>
/// <param name="hopLimit">Hops that envelopes from here may take.</param>
internal sealed class GroupSealing(LocalIdentity identity, Sealer sealer, ushort hopLimit) : IDisposable
{
    /// <summary>The first byte of a payload with a frame.</summary>
    internal const byte FrameMark = 1;

    /// <summary>Answers to questions are worth nothing later.</summary>
    private static readonly TimeSpan BulkLifetime = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan FrameLifetime = TimeSpan.FromDays(7);

    // The sealer keeps a sign bit in the first byte of what it seals.
    private const byte ContentMark = 1;

    private readonly PairReceipts _receipts = new(identity, [.. "qpc-mesh/1 mls receipt"u8]);

    /// <summary>Makes the proofs of texts.</summary>
    internal IReceiptKeys Receipts => _receipts;

    /// <inheritdoc/>
    public void Dispose() => _receipts.Dispose();

    /// <summary>Seals a frame to one node; null if its key is unusable.</summary>
    internal SentEnvelope? Seal(ReadOnlySpan<byte> receiverKey, ReadOnlySpan<byte> frame, bool isBulk)
    {
        TimeSpan lifetime = isBulk ? BulkLifetime : FrameLifetime;
        EnvelopeHeader header =
            Header(NodeAddress.Of(receiverKey), isBulk ? Priority.Normal : Priority.High, lifetime, !isBulk);
        byte[] content = [ContentMark, .. frame];
        byte[] envelope = new byte[EnvelopeHeader.Size + 1 + content.Length + Sealer.Overhead];
        header.Write(envelope);
        envelope[EnvelopeHeader.Size] = FrameMark;
        Span<byte> receiptKey = stackalloc byte[Sealer.ReceiptKeySize];
        try
        {
            if (!sealer.TrySeal(
                SealContext.Of(envelope), receiverKey, content, envelope.AsSpan(EnvelopeHeader.Size + 1), receiptKey))
                return null;
            EnvelopeId id = SentEnvelope.IdOf(envelope);
            byte[] proof = isBulk ? [] : new byte[Receipt.ProofSize];
            if (!isBulk)
                Receipt.ComputeProof(receiptKey, id, proof);
            return new SentEnvelope(id, header, lifetime, proof, envelope);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(receiptKey);
        }
    }

    /// <summary>Opens a frame for this node.</summary>
    /// <param name="arrival">Its envelope.</param>
    /// <param name="senderKey">Receives the sender's Ed25519 public key.</param>
    /// <param name="proof">Receives what its receipt carries.</param>
    /// <returns>The frame; null if it does not open.</returns>
    internal byte[]? Open(Arrival arrival, out byte[] senderKey, Span<byte> proof)
    {
        senderKey = [];
        Span<byte> header = stackalloc byte[EnvelopeHeader.Size];
        arrival.Header.Write(header);
        Span<byte> receiptKey = stackalloc byte[Sealer.ReceiptKeySize];
        byte[] buffer = new byte[arrival.Payload.Length];
        try
        {
            if (!sealer.TryOpen(
                SealContext.Of(header), arrival.Payload.Span[1..], buffer, receiptKey, out OpenedMessage opened, out _))
                return null;
            senderKey = opened.SenderPublicKey.ToArray();
            Receipt.ComputeProof(receiptKey, arrival.Id, proof);
            return opened.Content[1..].ToArray();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(receiptKey);
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    /// <summary>
    /// The envelope of a text for one member; null if the member's key is unusable, which no proper member's is.
    /// </summary>
    internal SentEnvelope? Text(
        ReadOnlySpan<byte> memberKey, ReadOnlySpan<byte> message, Priority priority, TimeSpan lifetime) =>
        _receipts.Envelope(
            memberKey, Header(NodeAddress.Of(memberKey), priority, lifetime, wantsReceipt: true), message, lifetime);

    private EnvelopeHeader Header(in NodeAddress to, Priority priority, TimeSpan lifetime, bool wantsReceipt) =>
        new OutgoingEnvelope
        {
            Kind = EnvelopeKind.Mls,
            Destination = to,
            Priority = priority,
            WantsReceipt = wantsReceipt,
            Lifetime = lifetime,
            Payload = default,
        }.Header(hopLimit);
}
