using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Direct;

/// <summary>A text for one node, sealed on its caller's thread.</summary>
internal sealed class DirectOutgoing : Outgoing
{
    private DirectOutgoing(
        SendRequest request, ICaller caller, in NodeAddress to, MessageContent content, DateTimeOffset createdAt,
        SentEnvelope envelope)
        : base(request, caller) => (To, Content, CreatedAt, Envelope) = (to, content, createdAt, envelope);

    internal NodeAddress To { get; }

    /// <summary>What was sealed.</summary>
    internal MessageContent Content { get; }

    internal DateTimeOffset CreatedAt { get; }

    internal SentEnvelope Envelope { get; }

    /// <summary>Seals a text; null if the receiver's key is unusable.</summary>
    internal static DirectOutgoing? TrySeal(
        SendRequest request, ICaller caller, in NodeAddress to, MessageContent said, Sealer sealer,
        ReadOnlySpan<byte> receiverKey, ushort hopLimit, DateTimeOffset at, bool pads)
    {
        ushort lifetime = SealedContent.ToLifetime(request.Lifetime);
        byte[] body = new byte[pads ? ContentPadding.SizeOf(said.Size, SealedContent.SizeOf(0, lifetime)) : said.Size];
        said.Write(body);
        if (pads)
            ContentPadding.Write(body, said.Size);
        byte[] content = new byte[SealedContent.SizeOf(body.Length, lifetime)];
        ContentType type = pads ? ContentType.Padded : ContentType.Content;
        SealedContent.Write(content, type, keySign: false, SealedContent.ToTime(at), lifetime, body);
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
            made = new DirectOutgoing(request, caller, to, said, at, sent);
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
