using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Routing.Tests.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Gossip;

/// <summary>What gossip takes of memory. Alone, because it measures the process.</summary>
[Collection(nameof(ScaleTests))]
public sealed class GossipMemoryTests
{
    [Fact]
    public void Everything_filled_at_once_by_256_links_stays_within_the_memory_that_was_promised()
    {
        var options = new GossipOptions
        {
            MaxBytes = 64 << 20,
            MaxCount = 8_000,
            MaxRemembered = 8_000,
            MaxAnnounced = 4096
        };
        var bench = new QuietBench();
        var random = new Random(2);
        GossipProtocol Fill()
        {
            var protocol = new GossipProtocol(options, bench, new Random(1), new Random(3).NextBytes, bench.Now);
            byte[] record = new byte[21], have = new byte[1 + GossipHave.SizeOf(256)],
                want = new byte[1 + GossipWant.SizeOf(256)];
            for (int link = 0; link < 256; link++)
            {
                protocol.LinkUp(bench.Now, new LinkId(link), new LinkDescription(
                    new Identity.NodeAddress((ulong)link, 1), new byte[32], LinkProperties.Stream, 1, link % 2 == 0,
                    (ulong)link + 1, link % 2 == 0));
            }

            for (int round = 0; round < 60; round++)
            {
                bench.Now += TimeSpan.FromMilliseconds(2500);
                for (int link = 0; link < 256; link++)
                {
                    random.NextBytes(record);
                    GossipRecord.Write(record.AsSpan(0), GossipClass.Channel, 0, 24,
                        new GossipTopic((ulong)random.NextInt64(), 1), [1]);
                    protocol.Receive(bench.Now, new LinkId(link), [(byte)FrameKind.GossipRecord, .. record]);
                    random.NextBytes(have);
                    (have[0], have[1]) = ((byte)FrameKind.GossipHave, 1);
                    protocol.Receive(bench.Now, new LinkId(link), have);
                    random.NextBytes(want);
                    (want[0], want[1]) = ((byte)FrameKind.GossipWant, 0);
                    protocol.Receive(bench.Now, new LinkId(link), want);
                }

                protocol.Tick(bench.Now);
            }

            return protocol;
        }

        _ = Fill();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        GossipProtocol full = Fill();
        long taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(full.RecordCount, options.MaxCount / 3, options.MaxCount / 2);
        Assert.Equal(options.MaxRemembered, full.RememberedCount);
        Assert.InRange(full.AnnouncedCount, options.MaxAnnounced / 2, options.MaxAnnounced);
        Assert.True(taken < options.MemoryInAll,
            $"{taken} of {options.MemoryInAll} bytes, {full.RecordCount} records, {full.RememberedCount} ids");
        GC.KeepAlive(full);
    }

    [Fact]
    public void Ten_thousand_records_take_less_than_four_megabytes_of_memory()
    {
        var bench = new QuietBench();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var protocol = new GossipProtocol(new GossipOptions { MaxBytes = 64 << 20, MaxCount = 40_000 }, bench,
            new Random(1), new Random(3).NextBytes, bench.Now);
        byte[] record = new byte[300];
        for (int i = 0; i < 10_000; i++)
        {
            GossipRecord.Write(record, GossipClass.Channel, 0, 24, new GossipTopic((ulong)i, 1), new byte[280]);
            Assert.True(protocol.Publish(bench.Now, record));
        }

        long taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(10_000, protocol.RecordCount);
        Assert.True(taken < 4 << 20, $"{taken} bytes");
        GC.KeepAlive(protocol);
    }

    /// <summary>Takes everything and keeps nothing.</summary>
    private sealed class QuietBench : IGossipActions
    {
        public Instant Now { get; set; } = new(TimeSpan.TicksPerDay);

        public long? UnixSeconds => null;

        public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) => false;

        public GossipJudgement Judge(Instant now, in GossipId id, in GossipRecord record) => GossipVerdict.NotMine;

        public void PersistRecord(in GossipId id, in KeptRecord kept, ReadOnlySpan<byte> record)
        {
        }

        public void PersistDead(in GossipId id, TimeSpan age)
        {
        }

        public void ForgetId(in GossipId id)
        {
        }

        public void LoadRecord(in GossipId id)
        {
        }
    }
}
