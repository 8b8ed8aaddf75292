using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing.Routes;

// Which routes follow from what the ledger says of next hops.
internal sealed partial class RouteProtocol
{
    private readonly TrustLedger _trust;

    /// <inheritdoc/>
    public void Penalise(Instant now, in NodeAddress destination, LinkId link)
    {
        _now = now;
        int index = FindNode(destination);
        if (index <= Self || Find(link) is not { } neighbour || destination == neighbour.Peer)
            return;
        TrustChange change = _trust.Penalise(now, neighbour, index);
        if (change == TrustChange.Neighbour)
            EvaluateAll(neighbour);
        if (change != TrustChange.None)
            Evaluate(index);
    }

    /// <inheritdoc/>
    public void Trust(Instant now, in NodeAddress destination, LinkId link)
    {
        _now = now;
        if (Find(link) is not { } neighbour || destination == neighbour.Peer)
            return;
        int index = FindNode(destination);
        if (index > Self)
            _destinations.ClaimOf(index).IsUseful = true;
        if (_trust.Praise(neighbour, index) && index > Self)
            Evaluate(index);
    }

    private void CaughtLying(Neighbour neighbour)
    {
        if (_trust.CaughtLying(neighbour))
            EvaluateAll(neighbour);
    }

    private void PenaltyEnded(int index, LinkId link)
    {
        _trust.Ended(_now, _byLink[link.Value]!, index);
        Evaluate(index);
    }

    private void HoldEnded(LinkId link) => EvaluateAll(_byLink[link.Value]!);
}
