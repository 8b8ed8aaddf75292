using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// Records that neighbours asked for, in the order in which they did; those that are on disk only are read one after
/// another. What was read or came in last stays in memory for a while.
/// </summary>
internal sealed class Serving(GossipCore core)
{
    private readonly Queue<StoredRecord> _cached = [];
    private readonly Dictionary<GossipId, List<LinkId>> _loading = [];
    private long _cachedBytes;

    /// <summary>Bytes of records in memory.</summary>
    public long CachedBytes => _cachedBytes;

    /// <summary>Keeps the bytes of a record in memory for a while; without a disk as long as the record.</summary>
    public void Cache(StoredRecord record, byte[] bytes)
    {
        if (record.Bytes is not null)
            return;
        record.Bytes = bytes;
        if (!core.Options.HasDisk)
            return;
        _cached.Enqueue(record);
        _cachedBytes += bytes.Length;
        while (_cachedBytes > core.Options.CacheBytes && _cached.TryDequeue(out StoredRecord? oldest))
        {
            _cachedBytes -= oldest.Size;
            oldest.Bytes = null;
        }
    }

    /// <summary>A neighbour asks for records.</summary>
    public void Asked(Instant now, GossipLink link, in GossipWant want)
    {
        if (want.Graft && link.IsStream && !link.Source.IsBarred(now))
            link.IsEager = true;
        for (int i = 0; i < want.Count; i++)
        {
            if (link.Talk.ToServe.Count >= LinkTalk.MaxWaiting)
            {
                core.Counters.Add(GossipCounter.RequestsIgnored, want.Count - i);
                break;
            }

            link.Talk.ToServe.Enqueue(want[i]);
        }

        core.Links.Touch(link);
    }

    /// <summary>Sends what waits for a neighbour, as far as there is room and its bytes are at hand.</summary>
    public void Serve(Instant now, GossipLink link)
    {
        LinkTalk talk = link.Talk;
        while (!talk.IsLoading && !talk.IsBlocked && talk.ToServe.TryPeek(out GossipId id))
        {
            StoredRecord? record = core.Records.Find(id);
            if (record is null || record.Size + 1 > link.Mtu)
            {
                talk.ToServe.Dequeue();
                continue;
            }

            if (!link.Source.Served.Has(now, record.Size))
            {
                core.Counters.Add(GossipCounter.RequestsIgnored, talk.ToServe.Count);
                talk.ToServe.Clear();
                break;
            }

            if (record.Bytes is { } bytes)
                Send(now, link, bytes);
            else
                Load(link, id);
        }
    }

    /// <summary>
    /// The bytes of a record that was asked for; empty if they are gone. The record, if nothing of it is left.
    /// </summary>
    public StoredRecord? Loaded(in GossipId id, ReadOnlySpan<byte> bytes)
    {
        StoredRecord? record = core.Records.Find(id);
        bool isGood = record is not null && bytes.Length == record.Size;
        if (isGood)
            Cache(record!, bytes.ToArray());
        if (_loading.Remove(id, out List<LinkId>? links))
        {
            foreach (LinkId number in links)
            {
                if (core.Links.Find(number) is not { } link)
                    continue;
                link.Talk.IsLoading = false;
                core.Links.Touch(link);
            }
        }

        return isGood ? null : record;
    }

    private void Send(Instant now, GossipLink link, byte[] bytes)
    {
        LinkTalk talk = link.Talk;
        if (!RecordFrame.TrySend(core.Actions, link, bytes))
        {
            talk.IsBlocked = true;
            return;
        }

        talk.ToServe.Dequeue();
        _ = link.Source.Served.TryTake(now, bytes.Length);
        core.Counters.Add(GossipCounter.RecordsServed);
        if (link.Sync.IsOpen)
            link.Sync.Gain++;
    }

    private void Load(GossipLink link, in GossipId id)
    {
        link.Talk.IsLoading = true;
        if (_loading.TryGetValue(id, out List<LinkId>? waiting))
        {
            waiting.Add(link.Id);
            return;
        }

        _loading.Add(id, [link.Id]);
        core.Actions.LoadRecord(id);
    }
}
