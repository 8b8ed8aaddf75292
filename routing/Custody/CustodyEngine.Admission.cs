using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>What may be held: asks <see cref="Quotas"/>, and keeps its books.</content>
internal sealed partial class CustodyEngine
{
    /// <summary>Room was found; without a source it is this node's own.</summary>
    private readonly record struct Admitted(Source? Source, Room Room, bool IsChosen)
    {
        public static readonly Admitted Own = new(null, Room.Usual, IsChosen: true);
    }

    /// <summary>Finds room for an envelope to this node; otherwise answers it.</summary>
    private bool TryAdmitArrival(in Arrival arrival, Source source, int size, out Admitted admitted)
    {
        admitted = new Admitted(source, _quotas.FindForArrival(source, size), IsChosen: true);
        if (admitted.Room == Room.Arriving)
            return true;
        Refuse(arrival, CustodyCode.TooFast, RouterCounter.DropDiskBehind);
        return false;
    }

    /// <summary>Finds room for an envelope of a neighbour; otherwise answers it.</summary>
    /// <param name="arrival">The frame.</param>
    /// <param name="destination">The number of its destination; -1 if nothing is held for that.</param>
    /// <param name="size">Header and payload.</param>
    /// <param name="priority">How urgent it is.</param>
    /// <param name="hasWayOn">It can be sent on at once, so that what is in its way is soon gone.</param>
    /// <param name="admitted">The room.</param>
    private bool TryAdmit(
        in Arrival arrival, int destination, int size, Priority priority, bool hasWayOn, out Admitted admitted)
    {
        LinkState link = _links[arrival.Link.Value]!;
        int share = destination < 0 ? -1 : FindShare(destination, link.Source);
        Tally forDestination = destination < 0 ? default : _destinations[destination].Held;
        Tally forPair = share < 0 ? default : _shares[share].Held;
        Room room = _quotas.Find(link.Source, link.IsChosen, forDestination, forPair, size, priority);
        admitted = new Admitted(link.Source, room, link.IsChosen);
        CustodyCode code = hasWayOn ? CustodyCode.TooFast : CustodyCode.NoSpace;
        switch (room)
        {
            case Room.Usual or Room.Reserve:
                return true;
            case Room.NoneInMemory:
                Refuse(arrival, CustodyCode.TooFast, RouterCounter.DropDiskBehind);
                return false;
            case Room.NoneForSource:
                Refuse(arrival, code, RouterCounter.DropQuotaNeighbour);
                return false;
            case Room.NoneForDestination:
                Refuse(arrival, code, RouterCounter.DropQuotaDestination);
                return false;
            default:
                Refuse(arrival, code, RouterCounter.DropQuotaTotal);
                return false;
        }
    }

    private void Charge(ref HeldEntry entry, Source? source)
    {
        entry.Share = -1;
        if (source is null)
        {
            _quotas.TakeOwn(entry.Size, entry.Kind == EnvelopeKind.Receipt);
            return;
        }

        entry.Share = UseShare(entry.Destination, source);
        _shares[entry.Share].Held.Add(entry.Size);
        _quotas.Take(source, entry.Room, entry.IsStranger, entry.Size);
        entry.IsUnsaved = _quotas.CountsAsUnsaved(entry.Room);
        if (entry.IsUnsaved)
            _quotas.AddUnsaved(source, entry.Size);
    }

    private void Discharge(ref HeldEntry entry)
    {
        if (entry.Share < 0)
        {
            _quotas.GiveBackOwn(entry.Size, entry.Kind == EnvelopeKind.Receipt);
            return;
        }

        Saved(ref entry);
        ref Share share = ref _shares[entry.Share];
        _quotas.GiveBack(share.Source, entry.Room, entry.IsStranger, entry.Size);
        share.Held.Subtract(entry.Size);
        if (share.Held.Count > 0)
            return;
        ref int place = ref _destinations[entry.Destination].FirstSharePlusOne;
        while (place != entry.Share + 1)
            place = ref _shares[place - 1].NextPlusOne;
        place = share.NextPlusOne;
        _shares.Free(entry.Share);
    }

    /// <summary>It is on disk, or gone: the memory may be given to others.</summary>
    private void Saved(ref HeldEntry entry)
    {
        if (!entry.IsUnsaved)
            return;
        entry.IsUnsaved = false;
        _quotas.SubtractUnsaved(_shares[entry.Share].Source, entry.Size);
    }

    private int FindShare(int destination, Source source)
    {
        for (int next = _destinations[destination].FirstSharePlusOne; next != 0; next = _shares[next - 1].NextPlusOne)
        {
            if (_shares[next - 1].Source == source)
                return next - 1;
        }

        return -1;
    }

    private int UseShare(int destination, Source source)
    {
        int at = FindShare(destination, source);
        if (at >= 0)
            return at;
        at = _shares.Allocate();
        _shares[at].Source = source;
        _shares[at].NextPlusOne = _destinations[destination].FirstSharePlusOne;
        _destinations[destination].FirstSharePlusOne = at + 1;
        return at;
    }
}
