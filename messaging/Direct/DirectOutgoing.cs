using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Direct;

/// <summary>A text for one node, sealed on its caller's thread.</summary>
internal sealed class DirectOutgoing : Outgoing
{
    private DirectOutgoing(
        SendRequest request, ICaller caller, in NodeAddress to, DateTimeOffset createdAt, SentEnvelope envelope)
        : base(request, caller) => (To, CreatedAt, Envelope) = (to, createdAt, envelope);

    internal NodeAddress To { get; }

    internal DateTimeOffset CreatedAt { get; }

    internal SentEnvelope Envelope { get; }

    /// <summary>Seals a text; null if the receiver's key is unusable.</summary>
    internal static DirectOutgoing? TrySeal(
        SendRequest request, ICaller caller, in NodeAddress to, Sealer sealer, ReadOnlySpan<byte> receiverKey,
        ushort hopLimit, DateTimeOffset at)
    {
        byte[] body = Encoding.UTF8.GetBytes(request.Text);
        ushort lifetime = SealedContent.ToLifetime(request.Lifetime);
        byte[] content = new byte[SealedContent.SizeOf(body.Length, lifetime)];
        SealedContent.Write(content, ContentType.Text, keySign: false, SealedContent.ToTime(at), lifetime, body);
        EnvelopeHeader header = Header(request, to, hopLimit);
        byte[] envelope = new byte[EnvelopeHeader.Size + content.Length + Sealer.Overhead];
        header.Write(envelope);
        Span<byte> receiptKey = stackalloc byte[Sealer.ReceiptKeySize];
        DirectOutgoing? made = null;
        Span<byte> payload = envelope.AsSpan(EnvelopeHeader.Size);
        if (sealer.TrySeal(SealContext.Of(envelope), receiverKey, content, payload, receiptKey)
            && Wire.Envelope.TryRead(envelope, out Envelope view))
        {
            EnvelopeId id = view.ComputeId();
            byte[] proof = new byte[Receipt.ProofSize];
            Receipt.ComputeProof(receiptKey, id, proof);
            var sent = new SentEnvelope(id, header, request.Lifetime, proof, envelope);
            made = new DirectOutgoing(request, caller, to, at, sent);
        }

        CryptographicOperations.ZeroMemory(receiptKey);
        return made;
    }

    private static EnvelopeHeader Header(SendRequest request, in NodeAddress to, ushort hopLimit) =>
        new OutgoingEnvelope
        {
            Kind = EnvelopeKind.Sealed,
            Destination = to,
            Priority = request.Priority,
            WantsReceipt = true,
            Lifetime = request.Lifetime,
            Payload = default,
        }.Header(hopLimit);
}
