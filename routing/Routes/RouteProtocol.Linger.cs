using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing.Routes;

// A link that stalls often breaks often, and is soon back. For that long its routes go on being advertised as they
// were: what others send here is held, and nobody has to learn twice of what did not last. The distance advertised does
// not change, nor does the feasibility distance, so no argument about loops is touched.
internal sealed partial class RouteProtocol
{
    private readonly Dictionary<int, Instant> _lingering = [];

    /// <summary>
    /// The routes over a link that stalls often stay; of one that hardly ever stands nothing is expected.
    /// </summary>
    private void LingerAll(Neighbour neighbour)
    {
        if (!neighbour.Properties.Reliable || !neighbour.Quality.IsOftenLate || neighbour.Quality.IsHopeless)
            return;
        for (int index = 1; index < _destinations.End; index++)
        {
            if (_destinations[index].InUse && _destinations[index].Selected == neighbour.Link.Value)
                Linger(index);
        }
    }

    private void Linger(int index)
    {
        Instant until = _now + Jittered(_options.Linger);
        if (_lingering.TryGetValue(index, out Instant before) && before > until)
            return;
        _lingering[index] = until;
        _timers.Set(new RouteTimer(RouteTimerKind.Linger, index), until);
    }

    private void StopLingering(int index)
    {
        if (_lingering.Remove(index))
            _timers.Cancel(new RouteTimer(RouteTimerKind.Linger, index));
    }

    private bool IsLingering(int index) =>
        _lingering.Count > 0 && _lingering.TryGetValue(index, out Instant until) && until > _now;

    /// <inheritdoc/>
    public bool IsExpectedBack(in NodeAddress destination) =>
        FindNode(destination) is var index and > Self
        && (IsLingering(index) || Find(new LinkId(_destinations[index].Selected)) is { IsStalled: true });

    private void LingerEnded(int index)
    {
        _lingering.Remove(index);
        Evaluate(index);
    }
}
