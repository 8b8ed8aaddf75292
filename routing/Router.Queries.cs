using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <content>What the router can be asked.</content>
public sealed partial class Router
{
    /// <summary>What is held in all.</summary>
    public HeldTotals Held => _custody.Totals;

    /// <summary>True while this node answers for an envelope, or has been handed it.</summary>
    public bool Holds(in EnvelopeId id) => _custody.Holds(id);

    /// <summary>
    /// Where an envelope came from which the host has been given and not answered, as far as that is dear to change
    /// (<see cref="LinkDescription.SourceGroup"/>): shares count by it, because keys are free. 0 if nobody knows.
    /// </summary>
    public ulong SourceOf(long token) => _custody.SourceOf(token);

    /// <summary>Envelopes whose ids are remembered.</summary>
    public int SeenCount => _custody.SeenCount;

    /// <summary>The Ed25519 public key (32 bytes) of a node whose announce is known, for sealing.</summary>
    public bool TryGetPublicKey(in NodeAddress address, out ReadOnlySpan<byte> publicKey) =>
        _routes.TryGetPublicKey(address, out publicKey);

    /// <summary>The verified announce of a node, if known.</summary>
    public Announce? FindAnnounce(in NodeAddress address) => _routes.FindAnnounce(address);

    /// <summary>The announce of a node by the first 8 bytes of its address; null if it is not known.</summary>
    public Announce? FindAnnounce(Abbreviation name) => _protocol?.FindAnnounce(name);

    /// <summary>
    /// The host knows the node, as a contact for instance: its place in the table is not given to strangers. A thousand
    /// at most are remembered.
    /// </summary>
    public void Keep(in NodeAddress address) => _protocol?.Keep(address);

    /// <summary>The feasible next hops to a destination, best first; returns how many were written.</summary>
    public int FindNextHops(Instant now, in NodeAddress destination, Span<NextHop> best) =>
        _routes.FindNextHops(now, destination, best);

    /// <summary>
    /// What is held for each destination; returns how many destinations there are, which may be more than fit.
    /// </summary>
    public int CopyHeld(Span<HeldSummary> into) => _custody.CopyHeld(into);

    /// <summary>What is proven about an envelope that started here and is still carried.</summary>
    public bool TryGetOutbox(Instant now, in EnvelopeId id, out OutboxEntry entry) =>
        _custody.TryGetOutbox(now, id, out entry);
}
