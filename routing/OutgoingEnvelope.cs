using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>An envelope that starts at this node.</summary>
public readonly ref struct OutgoingEnvelope
{
    /// <summary>What the payload is; not <see cref="EnvelopeKind.Receipt"/>, which the router makes itself.</summary>
    public required EnvelopeKind Kind { get; init; }

    /// <summary>Who it is for.</summary>
    public required NodeAddress Destination { get; init; }

    /// <summary>How urgent it is.</summary>
    public Priority Priority { get; init; }

    /// <summary>The receiver is asked for a receipt; <see cref="ReceiptProof"/> must then be given.</summary>
    public bool WantsReceipt { get; init; }

    /// <summary>How long it may take; rounded up to units of 10 s, at most 65,535 of them (about 7.6 days).</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>
    /// Hops that it may take, where fewer than this node's limit say less about where it began; null for the limit,
    /// which nothing exceeds.
    /// </summary>
    public ushort? HopsLeft { get; init; }

    /// <summary>The sealed payload.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>
    /// The 24 bytes that the receipt must carry (docs/reference/protocol.md, section 4.2); empty without a receipt.
    /// </summary>
    public ReadOnlySpan<byte> ReceiptProof { get; init; }

    /// <summary>
    /// The host has stored the envelope (its 21-byte header from <see cref="Header"/> and the payload) in the same
    /// transaction as the message, so the router need not ask for it.
    /// </summary>
    public bool AlreadyPersisted { get; init; }

    /// <summary>The header that the router will use: what the host stores and what the id covers.</summary>
    /// <param name="hopLimit">As in <see cref="RouterOptions.HopLimit"/>.</param>
    public EnvelopeHeader Header(ushort hopLimit) =>
        new(Kind, Priority, WantsReceipt, Attempt: 0, Math.Min(hopLimit, HopsLeft ?? hopLimit),
            Lifetimes.ToUnits(Lifetime), Destination);
}
