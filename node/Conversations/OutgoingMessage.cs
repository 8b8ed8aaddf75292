using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Conversations;

/// <summary>
/// A message on its way out: sealed on the session's thread, stored with its envelope in one transaction, then given
/// to the router. The sender is told "queued" only when it is on disk.
/// </summary>
internal sealed class OutgoingMessage : StoreOperation
{
    private readonly Conversations _owner;

    internal OutgoingMessage(Conversations owner, ControlSession session, ControlTag? tag)
    {
        _owner = owner;
        Session = session;
        Tag = tag;
    }

    /// <summary>Who asked for it.</summary>
    internal ControlSession Session { get; }

    /// <summary>The request's tag, returned with the reply.</summary>
    internal ControlTag? Tag { get; }

    internal required NodeAddress To { get; init; }

    internal required string Text { get; init; }

    internal required Priority Priority { get; init; }

    internal required TimeSpan Lifetime { get; init; }

    /// <summary>The state to wait for before answering.</summary>
    internal required MessageState Wait { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    internal EnvelopeId Id { get; private set; }

    /// <summary>Header and payload, as they will be sent.</summary>
    internal byte[] Envelope { get; private set; } = [];

    internal byte[] Proof { get; private set; } = [];

    /// <summary>Seals the text and computes id and proof; false if the receiver's key is unusable.</summary>
    internal bool TrySeal(Sealer sealer, ReadOnlySpan<byte> receiverKey, ushort hopLimit)
    {
        byte[] body = Encoding.UTF8.GetBytes(Text);
        ushort lifetime = SealedContent.ToLifetime(Lifetime);
        var content = new byte[SealedContent.SizeOf(body.Length, lifetime)];
        SealedContent.Write(content, ContentType.Text, keySign: false, SealedContent.ToTime(CreatedAt), lifetime, body);
        var envelope = new byte[EnvelopeHeader.Size + content.Length + Sealer.Overhead];
        Outgoing([]).Header(hopLimit).Write(envelope);
        Span<byte> receiptKey = stackalloc byte[Sealer.ReceiptKeySize];
        bool done = sealer.TrySeal(
            SealContext.Of(envelope), receiverKey, content, envelope.AsSpan(EnvelopeHeader.Size), receiptKey);
        if (done && Wire.Envelope.TryRead(envelope, out Envelope view))
        {
            Id = view.ComputeId();
            Envelope = envelope;
            Proof = new byte[Receipt.ProofSize];
            Receipt.ComputeProof(receiptKey, Id, Proof);
        }

        System.Security.Cryptography.CryptographicOperations.ZeroMemory(receiptKey);
        return done;
    }

    /// <summary>What the router gets.</summary>
    internal OutgoingEnvelope Outgoing(ReadOnlySpan<byte> payload) => new()
    {
        Kind = EnvelopeKind.Sealed,
        Destination = To,
        Priority = Priority,
        WantsReceipt = true,
        Lifetime = Lifetime,
        Payload = payload,
        ReceiptProof = Proof,
        AlreadyPersisted = true,
    };

    /// <inheritdoc/>
    internal override void Write(MeshStore store)
    {
        _ = store.Insert(new StoredMessage(
            Id, Outgoing: true, To, Text, MessageState.Queued, (byte)StateReason.None, 0, Priority, CreatedAt, CreatedAt));
        _ = store.PutEnvelope(Id, new Holding(_owner.Self, Originated: true, Lifetime, Proof), Envelope);
    }

    /// <inheritdoc/>
    internal override void Done(Instant now, bool written) => _owner.Stored(now, this, written);

    /// <inheritdoc/>
    internal override void Failed(Instant now) => _owner.Forsake(this);
}
