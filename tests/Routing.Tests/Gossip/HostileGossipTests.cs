using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Gossip;

public sealed class HostileGossipTests
{
    private static readonly FrameKind[] Kinds =
    [
        FrameKind.GossipRecord, FrameKind.GossipHave, FrameKind.GossipWant, FrameKind.GossipPrune, FrameKind.GossipSync,
        FrameKind.GossipInterest,
    ];

    [Fact]
    public void Mutated_frames_of_all_kinds_raise_no_exception_and_leave_everything_within_its_bounds()
    {
        var options = new GossipOptions { MaxBytes = 100_000, MaxCount = 200, MaxRemembered = 100, MaxAnnounced = 50 };
        var bench = new GossipBench(options);
        var random = new Random(1);
        List<byte[]> seen = [];
        for (int link = 0; link < 6; link++)
            bench.Up(link, chosen: link % 2 == 0, properties: link == 5 ? GossipBench.Radio : null);
        for (int i = 0; i < 50_000; i++)
        {
            FrameKind kind = Kinds[random.Next(Kinds.Length)];
            byte[] body = Body(bench, kind, random, seen);
            if (random.Next(3) == 0 && body.Length > 0)
                body[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
            if (random.Next(20) == 0)
                body = body[..random.Next(body.Length + 1)];
            bench.Receive(new LinkId(random.Next(6)), kind, body);
            if (i % 16 == 0)
                bench.Pass(TimeSpan.FromMilliseconds(random.Next(2000)));
            foreach (GossipId id in bench.Loads.ToArray())
            {
                bench.Loads.Remove(id);
                bench.Protocol.RecordLoaded(bench.Now, id, bench.Disk.GetValueOrDefault(id).Bytes);
            }

            if (bench.Sent.Count > 0 && seen.Count < 2000)
                seen.AddRange(bench.Sent.Where(s => s.Frame[0] == (byte)FrameKind.GossipSync)
                    .Select(s => s.Frame[1..]));
            bench.Sent.Clear();
            Assert.True(bench.Protocol.RecordBytes <= options.MaxBytes);
            Assert.InRange(bench.Protocol.RecordCount, 0, options.MaxCount);
            Assert.InRange(bench.Protocol.RememberedCount, 0, options.MaxRemembered);
            Assert.InRange(bench.Protocol.AnnouncedCount, 0, options.MaxAnnounced);
        }

        Assert.True(bench.Protocol.Counters[GossipCounter.DropMalformed] > 1000);
        Assert.True(bench.Protocol.Counters[GossipCounter.RecordsAccepted] > 100);
        Assert.True(bench.Protocol.Counters[GossipCounter.SyncBytes] > 1000);
        // What is remembered here is remembered on disk, and nothing else is.
        Assert.Equal(bench.Protocol.RememberedCount, bench.Disk.Values.Count(r => r.Bytes is null));
        Assert.Equal(bench.Protocol.RecordCount, bench.Disk.Values.Count(r => r.Bytes is not null));
    }

    private static byte[] Body(GossipBench bench, FrameKind kind, Random random, List<byte[]> seen)
    {
        GossipId[] ids =
            [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => new GossipId((ulong)random.Next(300), 1))];
        byte[] body = new byte[400];
        switch (kind)
        {
            case FrameKind.GossipRecord:
                return bench.Record(random.Next(30, 2000), hours: (byte)random.Next(1, 5));
            case FrameKind.GossipHave:
                if (random.Next(2) == 0 && bench.Disk.Count > 0)
                    ids[0] = bench.Disk.Keys.First();
                return body[..GossipHave.Write(body, ids, random.Next(2) == 0)];
            case FrameKind.GossipWant:
                if (bench.Disk.Count > 0)
                    ids[0] = bench.Disk.Keys.First();
                return body[..GossipWant.Write(body, ids, random.Next(2) == 0)];
            case FrameKind.GossipSync when random.Next(3) == 0 && seen.Count > 0:
                byte[] earlier = [.. seen[random.Next(seen.Count)]];
                earlier[1] = (byte)random.Next(1, 8);
                return earlier;
            case FrameKind.GossipSync:
                var writer = new GossipSync.Writer(body, (byte)random.Next(3), 0, new byte[16]);
                writer.TryAddFingerprint(new GossipId(1UL << random.Next(64), 0), random.Next(2)
                    == 0, random.Next(100), (ulong)random.NextInt64());
                return body[..writer.Finish()];
            case FrameKind.GossipInterest:
                return body[..GossipInterest.Write(body, [0, (ulong)random.Next(5)])];
            default:
                return [];
        }
    }
}
