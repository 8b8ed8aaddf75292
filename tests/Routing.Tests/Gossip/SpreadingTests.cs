using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Gossip;

public sealed class SpreadingTests
{
    private readonly GossipBench _bench = new();

    [Fact]
    public void The_first_announcement_is_asked_for_at_once_and_makes_the_link_part_of_the_tree()
    {
        LinkId link = _bench.Up(0);
        _bench.Have(link, atOnce: false, new GossipId(1, 1));
        Assert.True(GossipWant.TryRead(Assert.Single(_bench.Take(link, FrameKind.GossipWant)), out GossipWant want));
        Assert.True(want.Graft);
        Assert.Equal(new GossipId(1, 1), want[0]);
        Assert.Equal(1, _bench.Protocol.EagerLinks);
    }

    [Fact]
    public void With_a_tree_an_announcement_waits_for_the_push_that_may_come()
    {
        LinkId tree = _bench.Up(0), other = _bench.Up(1);
        _bench.Have(tree, atOnce: false, new GossipId(1, 1));
        byte[] record = _bench.Record();
        _bench.Have(other, atOnce: false, GossipId.Of(record));
        Assert.Empty(_bench.Take(other, FrameKind.GossipWant));
        _bench.Receive(tree, FrameKind.GossipRecord, record);
        _bench.Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(_bench.Take(other, FrameKind.GossipWant));

        _bench.Have(other, atOnce: false, new GossipId(2, 2));
        _bench.Pass(TimeSpan.FromMilliseconds(199));
        Assert.Empty(_bench.Take(other, FrameKind.GossipWant));
        _bench.Pass(TimeSpan.FromMilliseconds(2));
        Assert.Single(_bench.Take(other, FrameKind.GossipWant));
        Assert.Equal(2, _bench.Protocol.EagerLinks);
    }

    [Fact]
    public void A_new_record_is_pushed_along_the_tree_announced_elsewhere_and_not_sent_back()
    {
        LinkId from = _bench.Up(0), tree = _bench.Up(1), lazy = _bench.Up(2), knows = _bench.Up(3);
        _bench.Want(tree, graft: true, new GossipId(9, 9));
        byte[] record = _bench.Record();
        _bench.Have(knows, atOnce: false, GossipId.Of(record));
        _bench.Sent.Clear();
        _bench.Receive(from, FrameKind.GossipRecord, record);
        _bench.Pass(TimeSpan.FromMilliseconds(100));
        Assert.Equal(record, Assert.Single(_bench.Take(tree, FrameKind.GossipRecord)));
        Assert.True(GossipHave.TryRead(Assert.Single(_bench.Take(lazy, FrameKind.GossipHave)), out GossipHave have));
        Assert.Equal(GossipId.Of(record), have[0]);
        Assert.DoesNotContain(_bench.Sent, s => s.Link == from || s.Link == knows);
    }

    [Fact]
    public void A_push_of_what_is_here_already_is_answered_with_a_prune()
    {
        LinkId first = _bench.Up(0), second = _bench.Up(1);
        byte[] record = _bench.Record();
        _bench.Receive(first, FrameKind.GossipRecord, record);
        _bench.Receive(second, FrameKind.GossipRecord, record);
        Assert.Single(_bench.Take(second, FrameKind.GossipPrune));
        _bench.Receive(first, FrameKind.GossipRecord, record);
        Assert.Empty(_bench.Take(first, FrameKind.GossipPrune));
        Assert.Equal(1, _bench.Protocol.EagerLinks);
        Assert.True(_bench.Receive(first, FrameKind.GossipPrune, []));
        Assert.Equal(0, _bench.Protocol.EagerLinks);
    }

    [Fact]
    public void What_was_asked_for_in_vain_is_asked_of_somebody_else_and_links_that_this_node_chose_come_first()
    {
        LinkId stranger = _bench.Up(0), other = _bench.Up(1), chosen = _bench.Up(2, chosen: true);
        var id = new GossipId(5, 5);
        _bench.Have(stranger, atOnce: true, id);
        _bench.Have(other, atOnce: true, id);
        _bench.Have(chosen, atOnce: true, id);
        Assert.Single(_bench.Take(stranger, FrameKind.GossipWant));
        _bench.Pass(TimeSpan.FromSeconds(6));
        Assert.Single(_bench.Take(chosen, FrameKind.GossipWant));
        Assert.Empty(_bench.Take(other, FrameKind.GossipWant));
        _bench.Protocol.LinkDown(_bench.Now, chosen);
        _bench.Protocol.EndOfBatch(_bench.Now);
        Assert.Single(_bench.Take(other, FrameKind.GossipWant));
        _bench.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(0, _bench.Protocol.AnnouncedCount);
    }

    [Fact]
    public void Three_announcements_without_delivery_bar_a_source_for_an_hour_whatever_keys_it_has()
    {
        LinkId first = _bench.Up(0, group: 42), second = _bench.Up(1, group: 42);
        for (ulong i = 0; i < 3; i++)
        {
            _bench.Have(first, atOnce: true, new GossipId(i, 1));
            _bench.Pass(TimeSpan.FromSeconds(6));
        }

        Assert.Equal(1, _bench.Protocol.Counters[GossipCounter.SourcesBarred]);
        _bench.Sent.Clear();
        _bench.Have(second, atOnce: true, new GossipId(9, 9));
        Assert.Empty(_bench.Sent);
        Assert.Equal(0, _bench.Protocol.EagerLinks);
        _bench.Pass(TimeSpan.FromHours(1));
        _bench.Have(second, atOnce: true, new GossipId(9, 9));
        Assert.Single(_bench.Take(second, FrameKind.GossipWant));
    }

    [Fact]
    public void A_link_that_this_node_chose_is_never_barred()
    {
        LinkId chosen = _bench.Up(0, chosen: true);
        for (ulong i = 0; i < 10; i++)
        {
            _bench.Have(chosen, atOnce: false, new GossipId(i, 1));
            _bench.Pass(TimeSpan.FromSeconds(6));
        }

        Assert.Equal(0, _bench.Protocol.Counters[GossipCounter.SourcesBarred]);
        Assert.Equal(1, _bench.Protocol.EagerLinks);
    }

    [Fact]
    public void At_most_64_records_are_under_way_from_a_neighbour_and_the_next_follow()
    {
        LinkId link = _bench.Up(0, chosen: true);
        byte[][] records = [.. Enumerable.Range(0, 200).Select(_ => _bench.Record())];
        _bench.Have(link, atOnce: true, [.. records.Select(r => GossipId.Of(r))]);
        int Asked() => _bench.Take(link, FrameKind.GossipWant).Sum(b => (b.Length - 1) / GossipId.Size);
        Assert.Equal(64, Asked());
        foreach (byte[] record in records[..10])
            _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal(10, Asked());
    }

    [Fact]
    public void The_table_of_announced_records_leaves_room_for_other_sources()
    {
        var bench = new GossipBench(new GossipOptions { MaxAnnounced = 400 });
        var random = new Random(3);
        for (int link = 0; link < 40; link++)
        {
            LinkId stranger = bench.Up(link);
            bench.Have(stranger, atOnce: false,
                [.. Enumerable.Range(0, 200).Select(_ => new GossipId((ulong)random.NextInt64(), 1))]);
        }

        Assert.InRange(bench.Protocol.AnnouncedCount, 100, 200);
        LinkId chosen = bench.Up(99, chosen: true);
        bench.Have(chosen, atOnce: true, new GossipId(1, 2));
        Assert.Single(bench.Take(chosen, FrameKind.GossipWant));
    }

    [Fact]
    public void A_link_without_room_gets_announcements_in_place_of_pushes_and_the_rest_when_it_has_room()
    {
        LinkId link = _bench.Up(0, chosen: true);
        _bench.Want(link, graft: true, new GossipId(9, 9));
        _bench.HasRoom = false;
        byte[] record = _bench.Record();
        Assert.True(_bench.Protocol.Publish(_bench.Now, record));
        _bench.Pass(TimeSpan.FromMilliseconds(500));
        _bench.Want(link, graft: false, GossipId.Of(record));
        _bench.HasRoom = true;
        _bench.Pass(TimeSpan.FromSeconds(2));
        Assert.Single(_bench.Take(link, FrameKind.GossipHave));
        Assert.Empty(_bench.Take(link, FrameKind.GossipRecord));
        _bench.Protocol.LinkWritable(_bench.Now, link);
        _bench.Protocol.EndOfBatch(_bench.Now);
        Assert.Single(_bench.Take(link, FrameKind.GossipRecord));
    }

    [Fact]
    public void Records_that_are_on_disk_only_are_read_one_after_another_and_lost_ones_are_given_up()
    {
        var bench = new GossipBench(new GossipOptions { CacheBytes = 150 });
        LinkId link = bench.Up(0);
        byte[][] records = [.. Enumerable.Range(0, 4).Select(_ => bench.Record())];
        Assert.All(records, r => Assert.True(bench.Protocol.Publish(bench.Now, r)));
        bench.Want(link, graft: false, [.. records.Select(r => GossipId.Of(r))]);
        Assert.Equal(GossipId.Of(records[0]), Assert.Single(bench.Loads));
        bench.Protocol.RecordLoaded(bench.Now, bench.Loads[0], records[0]);
        bench.Protocol.EndOfBatch(bench.Now);
        Assert.Single(bench.Take(link, FrameKind.GossipRecord));
        bench.Protocol.RecordLoaded(bench.Now, bench.Loads[1], []);
        bench.Protocol.EndOfBatch(bench.Now);
        Assert.Equal(3, bench.Protocol.RecordCount);
        bench.Protocol.RecordLoaded(bench.Now, bench.Loads[2], records[2]);
        bench.Protocol.EndOfBatch(bench.Now);
        bench.Protocol.RecordLoaded(bench.Now, bench.Loads[3], records[3]);
        bench.Protocol.EndOfBatch(bench.Now);
        Assert.Equal(2, bench.Take(link, FrameKind.GossipRecord).Count);
    }

    [Fact]
    public void On_a_radio_only_topics_that_are_asked_for_are_announced_and_own_records_always()
    {
        LinkId stream = _bench.Up(0, chosen: true), radio = _bench.Up(1, properties: GossipBench.Radio);
        GossipTopic wanted = new(1, 1), other = new(2, 2);
        byte[] old = _bench.Record(topic: wanted);
        _bench.Receive(stream, FrameKind.GossipRecord, old);
        _bench.Receive(stream, FrameKind.GossipRecord, _bench.Record(topic: other));
        _bench.Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(_bench.Take(radio, FrameKind.GossipHave));

        byte[] interest = new byte[GossipInterest.SizeOf(1)];
        GossipInterest.Write(interest, [wanted.Tag]);
        _bench.Receive(radio, FrameKind.GossipInterest, interest);
        Assert.True(GossipHave.TryRead(Assert.Single(_bench.Take(radio, FrameKind.GossipHave)), out GossipHave have));
        Assert.True(have is { AskAtOnce: true, Count: 1 } && have[0] == GossipId.Of(old));

        _bench.Receive(stream, FrameKind.GossipRecord, _bench.Record(topic: wanted));
        _bench.Receive(stream, FrameKind.GossipRecord, _bench.Record(topic: other));
        Assert.True(_bench.Protocol.Publish(_bench.Now, _bench.Record(topic: other)));
        _bench.Pass(TimeSpan.FromSeconds(1));
        Assert.True(GossipHave.TryRead(Assert.Single(_bench.Take(radio, FrameKind.GossipHave)), out have));
        Assert.Equal(2, have.Count);
        Assert.Empty(_bench.Take(radio, FrameKind.GossipSync));
        Assert.Empty(_bench.Take(radio, FrameKind.GossipRecord));
    }

    [Fact]
    public void A_node_asks_its_radio_neighbours_for_its_topics_and_nobody_else()
    {
        LinkId stream = _bench.Up(0), radio = _bench.Up(1, properties: GossipBench.Radio);
        _bench.Protocol.SetTopics(_bench.Now, [new GossipTopic(7, 1), new GossipTopic(8, 2)], beganToRead: true);
        _bench.Pass(TimeSpan.FromMinutes(25));
        List<byte[]> asked = _bench.Take(radio, FrameKind.GossipInterest);
        Assert.InRange(asked.Count, 2, 4);
        Assert.True(GossipInterest.TryRead(asked[0], out GossipInterest interest));
        Assert.Equal((2, 7UL, 8UL), (interest.Count, interest[0], interest[1]));
        Assert.Empty(_bench.Take(stream, FrameKind.GossipInterest));
    }
}
