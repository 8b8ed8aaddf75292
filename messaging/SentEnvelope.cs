using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>An envelope of this node, which leaves when it is stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Header">Its header.</param>
/// <param name="Lifetime">How long it may take.</param>
/// <param name="Proof">What its receipt must carry.</param>
/// <param name="Bytes">Header and payload.</param>
public sealed record SentEnvelope(EnvelopeId Id, EnvelopeHeader Header, TimeSpan Lifetime, byte[] Proof, byte[] Bytes)
{
    /// <summary>The id of an envelope's bytes.</summary>
    /// <exception cref="ArgumentException">They are no envelope.</exception>
    public static EnvelopeId IdOf(ReadOnlySpan<byte> envelope) =>
        Envelope.TryRead(envelope, out Envelope view)
            ? view.ComputeId()
            : throw new ArgumentException("This is no envelope.", nameof(envelope));

    /// <summary>Header and payload in one piece.</summary>
    public static byte[] Join(in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        byte[] envelope = new byte[Envelope.SizeOf(payload.Length)];
        Envelope.Write(envelope, header, payload);
        return envelope;
    }

    /// <summary>Gives it to the router; it is on disk already.</summary>
    public SendStatus GiveTo(Router router, Instant now) => router.Send(now, new OutgoingEnvelope
    {
        Kind = Header.Kind,
        Destination = Header.Destination,
        Priority = Header.Priority,
        WantsReceipt = Header.WantsReceipt,
        Lifetime = Lifetime,
        HopsLeft = Header.HopsLeft,
        Payload = Bytes.AsSpan(EnvelopeHeader.Size),
        ReceiptProof = Proof,
        AlreadyPersisted = true,
    }).Status;
}
