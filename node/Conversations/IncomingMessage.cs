using System.Buffers;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Conversations;

/// <summary>
/// An envelope for this node: opened, stored, and only then answered. The payload is copied, because it outlives the
/// router's call.
/// </summary>
internal sealed class IncomingMessage : StoreOperation
{
    private readonly Conversations _owner;
    private readonly EnvelopeHeader _header;
    private readonly int _payloadLength;
    private readonly byte[] _proof = new byte[Receipt.ProofSize];
    private byte[] _payload;

    internal IncomingMessage(Conversations owner, long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        _owner = owner;
        Token = token;
        Id = id;
        _header = header;
        _payloadLength = payload.Length;
        _payload = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(_payload);
    }

    internal long Token { get; }

    internal EnvelopeId Id { get; }

    internal Priority Priority => _header.Priority;

    /// <summary>Hops that it took, where its sender used the standard limit.</summary>
    internal int Hops => Math.Max(1, Limits.MaxHops - _header.HopsLeft);

    /// <summary>The text; null if this is not a message that can be shown.</summary>
    internal string? Text { get; private set; }

    internal NodeAddress Sender { get; private set; }

    /// <summary>When it was accepted here.</summary>
    internal DateTimeOffset At { get; private set; }

    /// <summary>When its sender says that it was written; null where that is not said.</summary>
    internal DateTimeOffset? SentAt { get; private set; }

    /// <summary>It came after its sealed lifetime, by this node's clock.</summary>
    internal bool IsLate { get; private set; }

    /// <summary>What became of it in the store.</summary>
    internal Inserted Outcome { get; private set; }

    /// <summary>What its sender was to the owner when it was stored.</summary>
    internal Standing Standing { get; private set; }

    internal ReadOnlySpan<byte> Proof => _proof;

    /// <summary>Opens it: two thirds of a millisecond's tenth of arithmetic, on whichever thread has time.</summary>
    internal void Open(Sealer sealer, DateTimeOffset at)
    {
        At = at;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(_payloadLength);
        Span<byte> receiptKey = stackalloc byte[Sealer.ReceiptKeySize];
        Span<byte> header = stackalloc byte[EnvelopeHeader.Size];
        _header.Write(header);
        if (_header.Kind == EnvelopeKind.Sealed
            && sealer.TryOpen(SealContext.Of(header), _payload.AsSpan(0, _payloadLength), buffer, receiptKey, out OpenedMessage opened, out _)
            && SealedContent.TryRead(opened.Content, out SealedContent content) && content.TryGetText(out string? text))
        {
            Text = text;
            Sender = opened.Sender;
            SentAt = SealedContent.FromTime(content.Time);
            IsLate = SentTimes.IsLate(SentAt, content.LifetimeUnits, at);
            Receipt.ComputeProof(receiptKey, Id, _proof);
        }

        CryptographicOperations.ZeroMemory(receiptKey);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        ArrayPool<byte>.Shared.Return(_payload);
        _payload = [];
    }

    /// <summary>As it is kept.</summary>
    internal StoredMessage ToStored() =>
        new(Id, Outgoing: false, Sender, Text!, MessageState.Received, (byte)StateReason.None, Hops, Priority, At, At)
        {
            SentAt = SentAt,
            IsLate = IsLate,
            IsRequest = Outcome == Inserted.AddedAsRequest,
        };

    /// <inheritdoc/>
    internal override void Write(MeshStore store)
    {
        Outcome = store.Insert(ToStored());
        Standing = store.StandingOf(Sender);
    }

    /// <inheritdoc/>
    internal override void Done(Instant now, bool written) => _owner.Stored(now, this, written);
}
