using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// The route half of the router, as its other half sees it. The facade hands out the link ids (small, dense, reused),
/// and passes on every event; frames go out through <see cref="IRouterActions.Send"/>. All links that the facade knows
/// are known here, from <see cref="LinkUp"/> to <see cref="LinkDown"/>.
/// </summary>
internal interface IRoutes
{
    /// <summary>When <see cref="Tick"/> has something to do; valid after every call into this object.</summary>
    Instant NextDue { get; }

    /// <summary>A link is up. The facade has checked that the peer is not this node.</summary>
    void LinkUp(Instant now, LinkId link, in LinkDescription description);

    /// <summary>A link is gone; its number may be used again at once.</summary>
    void LinkDown(Instant now, LinkId link);

    /// <summary>The link has room again after <see cref="IRouterActions.Send"/> said no.</summary>
    void LinkWritable(Instant now, LinkId link);

    /// <summary>
    /// A frame of the kinds Ping, Pong, Announce, RouteUpdate, PathRequest, AnnounceRequest or ControlAck.
    /// False: it does not parse, or breaks a rule that no honest node breaks; the facade counts it against the
    /// neighbour. Calls <see cref="Heard"/> itself.
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="link">Where it came from.</param>
    /// <param name="kind">The frame's first byte.</param>
    /// <param name="body">The rest.</param>
    bool Receive(Instant now, LinkId link, FrameKind kind, ReadOnlySpan<byte> body);

    /// <summary>A frame of another kind came in: the neighbour is alive.</summary>
    void Heard(Instant now, LinkId link);

    /// <summary>
    /// Something sent on the link was not answered in the time usual for it (a CustodyAck that is overdue): the
    /// neighbour is pinged at once, and the link is given up in seconds if it stays silent.
    /// </summary>
    void Unanswered(Instant now, LinkId link);

    /// <summary>
    /// What was sent on an unreliable link arrived (true) or had to be repeated (false): feeds the link's cost.
    /// </summary>
    void Sample(Instant now, LinkId link, bool arrived);

    /// <summary>Does everything that is due.</summary>
    void Tick(Instant now);

    /// <summary>After a batch of frames: sends what was collected meanwhile.</summary>
    void EndOfBatch(Instant now);

    /// <summary>
    /// The feasible next hops to a destination, the selected one first, the others by metric. Sending on any of them
    /// makes no loop. Distrusted ones come last.
    /// </summary>
    /// <param name="now">When: distrust fades with time.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="best">Receives up to its length.</param>
    /// <returns>How many were written; 0 without a route.</returns>
    int FindNextHops(Instant now, in NodeAddress destination, Span<NextHop> best);

    /// <summary>
    /// How long after a write the next one should leave on a link; zero where writes do not hold each other up.
    /// </summary>
    TimeSpan PaceOf(LinkId link);

    /// <summary>
    /// The way to a destination is over a link that is silent or broken at this moment, as it often is: it is soon
    /// back, and other ways are for what must not wait.
    /// </summary>
    bool IsExpectedBack(in NodeAddress destination);

    /// <summary>A verified receipt from a node took so many hops.</summary>
    void NoteHops(in NodeAddress destination, int hops);

    /// <summary>
    /// Since when a destination without a route has had none, to the second: since the start for a node that was never
    /// in reach or is unknown.
    /// </summary>
    /// <param name="destination">Where to.</param>
    /// <param name="lastNextHop">The next hop it had; <see cref="LinkId.None"/> if there never was one or its link is
    /// gone.</param>
    Instant UnreachableSince(in NodeAddress destination, out LinkId lastNextHop);

    /// <summary>
    /// Something waits for a destination without a route: asks the neighbours that may know one, repeatedly and within
    /// limits, until it is found or nobody wanted it for a while. Cheap to call again.
    /// </summary>
    void Want(Instant now, in NodeAddress destination);

    /// <summary>
    /// A proof of delivery did not come back, or a repeat of an envelope arrived, for something last sent to the
    /// destination on the link: it is used less for that destination, and where many destinations say so, for all.
    /// </summary>
    void Penalise(Instant now, in NodeAddress destination, LinkId link);

    /// <summary>A proof of delivery came back for something sent to the destination on the link.</summary>
    void Trust(Instant now, in NodeAddress destination, LinkId link);

    /// <summary>The Ed25519 public key (32 bytes) of a node whose announce is known, for sealing.</summary>
    bool TryGetPublicKey(in NodeAddress address, out ReadOnlySpan<byte> publicKey);

    /// <summary>The verified announce of a node, if known.</summary>
    Announce? FindAnnounce(in NodeAddress address);

    /// <summary>An announce that was verified before a restart.</summary>
    void RestoreAnnounce(Announce announce);

    /// <summary>Announces this node anew, because what <see cref="IAnnounceSource"/> says has changed.</summary>
    void Reannounce(Instant now);
}
