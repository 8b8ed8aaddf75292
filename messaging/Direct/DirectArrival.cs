using System.Buffers;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Direct;

/// <summary>A sealed envelope for this node. The payload is copied, because it outlives the router's call.</summary>
internal sealed class DirectArrival : Arrival
{
    private readonly Sealer _sealer;
    private readonly byte[] _proof = new byte[Receipt.ProofSize];
    private byte[] _rented;

    internal DirectArrival(
        Sealer sealer, long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
        : base(token, id, header, default)
    {
        _sealer = sealer;
        _rented = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(_rented);
        Payload = _rented.AsMemory(0, payload.Length);
    }

    /// <summary>What it says; null if it does not open or says nothing that this node takes.</summary>
    internal MessageContent? Content { get; private set; }

    internal NodeAddress Sender { get; private set; }

    /// <summary>When it was accepted here.</summary>
    internal DateTimeOffset At { get; private set; }

    /// <summary>When its sender says that it was written; null where that is not said.</summary>
    internal DateTimeOffset? SentAt { get; private set; }

    /// <summary>It came after its sealed lifetime, by this node's clock.</summary>
    internal bool IsLate { get; private set; }

    internal ReadOnlySpan<byte> Proof => _proof;

    /// <summary>Opens it: X25519 and ChaCha20-Poly1305, about 70 us on a desktop processor.</summary>
    public override void Open(DateTimeOffset at)
    {
        At = at;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Payload.Length);
        Span<byte> receiptKey = stackalloc byte[Sealer.ReceiptKeySize];
        Span<byte> header = stackalloc byte[EnvelopeHeader.Size];
        Header.Write(header);
        if (_sealer.TryOpen(SealContext.Of(header), Payload.Span, buffer, receiptKey, out OpenedMessage opened, out _)
            && SealedContent.TryRead(opened.Content, out SealedContent content)
            && content.TryGetContent(out ReadOnlySpan<byte> bytes)
            && MessageContent.TryRead(bytes, out MessageContent? said))
        {
            Content = said;
            Sender = opened.Sender;
            SentAt = SealedContent.FromTime(content.Time);
            IsLate = SentTimes.IsLate(SentAt, content.LifetimeUnits, at);
            Receipt.ComputeProof(receiptKey, Id, _proof);
        }

        CryptographicOperations.ZeroMemory(receiptKey);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        Payload = default;
        ArrayPool<byte>.Shared.Return(_rented);
        _rented = [];
    }
}
