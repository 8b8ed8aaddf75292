using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <content>How a router starts.</content>
public sealed partial class Router
{
    /// <summary>Makes a router without links.</summary>
    /// <param name="options">What the operator set.</param>
    /// <param name="self">Who this node is.</param>
    /// <param name="verifier">Checks the announces of others.</param>
    /// <param name="actions">Does what the router wants done.</param>
    /// <param name="random">Jitter and hash keys.</param>
    /// <param name="lastSequence">What <see cref="IRouterActions.PersistSequence"/> last got; 0 for a new node.</param>
    /// <param name="now">The present.</param>
    public Router(
        RouterOptions options, LocalNode self, IAnnounceVerifier verifier, IRouterActions actions, Random random,
        uint lastSequence, Instant now)
        : this(options, self.Address, actions, random, now,
            events => new RouteProtocol(new RouteOptions(), self.Address, self, verifier, lastSequence, actions, events, random, now))
    {
    }
}
