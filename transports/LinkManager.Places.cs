using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

// Who gets a place (docs/reference/protocol.md, section 3.5), and what is remembered of those who had one.
public sealed partial class LinkManager
{
    private readonly Acquaintances _acquaintances = new();

    /// <summary>The operator pinned the address of this peer.</summary>
    private bool IsPinned(NodeAddress peer) => _diallers.Values.Any(d => d.Uris.Pinned == peer);

    /// <summary>
    /// Starts a link to a new neighbour, at the cost of another where that is fair; else the reason why not.
    /// </summary>
    private LinkEndCode? Place(IPendingLink candidate)
    {
        ILink link = candidate.Link;
        LinkSource source = Neighbour.SourceOf(candidate);
        List<Neighbour> placed = new(_neighbours.Count);
        foreach (Neighbour other in _neighbours.Values)
        {
            if (!other.GaveWay)
                placed.Add(other);
        }

        Place[] taken = [.. placed.Select(PlaceOf)];
        var newcomer = new Place(source, link.Chosen, _acquaintances.Known(link.Peer), TimeSpan.Zero);
        switch (LinkPlaces.Decide(_settings.MaxLinks, taken, newcomer, out int victim))
        {
            case PlaceAnswer.Full:
                return LinkEndCode.TooMany;
            case PlaceAnswer.Instead:
                placed[victim].GiveWay();
                break;
            case PlaceAnswer.Room:
                break;
        }

        NoteProcess(candidate);
        Neighbour neighbour = new(candidate, source, _time.GetTimestamp());
        _neighbours.Add((link.Peer, link.Properties.Medium), neighbour);
        candidate.Start(new Forwarder(this, neighbour));
        return null;
    }

    private Place PlaceOf(Neighbour neighbour)
    {
        TimeSpan age = _time.GetElapsedTime(neighbour.Since);
        return new Place(neighbour.Source, neighbour.Active.Link.Chosen, _acquaintances.Known(neighbour.Peer)
            + age, age);
    }

    /// <summary>Two processes that take turns have one key: both are told so, and so is the operator.</summary>
    private bool NoteProcess(IPendingLink candidate)
    {
        ILink link = candidate.Link;
        if (!_acquaintances.IsBack(link.Peer, Neighbour.SourceOf(candidate), link.PeerBootId))
            return false;
        string text = $"Two nodes run with the key of {link.Peer}, one of them at {link.Uri}: they take each other's "
            + "messages";
        if (_warnings.Raise(link.Peer.ToString(), text))
            Log.CloneSeen(_logger, text);
        return true;
    }

    private void Forget(Neighbour neighbour)
    {
        ILink link = neighbour.Active.Link;
        _acquaintances.Ended(link.Peer, neighbour.Source, _time.GetElapsedTime(neighbour.Since));
        _neighbours.Remove((link.Peer, link.Properties.Medium));
    }
}
