using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>What becomes of a record that is new here.</summary>
internal enum Admitted : byte
{
    /// <summary>It is kept and passed on.</summary>
    Kept,

    /// <summary>It is passed on and not kept.</summary>
    PassedOn,

    /// <summary>It is neither; its id is remembered, unless it should come again.</summary>
    Refused,
}

/// <summary>
/// Decides about records: cheap checks before dear ones, and never more than a source's share. What is kept is kept
/// until it ends.
/// </summary>
internal sealed class Admission(GossipCore core, Serving serving, GossipPrices prices)
{
    /// <summary>A record of a neighbour.</summary>
    public Admitted Take(Instant now, in GossipId id, in GossipRecord record, GossipLink link)
    {
        StoredRecord? kept = Judge(now, id, record, link.Source, out GossipVerdict verdict);
        if (verdict == GossipVerdict.NotNow)
        {
            core.Counters.Add(GossipCounter.NotNow);
            return Admitted.Refused;
        }

        if (verdict == GossipVerdict.OtherTime)
        {
            core.Counters.Add(GossipCounter.DropExpired);
            core.RefusedByClock.Add(id);
            return Admitted.Refused;
        }

        if (kept is null)
        {
            core.Remember(now, id, link.Source.Key, now, Gone.ForGood);
            return Admitted.Refused;
        }

        kept.IsUnsettled = verdict == GossipVerdict.MineUnsettled;
        kept.Source = kept.IsUnsettled || verdict == GossipVerdict.Mine ? null : link.Source;
        kept.From = link.Id;
        if (TryKeep(now, kept, record.Bytes))
            return Admitted.Kept;
        core.Counters.Add(GossipCounter.NotKept);
        core.Remember(now, id, link.Source.Key, now, Gone.NotKept, isLasting: !kept.IsUnsettled);
        // What is said now still gets through, but a spammer whose share is full is heard at a trickle.
        if (link.Source.PassedOn.TryTake(now, record.Bytes.Length))
            return Admitted.PassedOn;
        core.Counters.Add(GossipCounter.DropTooFast);
        return Admitted.Refused;
    }

    /// <summary>A record of this node; false if it has ended already.</summary>
    public bool TakeOwn(Instant now, in GossipId id, in GossipRecord record)
    {
        if (RecordLifetimes.EndOf(now, now, record.BornDay, record.Hours, core.Actions.UnixSeconds) is not { } end)
            return false;
        var kept = new StoredRecord(id, record, now, end);
        if (core.Options.Rules(record.Class) is { } rules)
        {
            if (!rules.TryReadPlace(record, out GossipPlace place, out ulong sequence)
                || !MakePlace(now, kept, place, sequence))
                return false;
        }

        return TryKeep(now, kept, record.Bytes);
    }

    /// <summary>
    /// A record that was kept before a restart; false if it has ended, or there is no room for it any more.
    /// </summary>
    public bool Restore(Instant now, in GossipId id, in KeptRecord kept, in GossipRecord record)
    {
        Instant firstSeen = now - kept.Age;
        // By running time alone: the clock may have been wrong before the restart, or be wrong after it.
        Instant? end = RecordLifetimes.EndOf(now, firstSeen, record.BornDay, record.Hours, unixSeconds: null);
        if (end is not { } ends || core.Knows(id))
            return false;
        var restored = new StoredRecord(id, record, firstSeen, Instant.Min(ends, now + kept.LifetimeLeft))
        {
            Source = kept.IsMine ? null : core.Sources.Of(kept.Source, kept.IsChosen, now),
        };
        if (core.Options.Rules(record.Class) is { } rules)
        {
            if (!rules.TryReadPlace(record, out GossipPlace place, out ulong sequence)
                || !MakePlace(now, restored, place, sequence))
                return false;
        }

        if (!core.Quota.HasRoomForRestored(restored.Cost))
            return false;
        core.Quota.Take(restored);
        core.Records.Add(restored);
        return true;
    }

    /// <summary>
    /// The end of a record was found by a clock that said something else than it does now, and now it has time left.
    /// </summary>
    public bool IsReprieved(Instant now, StoredRecord record)
    {
        if (core.Actions.UnixSeconds is not { } seconds
            || RecordLifetimes.EndOf(now, record.FirstSeen, record.BornDay, record.Hours, seconds) is not { } end)
            return false;
        core.Records.Prolong(record, end);
        return true;
    }

    /// <summary>The lifetime of a record is over, at least by the clock.</summary>
    public void End(Instant now, StoredRecord record)
    {
        core.Counters.Add(GossipCounter.RecordsExpired);
        if (record.LastsUntil <= now)
        {
            Drop(now, record, Gone.ForGood);
            return;
        }

        Lose(record);
        core.RefusedByClock.Add(record.Id);
    }

    /// <summary>A record is gone, and its id stays.</summary>
    public void Drop(Instant now, StoredRecord record, Gone why)
    {
        core.Records.Remove(record);
        core.Quota.GiveBack(record);
        core.Remember(now, record.Id, record.Source?.Key ?? 0, record.FirstSeen, why);
    }

    /// <summary>
    /// What a record says is on disk: now it may be there too, as one of this node's topics, also where it was carried
    /// for others before. Or it did not get there: then a record that came in just now is forgotten, and may come
    /// again.
    /// </summary>
    public void Settle(Instant now, StoredRecord record, bool isOnDisk, byte[]? bytes)
    {
        if (!isOnDisk)
        {
            if (record.IsUnsettled)
                Lose(record);
            return;
        }

        if (record.Source is not null)
        {
            if (!core.Quota.HasRoomForMine(record.Cost))
                return;
            core.Quota.GiveBack(record);
            record.Source = null;
            core.Quota.Take(record);
        }
        else if (!record.IsUnsettled)
        {
            return;
        }

        bytes = record.Bytes ?? bytes;
        if (record.IsUnsettled)
            (record.IsUnsettled, record.Bytes) = (false, null);
        if (bytes is null)
            return;
        serving.Cache(record, bytes);
        Persist(now, record, bytes);
    }

    /// <summary>The bytes of a record are gone: it may come again.</summary>
    public void Lose(StoredRecord record)
    {
        core.Records.Remove(record);
        core.Quota.GiveBack(record);
        core.Actions.ForgetId(record.Id);
    }

    // Null: it is not to be kept, for a reason that is counted.
    private StoredRecord? Judge(
        Instant now, in GossipId id, in GossipRecord record, GossipSource source, out GossipVerdict verdict)
    {
        verdict = GossipVerdict.NotMine;
        if (RecordLifetimes.EndOf(now, now, record.BornDay, record.Hours, core.Actions.UnixSeconds) is not { } end)
        {
            verdict = GossipVerdict.OtherTime;
            return null;
        }

        var kept = new StoredRecord(id, record, now, end);
        if (core.Options.Rules(record.Class) is { } rules && !KeepsRules(now, kept, record, rules))
            return null;
        (verdict, bool hasVerified) = core.Actions.Judge(now, id, record);
        if (hasVerified)
            prices.OweSignature(now, source);
        if (verdict is not (GossipVerdict.Refused or GossipVerdict.NotNow or GossipVerdict.OtherTime))
            return kept;
        if (verdict == GossipVerdict.Refused)
            core.Counters.Add(GossipCounter.DropUnreadable);
        return null;
    }

    private bool KeepsRules(Instant now, StoredRecord kept, in GossipRecord record, IGossipClassRules rules)
    {
        if (!rules.TryReadPlace(record, out GossipPlace place, out ulong sequence))
        {
            core.Counters.Add(GossipCounter.DropForged);
            return false;
        }

        if (core.Records.Find(place) is { } there && there.Sequence >= sequence)
        {
            core.Counters.Add(GossipCounter.DropSuperseded);
            return false;
        }

        if (!rules.Verify(record))
        {
            core.Counters.Add(GossipCounter.DropForged);
            return false;
        }

        return MakePlace(now, kept, place, sequence);
    }

    private bool MakePlace(Instant now, StoredRecord kept, in GossipPlace place, ulong sequence)
    {
        if (core.Records.Find(place) is { } older)
        {
            if (older.Sequence >= sequence)
                return false;
            Drop(now, older, Gone.ForGood);
        }

        kept.Place = place;
        kept.Sequence = sequence;
        return true;
    }

    private bool TryKeep(Instant now, StoredRecord kept, ReadOnlySpan<byte> bytes)
    {
        if (kept.Source is { } source ? !core.Options.Relays || !core.Quota.HasRoom(source, kept.Cost)
            : !MakeRoomForMine(now, kept.Cost))
            return false;
        core.Quota.Take(kept);
        core.Records.Add(kept);
        if (kept.IsUnsettled)
        {
            kept.Bytes = bytes.ToArray();
            return true;
        }

        serving.Cache(kept, bytes.ToArray());
        Persist(now, kept, bytes);
        return true;
    }

    private void Persist(Instant now, StoredRecord record, ReadOnlySpan<byte> bytes)
    {
        if (!core.Options.HasDisk)
            return;
        core.Actions.PersistRecord(record.Id, new KeptRecord(
            now - record.FirstSeen, record.ExpiresAt - now, record.Source?.Key ?? 0, record.Source?.IsChosen ?? false,
            record.IsMine), bytes);
    }

    // What this node reads has been read; the record that ends first goes first.
    private bool MakeRoomForMine(Instant now, int cost)
    {
        while (!core.Quota.HasRoomForMine(cost))
        {
            StoredRecord? first = null;
            foreach (StoredRecord record in core.Records.All)
            {
                if (record is { IsMine: true, IsUnsettled: false }
                    && (first is null || record.ExpiresAt < first.ExpiresAt))
                    first = record;
            }

            if (first is null)
                return false;
            core.Counters.Add(GossipCounter.Evicted);
            Drop(now, first, Gone.ForGood);
        }

        return true;
    }
}
