namespace QuicProChat.Mesh.Transports;

/// <summary>A link as the shares of links see it.</summary>
/// <param name="Source">Where it comes from.</param>
/// <param name="Chosen">This node dialled it, or its address is pinned.</param>
/// <param name="Known">How long its address has been a neighbour, over all its links.</param>
/// <param name="Age">How long this link has stood.</param>
internal readonly record struct Place(LinkSource Source, bool Chosen, TimeSpan Known, TimeSpan Age);

/// <summary>What becomes of a newcomer.</summary>
internal enum PlaceAnswer
{
    /// <summary>There is room.</summary>
    Room,

    /// <summary>It takes the place of another link.</summary>
    Instead,

    /// <summary>Nobody gives way.</summary>
    Full,
}

/// <summary>
/// Who gets one of a bounded number of places. Identities cost nothing, so places are shared among sources:
/// <list type="bullet">
/// <item>What this node chose always finds a place, and what others began may take half of them at most.</item>
/// <item>A newcomer takes the place of a link from a source that would still have more links than the
/// newcomer's.</item>
/// <item>Among equals whoever was a neighbour for longer goes first; strangers take turns of at least 10 s.</item>
/// <item>In each of these the link goes whose address is known for the shortest time. The half that is known for
/// longest gives way to what this node chose only.</item>
/// </list>
/// </summary>
internal static class LinkPlaces
{
    // Arbitrary: long enough for a handshake, four pings, and some messages.
    internal static readonly TimeSpan ShortestStay = TimeSpan.FromSeconds(10);

    // Arbitrary: who attacks for a few minutes proves nothing by it.
    internal static readonly TimeSpan KnownAfter = TimeSpan.FromMinutes(10);

    /// <summary>The places that links which others began may take.</summary>
    internal static int Open(int most, int chosen) => Math.Min(most - most / 2, most - chosen);

    /// <summary>Decides about a newcomer.</summary>
    /// <param name="most">Places in all.</param>
    /// <param name="taken">The links that are up.</param>
    /// <param name="newcomer">The one that asks.</param>
    /// <param name="victim">Which of them gives way, for <see cref="PlaceAnswer.Instead"/>.</param>
    internal static PlaceAnswer Decide(int most, ReadOnlySpan<Place> taken, in Place newcomer, out int victim)
    {
        victim = -1;
        int chosen = 0;
        foreach (Place place in taken)
            chosen += place.Chosen ? 1 : 0;
        int open = Open(most, chosen);
        if (newcomer.Chosen ? taken.Length < most : taken.Length < most && taken.Length - chosen < open)
            return PlaceAnswer.Room;
        var shares = new Shares(taken, newcomer);
        victim = newcomer.Chosen
            ? Least(taken, shares, protectedFrom: TimeSpan.MaxValue, static (_, _) => true)
            : InsteadOfStranger(taken, shares, newcomer, open);
        return victim < 0 ? PlaceAnswer.Full : PlaceAnswer.Instead;
    }

    private static int InsteadOfStranger(ReadOnlySpan<Place> taken, Shares shares, Place newcomer, int open)
    {
        TimeSpan protectedFrom = ProtectedFrom(taken, open / 2);
        int victim = Least(taken, shares, protectedFrom, (_, fuller) => fuller > 0);
        if (victim < 0 && newcomer.Known >= KnownAfter)
            victim = Least(taken, shares, protectedFrom, (place, fuller) => fuller == 0
                && place.Known < newcomer.Known);
        return victim < 0
            ? Least(taken, shares, protectedFrom, static (place, fuller) => fuller == 0 && place.Age >= ShortestStay)
            : victim;
    }

    /// <summary>
    /// From which time of acquaintance on a link is among the given number that is known for longest.
    /// </summary>
    private static TimeSpan ProtectedFrom(ReadOnlySpan<Place> taken, int count)
    {
        var known = new List<TimeSpan>(taken.Length);
        foreach (Place place in taken)
        {
            if (!place.Chosen && place.Known >= KnownAfter)
                known.Add(place.Known);
        }

        if (known.Count == 0 || count == 0)
            return TimeSpan.MaxValue;
        known.Sort();
        return known[Math.Max(0, known.Count - count)];
    }

    /// <summary>
    /// Of the links that may go, the one from the fullest source that is known for the shortest time; -1 for none.
    /// </summary>
    private static int Least(
        ReadOnlySpan<Place> taken, Shares shares, TimeSpan protectedFrom, Func<Place, int, bool> mayGo)
    {
        int least = -1;
        (int Group, int Host) fullest = default;
        for (int i = 0; i < taken.Length; i++)
        {
            Place place = taken[i];
            if (place.Chosen || place.Known >= protectedFrom || !mayGo(place, shares.Compare(place.Source)))
                continue;
            (int, int) count = shares.Of(place.Source);
            int order = least < 0 ? 1 : count.CompareTo(fullest);
            if (order > 0 || (order == 0 && (place.Known, place.Age)
                .CompareTo((taken[least].Known, taken[least].Age)) < 0))
                (least, fullest) = (i, count);
        }

        return least;
    }

    /// <summary>How many of the links that others began come from each source, the newcomer among them.</summary>
    private sealed class Shares
    {
        private readonly SourceCounts _counts = new();
        private readonly LinkSource _newcomer;

        internal Shares(ReadOnlySpan<Place> taken, in Place newcomer)
        {
            _newcomer = newcomer.Source;
            _counts.Add(newcomer.Source);
            foreach (Place place in taken)
            {
                if (!place.Chosen)
                    _counts.Add(place.Source);
            }
        }

        internal (int Group, int Host) Of(in LinkSource source) => (_counts.OfGroup(source), _counts.OfHost(source));

        /// <summary>Above 0 if a source has more links than the newcomer's would have, 0 if as many.</summary>
        internal int Compare(in LinkSource source)
        {
            (int group, int host) = Of(source);
            (int newGroup, int newHost) = Of(_newcomer);
            return source.Group == _newcomer.Group ? host - newHost : group - newGroup;
        }
    }
}
