using System.Text;
using QuicProChat.Mesh.Messaging.Channels;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Node.Metrics;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Transports.Lora;

namespace QuicProChat.Mesh.Node.Hosting;

/// <content>Counters and gauges.</content>
internal sealed partial class MeshNode
{
    private static readonly (RouterCounter Counter, string Label)[] RouterSeries =
        Array.ConvertAll(Enum.GetValues<RouterCounter>(),
            c => (c, MetricsText.Label("event", SnakeCase(c.ToString()))));

    private static readonly (RouteCounter Counter, string Label)[] RouteSeries =
        Array.ConvertAll(Enum.GetValues<RouteCounter>(), c => (c, MetricsText.Label("event", SnakeCase(c.ToString()))));

    private static readonly (GossipCounter Counter, string Label)[] GossipSeries =
        Array.ConvertAll(Enum.GetValues<GossipCounter>(),
            c => (c, MetricsText.Label("event", SnakeCase(c.ToString()))));

    internal async Task<string> MetricsAsync(CancellationToken cancellation)
    {
        IReadOnlyList<RadioStatus> radios = await AskRadiosAsync(cancellation).ConfigureAwait(false);
        return await AskAsync(_ => Metrics(radios)).WaitAsync(cancellation).ConfigureAwait(false);
    }

    private string Metrics(IReadOnlyList<RadioStatus> radios)
    {
        Faults.At(FaultPlace.Metrics);
        var text = new MetricsText();
        HeldTotals held = _router.Held;
        GCMemoryInfo memory = GC.GetGCMemoryInfo(GCKind.Any);
        text.Gauge("qpc_uptime_seconds", "Time since start.", _time.GetElapsedTime(_started).TotalSeconds)
            .Gauge("qpc_resident_bytes", "Resident memory.", Environment.WorkingSet)
            .Gauge("qpc_heap_bytes", "Managed heap after the last collection.", memory.HeapSizeBytes)
            .Gauge("qpc_heap_committed_bytes", "What the managed heap had taken at the last collection.",
                memory.TotalCommittedBytes)
            .Gauge("qpc_heap_limit_bytes", "What the managed heap may take at most.", memory.TotalAvailableMemoryBytes)
            .Counter("qpc_collections_total", "Garbage collections.", GC.CollectionCount(0))
            .Gauge("qpc_links", "Links that are up.", _host.Links.Count)
            .Gauge("qpc_routes", "Destinations with a route.", _router.RouteCount)
            .Gauge("qpc_known_nodes", "Nodes whose announces are known.", _router.KnownNodes)
            .Gauge("qpc_seen_envelopes", "Envelopes whose ids are remembered, so that no copy is taken for new.",
                _router.SeenCount)
            .Gauge("qpc_request_bytes", "Bytes that requests of strangers take in the store.", Store.RequestBytes)
            .Gauge("qpc_held_envelopes", "Envelopes held.", held.Count)
            .Gauge("qpc_held_bytes", "Bytes of envelopes held.", held.Bytes)
            .Gauge("qpc_held_memory_bytes", "The part of them in memory.", held.BytesInMemory)
            .Gauge("qpc_awaiting_receipt", "Own messages without a proof so far.", held.AwaitingReceipt)
            .Counter("qpc_messages_total", "Own messages stored, both directions.", Direct.Accepted)
            .Counter("qpc_messages_rejected_total", "Envelopes for this node that did not open.", Direct.Rejected
                + Conversations.OfNoKind)
            .Counter("qpc_store_commits_total", "Transactions committed.", _writer.Commits)
            .Counter("qpc_store_failures_total", "Transactions that failed.", _writer.Failures)
            .Counter("qpc_store_sync_failures_total",
                "Times that the log could not be brought to the disk after a transaction.", Store.SyncFailures)
            .Gauge("qpc_store_failing", "1 while the store refuses to write, or what it wrote may not be on the disk.",
                _writer.Failing ? 1 : 0)
            .Gauge("qpc_store_free_bytes", "Free bytes of the disk when the store was written last.", Store.FreeBytes)
            .Gauge("qpc_store_quota_bytes", "The quota of the data directory.", Store.Quota.Bytes)
            .Counter("qpc_messages_not_kept_total",
                "Messages of nodes that were refused, and of strangers where one is larger than they may send.",
                Direct.NotKept)
            .Counter("qpc_store_damaged_rows_total", "Times that a damaged row was met and left out.",
                Store.Damage.Rows)
            .Counter("qpc_log_lines_lost_total", "Log lines that were dropped because the log was full or held up.",
                _lostLines())
            .Counter("qpc_loop_batches_total", "Batches that the loop handled.", _loop.Batches)
            .Counter("qpc_link_received_bytes_total", "Bytes received on links that are up.",
                _host.Links.All.Sum(l => l.Link.Traffic.Received))
            .Counter("qpc_link_sent_bytes_total", "Bytes sent on links that are up.",
                _host.Links.All.Sum(l => l.Link.Traffic.Sent));
        text.Family("qpc_router_events_total", "What the router did, dropped and refused.", "counter");
        foreach ((RouterCounter counter, string label) in RouterSeries)
            text.Sample("qpc_router_events_total", label, _router.Counters[counter]);
        text.Family("qpc_route_events_total", "What was sent, learnt, dropped and refused about routes.", "counter");
        foreach ((RouteCounter counter, string label) in RouteSeries)
            text.Sample("qpc_route_events_total", label, _router.RouteCounters[counter]);
        GossipProtocol gossip = _host.Gossip.Protocol;
        text.Gauge("qpc_gossip_records", "Gossip records kept.", gossip.RecordCount)
            .Gauge("qpc_gossip_bytes", "Bytes that they take, with what their rows cost.", gossip.RecordBytes)
            .Gauge("qpc_gossip_remembered", "Ids of gossip records that are gone and must not come back.",
                gossip.RememberedCount)
            .Gauge("qpc_gossip_announced", "Gossip records that neighbours have and that are not here.",
                gossip.AnnouncedCount)
            .Gauge("qpc_gossip_tree_links", "Links on which new gossip records are pushed.", gossip.EagerLinks);
        text.Family("qpc_gossip_events_total",
            "Gossip records received, sent, asked for, dropped and refused.", "counter");
        foreach ((GossipCounter counter, string label) in GossipSeries)
            text.Sample("qpc_gossip_events_total", label, gossip.Counters[counter]);
        text.Gauge("qpc_lite_groups", "MLS-Lite groups of this node.", Lite.GroupCount)
            .Gauge("qpc_lite_put_aside", "MLS-Lite envelopes that cannot be opened yet.", Lite.AsideCount);
        text.Family("qpc_lite_events_total", "MLS-Lite messages made, read, put aside and refused.", "counter");
        foreach (LiteEvent what in LiteCounters.All)
            text.Sample("qpc_lite_events_total", MetricsText.Label("event", SnakeCase(what.ToString())),
                Lite.Counters[what]);
        text.Gauge("qpc_channels", "Channels of this node.", Channels.ChannelCount);
        text.Family("qpc_channel_events_total", "Messages of channels sent, received and refused.", "counter");
        foreach (ChannelEvent what in ChannelCounters.All)
            text.Sample("qpc_channel_events_total", MetricsText.Label("event", SnakeCase(what.ToString())),
                Channels.Counters[what]);
        text.Gauge("qpc_files", "Files that this node has or fetches.", Files.Transfers.Count)
            .Gauge("qpc_file_bytes", "Bytes that they take on the disk when they are whole.",
                Files.Transfers.SpaceOnDisk)
            .Gauge("qpc_file_open_chunks", "Chunks of files that are being put together or written.",
                Files.Transfers.OpenChunks);
        text.Family("qpc_file_events_total",
            "Pieces and chunks of files sent, received, wrong and refused.", "counter");
        foreach (FileCount what in FileCounters.All)
            text.Sample("qpc_file_events_total", MetricsText.Label("event", SnakeCase(what.ToString())),
                Files.Transfers.Counters[what]);
        text.Gauge("qpc_groups", "MLS groups of this node.", Groups.Count)
            .Gauge("qpc_pairs", "Conversations with one node that have MLS keys.", Groups.PairCount)
            .Gauge("qpc_group_bytes", "Bytes of the states of MLS groups, and of the commits that they keep.",
                Groups.UsedBytes)
            .Gauge("qpc_group_put_aside", "MLS texts that cannot be opened yet.", Groups.AsideCount);
        text.Family("qpc_group_events_total", "MLS messages made, read, put aside and refused.", "counter");
        foreach (GroupCount what in GroupCounters.All)
            text.Sample("qpc_group_events_total", MetricsText.Label("event", SnakeCase(what.ToString())),
                Groups.Counters[what]);
        WriteAccounts(text);
        WriteReasons(text, "qpc_connections_refused_total",
            "Connections, in either direction, that did not become links, by reason.", _links?.Refused);
        WriteReasons(text, "qpc_links_ended_total", "Links that ended, by reason.", _links?.Ended);
        WriteDiscovery(text);
        text.Family("qpc_faults_total", "Faults of this program that were caught, by what they cost.", "counter");
        foreach ((FaultSeam seam, long count) in Faults.Counts)
            text.Sample("qpc_faults_total", MetricsText.Label("cost", SnakeCase(seam.ToString())), count);
        RadioSeries.Write(text, radios);
        return text.ToString();
    }

    private void WriteDiscovery(MetricsText text)
    {
        if (_links?.DiscoveryCounts is not { } counts)
            return;
        text.Gauge("qpc_discovery_found", "Nodes and servers found on the links of this machine.", counts.Found);
        text.Family("qpc_discovery_events_total", "Messages of multicast DNS, and what had no room.", "counter");
        foreach ((string what, long count) in new[]
        {
            ("received", counts.Received), ("ignored", counts.Ignored), ("announced", counts.Announced),
            ("asked", counts.Asked), ("displaced", counts.Displaced),
        })
            text.Sample("qpc_discovery_events_total", MetricsText.Label("event", what), count);
    }

    private static void WriteReasons(
        MetricsText text, string family, string help, IEnumerable<KeyValuePair<string, long>>? counts)
    {
        text.Family(family, help, "counter");
        foreach ((string reason, long count) in counts ?? [])
            text.Sample(family, MetricsText.Label("reason", SnakeCase(reason)), count);
    }

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        foreach (char c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}
