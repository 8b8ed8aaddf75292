using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Routing.Routes;

namespace QuicProChat.Mesh.Routing;

/// <summary>
/// The router: events in, actions out. It does no I/O, starts no timer, reads no clock, takes no lock; one loop owns
/// it.
/// <code>
///  frame -> Receive -+- Ping, Announce, RouteUpdate ... -> RouteProtocol  (who is where)
///                    '- Envelope, CustodyAck            -> CustodyEngine  (who answers for what)
///                            parse -> id -> seen? -> ForwardingDecision -> Deliver | Forward | Hold | Refuse
/// </code>
/// After each call <see cref="NextDue"/> says when <see cref="Tick"/> has something to do. <see cref="EndOfBatch"/>
/// after a batch of events sends what was collected: acknowledgements above all.
/// </summary>
public sealed partial class Router
{
    private readonly IRoutes _routes;
    private readonly CustodyEngine _custody;
    private readonly BulkForwarder _bulk;
    private readonly RouterCounters _counters = new();
    private readonly RouteProtocol? _protocol;
    private readonly IRouterActions _actions;
    private readonly NodeAddress _self;

    /// <summary>Makes a router without links.</summary>
    /// <param name="options">What an operator can set.</param>
    /// <param name="self">This node.</param>
    /// <param name="verifier">Checks the signatures of announces: <see cref="AnnounceVerifier.Instance"/>, or a shared
    /// cache.</param>
    /// <param name="actions">Where its output goes.</param>
    /// <param name="random">Seeded by the host; jitter and hash secrets come from it.</param>
    /// <param name="lastSequence">What <see cref="IRouterActions.PersistSequence"/> was given last; 0 for a fresh
    /// node.</param>
    /// <param name="now">The time.</param>
    public Router(
        RouterOptions options, LocalNode self, IAnnounceVerifier verifier, IRouterActions actions, Random random,
        uint lastSequence, Instant now)
        : this(options, self.Address, actions, random, now, events => new RouteProtocol(
            options.Routes, self.Address, self, verifier, lastSequence, actions, events, random, now))
    {
        _protocol = (RouteProtocol)_routes;
    }

    internal Router(
        RouterOptions options, in NodeAddress self, IRouterActions actions, Random random, Instant now,
        Func<IRouteEvents, IRoutes> makeRoutes)
    {
        _self = self;
        _actions = actions;
        _custody = new CustodyEngine(options, self, actions, _counters, random, now);
        _routes = makeRoutes(_custody);
        _custody.Attach(_routes);
        _bulk = new BulkForwarder(options, self, _routes, _custody, actions, _counters);
    }

    /// <summary>
    /// When <see cref="Tick"/> has something to do; <see cref="Instant.Never"/> if nothing waits for time.
    /// </summary>
    public Instant NextDue => _rising.Count > 0 ? default : Instant.Min(_routes.NextDue, _custody.NextDue);

    /// <summary>What was counted about envelopes since the start.</summary>
    public RouterCounters Counters => _counters;

    /// <summary>What was counted about routes since the start.</summary>
    public RouteCounters RouteCounters => _protocol?.Counters ?? new RouteCounters();

    /// <summary>Nodes that are known, reachable or not.</summary>
    public int KnownNodes => _protocol?.KnownNodes ?? 0;
}
