using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Search;

/// <summary>What became of a record.</summary>
public enum Taking
{
    /// <summary>It is malformed, or not where it belongs: neither kept nor passed on.</summary>
    Refused,

    /// <summary>It is of a region that is not followed.</summary>
    NotFollowed,

    /// <summary>It is older than what is there.</summary>
    Old,

    /// <summary>It was taken.</summary>
    Taken,
}

/// <summary>
/// What the practices of the followed regions announce: a copy of what gossip keeps, in a form that is searched.
/// Bounded; docs/reference/fapp.md, section 7. A search looks here and nowhere else.
/// </summary>
/// <param name="levels">Says who authors are.</param>
/// <param name="places">Says where postal codes are.</param>
public sealed class RegionStore(ILevels levels, IPlaces places)
{
    /// <summary>Announces kept; arbitrary: all practices of eight regions, some 3,000, and room.</summary>
    public const int MaxAnnounces = 4096;

    /// <summary>Of those, announces of authors for whom nobody vouches: identities are free. Arbitrary.</summary>
    public const int MaxUnknown = 512;

    private readonly HashSet<GossipTopic> _followed = [];
    private readonly Dictionary<(GossipId Author, byte Place), Entry> _entries = [];

    private sealed record Entry(
        byte[] Author, byte Place, ulong Sequence, SlotAnnounce Announce, long Came, bool IsVouched);

    /// <summary>Practices that announce something.</summary>
    public int Count => _entries.Count;

    /// <summary>Begins to take records of these regions, and forgets those of others.</summary>
    public void Follow(IEnumerable<Region> regions)
    {
        _followed.Clear();
        foreach (Region region in regions)
            _followed.Add(region.Topic);
        foreach ((GossipId, byte) key in _entries.Where(e => !_followed.Contains(e.Value.Announce.Plz.Region.Topic))
            .Select(e => e.Key).ToArray())
            _entries.Remove(key);
    }

    /// <summary>Whether records of a topic are taken.</summary>
    public bool Follows(in GossipTopic topic) => _followed.Contains(topic);

    /// <summary>Takes a record whose signature holds.</summary>
    /// <param name="record">The record.</param>
    /// <param name="now">The time.</param>
    /// <param name="fresh">Slots that were not there before; null where it was not an announce that was taken.</param>
    /// <param name="came">When it came, in running seconds; null for now.</param>
    public Taking Take(in FappRecord record, FappTime now, out IReadOnlyList<SlotOffer>? fresh, long? came = null)
    {
        fresh = null;
        if (!_followed.Contains(record.Topic))
            return Taking.NotFollowed;
        return record.Type switch
        {
            FappRecordType.Announce => TakeAnnounce(record, now, came ?? now.Running, out fresh),
            FappRecordType.Answers => SlotConfirm.TryRead(record.Body, out SlotConfirm confirm)
                && (record.Place & 0xFF) == confirm.Shard
                && record.Place >> 8 < Mesh.Appointments.MaxPlaces ? Taking.Taken : Taking.Refused,
            FappRecordType.Attestation or FappRecordType.Revocation =>
                levels.Take(record.Type, record.Author, record.Body) ? Taking.Taken : Taking.Refused,
            _ => Taking.Refused,
        };
    }

    /// <summary>Slots that fit, earliest first.</summary>
    /// <param name="filter">What is looked for.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<SlotOffer> Search(SlotFilter filter, FappTime now)
    {
        var found = new List<SlotOffer>();
        foreach (Entry entry in _entries.Values)
            Collect(filter, entry, entry.Announce.Slots, now, found);
        found.Sort(static (a, b) => a.Slot.Start.CompareTo(b.Slot.Start));
        return found;
    }

    /// <summary>Which of some offers fit a standing search.</summary>
    public IReadOnlyList<SlotOffer> Filter(SlotFilter filter, IReadOnlyList<SlotOffer> offers, FappTime now) =>
        [.. offers.Where(o =>
        o.Level >= filter.Level && filter.Fits(o.Announce) && filter.Fits(o.Slot) && !IsPast(o.Slot, now)
            && IsNear(filter, o.Announce, out _))];

    /// <summary>
    /// The slot of a practice with an id; null if nobody announces it. With several, the practice decides.
    /// </summary>
    /// <param name="id">The slot.</param>
    /// <param name="practice">The beginning of the practice's address, or empty.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<SlotOffer> Find(SlotId id, string practice, FappTime now)
    {
        var found = new List<SlotOffer>();
        foreach (Entry entry in _entries.Values)
        {
            foreach (Slot slot in entry.Announce.Slots)
            {
                if (slot.Id == id && Identity.NodeAddress.Of(entry.Author).ToString()
                    .StartsWith(practice, StringComparison.Ordinal))
                    found.Add(Offer(entry, slot, LevelOf(entry, now), null, now));
            }
        }

        return found;
    }

    /// <summary>Any practice that offers something, and for which somebody vouches; null if there is none.</summary>
    /// <param name="random">Draws it.</param>
    /// <param name="except">An author that is not drawn.</param>
    public (byte[] Author, SlotAnnounce Announce)? Draw(RandomFill random, ReadOnlySpan<byte> except)
    {
        var fit = new List<Entry>(_entries.Count);
        foreach (Entry entry in _entries.Values)
        {
            if (entry.IsVouched && entry.Announce.Slots.Count > 0 && !except.SequenceEqual(entry.Author))
                fit.Add(entry);
        }

        return fit.Count == 0 ? null : fit[Chance.Below(random, fit.Count)] is var drawn
            ? (drawn.Author, drawn.Announce) : null;
    }

    /// <summary>Practices of a region, or all.</summary>
    public int CountIn(string prefix) => _entries.Values.Count(e => e.Announce.Plz.HasPrefix(prefix));

    /// <summary>Age in seconds of the newest announce; null where there is none.</summary>
    public long? NewestAge(FappTime now) => _entries.Count == 0 ? null : now.Running - _entries.Values.Max(e => e.Came);

    /// <summary>Forgets what was not renewed for as long as gossip keeps a record.</summary>
    public void Prune(FappTime now)
    {
        foreach (((GossipId, byte) key, Entry entry) in _entries.ToArray())
        {
            if (now.Running - entry.Came > FappRecord.Hours * FappTime.Hour)
                _entries.Remove(key);
        }
    }

    private Taking TakeAnnounce(in FappRecord record, FappTime now, long came, out IReadOnlyList<SlotOffer>? fresh)
    {
        fresh = null;
        if (record.Place >= Mesh.Appointments.MaxPlaces || SlotAnnounce.TryRead(record.Body) is not { } announce
            || announce.Plz.Region.Topic != record.Topic
            || GossipRecord.SizeOf(FappRecord.Overhead + record.Body.Length) > SlotAnnounce.MaxRecord)
            return Taking.Refused;
        (GossipId, byte) key = (GossipId.Of(record.Author), (byte)record.Place);
        bool isKnown = _entries.TryGetValue(key, out Entry? before);
        if (isKnown && before!.Sequence >= record.Sequence)
            return Taking.Old;
        Level level = levels.Of(record.Author, announce.Attestation, now.Unix);
        var entry = new Entry(
            record.Author.ToArray(), (byte)record.Place, record.Sequence, announce, CameAt(record, now, came),
            level > Level.Contested);
        if (!isKnown)
            MakeRoom(entry.IsVouched);
        _entries[key] = entry;
        fresh = [.. announce.Slots.Where(s => before is null || !before.Announce.Slots.Any(o => o.Id == s.Id))
            .Select(s => Offer(entry, s, level, null, now))];
        return Taking.Taken;
    }

    /// <summary>Where it names a day and there is a clock, its age counts from that day at the latest.</summary>
    private static long CameAt(in FappRecord record, FappTime now, long came)
    {
        if (now.Unix is not { } unix || record.BornDay == 0)
            return came;
        long age = unix - (record.BornDay + 1) * FappTime.Day;
        return Math.Min(came, now.Running - Math.Max(0, age));
    }

    /// <summary>Who nobody vouches for has a part of its own, and gives way first.</summary>
    private void MakeRoom(bool forVouched)
    {
        bool isFull = _entries.Count >= MaxAnnounces;
        bool isUnknownFull = !forVouched && _entries.Values.Count(e => !e.IsVouched) >= MaxUnknown;
        if (!isFull && !isUnknownFull)
            return;
        (GossipId, byte) oldest = default;
        (bool IsVouched, long Came) rank = (true, long.MaxValue);
        foreach (((GossipId, byte) key, Entry entry) in _entries)
        {
            if ((entry.IsVouched, entry.Came).CompareTo(rank) < 0)
                (oldest, rank) = (key, (entry.IsVouched, entry.Came));
        }

        _entries.Remove(oldest);
    }

    private void Collect(SlotFilter filter, Entry entry, IReadOnlyList<Slot> slots, FappTime now, List<SlotOffer> found)
    {
        if (!filter.Fits(entry.Announce) || !IsNear(filter, entry.Announce, out int? distance))
            return;
        Level? level = null;
        foreach (Slot slot in slots)
        {
            if (!filter.Fits(slot) || IsPast(slot, now))
                continue;
            level ??= LevelOf(entry, now);
            if (level < filter.Level)
                return;
            found.Add(Offer(entry, slot, level.Value, distance, now));
        }
    }

    private bool IsNear(SlotFilter filter, SlotAnnounce announce, out int? distance)
    {
        distance = filter.Near is { } near ? places.Distance(near, announce.Plz) : null;
        return filter.Within == 0 || distance <= filter.Within;
    }

    /// <summary>Clocks differ: what began within the tolerance may still be ahead for somebody else.</summary>
    private static bool IsPast(in Slot slot, FappTime now) =>
        now.Unix is { } unix && MinuteTime.UnixSeconds(slot.Start) + FappTime.Tolerance < unix;

    /// <summary>The region of an author's announce; null if it is not known.</summary>
    public Region? RegionOf(ReadOnlySpan<byte> author)
    {
        GossipId id = GossipId.Of(author);
        for (byte place = 0; place < Mesh.Appointments.MaxPlaces; place++)
        {
            if (_entries.TryGetValue((id, place), out Entry? entry))
                return entry.Announce.Plz.Region;
        }

        return null;
    }

    /// <summary>Whether an announce of an author names this attestation of its own.</summary>
    /// <param name="author">The author.</param>
    /// <param name="body">The attestation's body.</param>
    public bool Names(ReadOnlySpan<byte> author, ReadOnlySpan<byte> body)
    {
        GossipId id = GossipId.Of(author);
        byte[] hash = Attestation.Claim.HashOf(body);
        for (byte place = 0; place < Mesh.Appointments.MaxPlaces; place++)
        {
            if (_entries.TryGetValue((id, place), out Entry? entry) && entry.Announce.Attestation.AsSpan()
                .SequenceEqual(hash))
                return true;
        }

        return false;
    }

    /// <summary>The level of an author, whatever it announces: the best of its places.</summary>
    public Level LevelOf(ReadOnlySpan<byte> author, FappTime now)
    {
        GossipId id = GossipId.Of(author);
        Level best = levels.Of(author, default, now.Unix);
        for (byte place = 0; place < Mesh.Appointments.MaxPlaces; place++)
        {
            if (_entries.TryGetValue((id, place), out Entry? entry) && LevelOf(entry, now) is var level && level > best)
                best = level;
        }

        return best;
    }

    private Level LevelOf(Entry entry, FappTime now) => levels.Of(entry.Author, entry.Announce.Attestation, now.Unix);

    private static SlotOffer Offer(Entry entry, Slot slot, Level level, int? distance, FappTime now) =>
        new(entry.Author, entry.Place, entry.Announce, slot, level, Math.Max(0, now.Running - entry.Came), distance);
}
