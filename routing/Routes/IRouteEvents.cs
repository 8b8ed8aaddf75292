using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// What the routes tell the custody half. Called in the middle of an event: implementations note what happened and act
/// when the call into the routes has returned.
/// </summary>
internal interface IRouteEvents
{
    /// <summary>
    /// There is a next hop where there was none, or one more to choose from: held envelopes may move.
    /// </summary>
    void RouteGained(in NodeAddress destination);

    /// <summary>The last next hop is gone; what arrives from now on is held.</summary>
    void RouteLost(in NodeAddress destination);

    /// <summary>
    /// The neighbour answers no more, though its link stands: it is no next hop until it is heard again, and what is
    /// under way to it may never arrive.
    /// </summary>
    void LinkSilent(LinkId link);

    /// <summary>
    /// A link that stalls often does so now: it comes last among the next hops. What is under way on it arrives when it
    /// moves again, if nothing else leads there.
    /// </summary>
    void LinkStalled(LinkId link);
}
