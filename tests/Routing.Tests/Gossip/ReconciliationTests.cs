using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Gossip;

public sealed class ReconciliationTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(3, 900)]
    [InlineData(2000, 1)]
    [InlineData(2000, 300)]
    public void Two_nodes_that_meet_have_the_same_records_afterwards(int common, int different)
    {
        var pair = new BenchPair();
        pair.Fill(common, different);
        pair.Meet();
        pair.Run(TimeSpan.FromMinutes(5));
        Assert.Equal(common + 2 * different, pair.A.Protocol.RecordCount);
        Assert.Equal(common + 2 * different, pair.B.Protocol.RecordCount);
    }

    [Fact]
    public void Nodes_that_have_the_same_say_so_in_one_frame()
    {
        var pair = new BenchPair();
        pair.Fill(1000, 0);
        pair.Meet();
        pair.Run(TimeSpan.FromMinutes(4));
        Assert.Equal(1, pair.Frames(FrameKind.GossipSync));
        Assert.InRange(pair.Bytes(FrameKind.GossipSync), 1, 40);
    }

    [Fact]
    public void A_session_begins_five_minutes_after_the_last_one_and_only_the_side_that_dialled_begins_it()
    {
        var pair = new BenchPair();
        pair.Fill(10, 0);
        pair.Meet();
        pair.Run(TimeSpan.FromMinutes(26));
        Assert.InRange(pair.A.Protocol.Counters[GossipCounter.SyncsBegun], 5, 6);
        Assert.Equal(0, pair.B.Protocol.Counters[GossipCounter.SyncsBegun]);
    }

    [Fact]
    public void Sessions_that_come_too_soon_are_not_answered()
    {
        var bench = new GossipBench();
        bench.Protocol.Publish(bench.Now, bench.Record());
        LinkId link = bench.Up(0);
        byte[] body = new byte[256];
        var writer = new GossipSync.Writer(body, 1, 0, new byte[GossipSync.KeySize]);
        writer.TryAddFingerprint(default, isLast: true, 5, 5);
        int size = writer.Finish();
        for (int i = 0; i < 10; i++)
            Assert.True(bench.Receive(link, FrameKind.GossipSync, body.AsSpan(0, size)));
        Assert.Single(bench.Take(link, FrameKind.GossipSync));
        Assert.Equal(9, bench.Protocol.Counters[GossipCounter.SyncsIgnored]);
        bench.Pass(TimeSpan.FromMinutes(1));
        bench.Receive(link, FrameKind.GossipSync, body.AsSpan(0, size));
        Assert.Single(bench.Take(link, FrameKind.GossipSync));
    }

    [Fact]
    public void Fingerprints_under_another_key_say_nothing_about_each_other()
    {
        GossipId[] ids = [new(1, 2), new(3, 4), new(5, 6)];
        ulong one = RangeAnswers.Sum(new byte[16], ids), other = RangeAnswers.Sum([1, .. new byte[15]], ids);
        Assert.NotEqual(one, other);
        // A sum of ids would not notice these: they have the same sum as the first two.
        Assert.NotEqual(RangeAnswers.Sum(new byte[16], ids[..2]),
            RangeAnswers.Sum(new byte[16], [new(2, 3), new(2, 3)]));
    }

    /// <summary>Two nodes whose frames reach each other at once.</summary>
    private sealed class BenchPair
    {
        private readonly List<byte[]> _all = [];

        public GossipBench A { get; } = new();

        public GossipBench B { get; } = new();

        public void Fill(int common, int different)
        {
            for (int i = 0; i < common + 2 * different; i++)
            {
                byte[] record = A.Record();
                if (i < common + different)
                    Assert.True(A.Protocol.Publish(A.Now, record));
                if (i < common || i >= common + different)
                    Assert.True(B.Protocol.Publish(B.Now, record));
            }
        }

        public void Meet()
        {
            A.Up(0, chosen: true);
            B.Up(0);
        }

        public void Run(TimeSpan time)
        {
            for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(100))
            {
                A.Pass(TimeSpan.FromMilliseconds(100));
                B.Pass(TimeSpan.FromMilliseconds(100));
                while (A.Sent.Count + B.Sent.Count > 0)
                {
                    Carry(A, B);
                    Carry(B, A);
                }
            }
        }

        public int Frames(FrameKind kind) => _all.Count(f => f[0] == (byte)kind);

        public int Bytes(FrameKind kind) => _all.Where(f => f[0] == (byte)kind).Sum(f => f.Length);

        private void Carry(GossipBench from, GossipBench to)
        {
            byte[][] frames = [.. from.Sent.Select(s => s.Frame)];
            from.Sent.Clear();
            foreach (byte[] frame in frames)
            {
                _all.Add(frame);
                Assert.True(to.Receive(new LinkId(0), (FrameKind)frame[0], frame.AsSpan(1)));
            }

            while (to.Loads.Count > 0)
            {
                GossipId id = to.Loads[0];
                to.Loads.RemoveAt(0);
                to.Protocol.RecordLoaded(to.Now, id, to.Disk[id].Bytes);
                to.Protocol.EndOfBatch(to.Now);
            }
        }
    }
}
