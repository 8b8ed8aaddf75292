using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>
/// The router: events in, actions out. It does no I/O, starts no timer, reads no clock, takes no lock; one loop owns it.
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
    private readonly RouterCounters _counters = new();
    private readonly IRouterActions _actions;
    private readonly NodeAddress _self;

    internal Router(
        RouterOptions options, in NodeAddress self, IRouterActions actions, Random random, Instant now,
        Func<IRouteEvents, IRoutes> makeRoutes)
    {
        _self = self;
        _actions = actions;
        _custody = new CustodyEngine(options, self, actions, _counters, random, now);
        _routes = makeRoutes(_custody);
        _custody.Attach(_routes);
    }

    /// <summary>When <see cref="Tick"/> has something to do; <see cref="Instant.Never"/> if nothing waits for time.</summary>
    public Instant NextDue => Instant.Min(_routes.NextDue, _custody.NextDue);

    /// <summary>What was counted since the start.</summary>
    public RouterCounters Counters => _counters;
}
