using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Gossip;

public sealed class AdmissionTests
{
    private const long Today = 20_000;
    private readonly GossipBench _bench = new();

    private long Count(GossipCounter counter) => _bench.Protocol.Counters[counter];

    [Fact]
    public void What_this_node_reads_and_cannot_open_is_neither_kept_nor_passed_on()
    {
        LinkId link = _bench.Up(0), other = _bench.Up(1);
        _bench.Want(other, graft: true, new GossipId(9, 9));
        _bench.Verdict = GossipVerdict.Refused;
        byte[] record = _bench.Record();
        _bench.Receive(link, FrameKind.GossipRecord, record);
        _bench.Receive(link, FrameKind.GossipRecord, record);
        _bench.Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(_bench.Take(other, FrameKind.GossipRecord));
        Assert.Empty(_bench.Take(other, FrameKind.GossipHave));
        Assert.Equal((0, 1L), (_bench.Protocol.RecordCount, Count(GossipCounter.DropUnreadable)));
        Assert.Single(_bench.Judged);
    }

    [Fact]
    public void With_a_clock_a_record_ends_after_the_lifetime_from_the_end_of_its_day()
    {
        LinkId link = _bench.Up(0, chosen: true);
        _bench.UnixSeconds = Today * 86_400 + 43_200;
        _bench.Receive(link, FrameKind.GossipRecord, _bench.Record(hours: 12, day: (ushort)(Today - 1)));
        Assert.Equal((0, 1L), (_bench.Protocol.RecordCount, Count(GossipCounter.DropExpired)));
        _bench.Receive(link, FrameKind.GossipRecord, _bench.Record(hours: 13, day: (ushort)(Today - 1)));
        Assert.Equal(1, _bench.Protocol.RecordCount);
        _bench.Pass(TimeSpan.FromMinutes(61));
        Assert.Equal(0, _bench.Protocol.RecordCount);
        _bench.Receive(link, FrameKind.GossipRecord, _bench.Record(day: (ushort)(Today + 1)));
        _bench.Receive(link, FrameKind.GossipRecord, _bench.Record(day: (ushort)(Today + 2)));
        Assert.Equal((1, 2L), (_bench.Protocol.RecordCount, Count(GossipCounter.DropExpired)));
    }

    [Fact]
    public void No_record_is_kept_for_more_than_a_week_whatever_day_it_names()
    {
        LinkId link = _bench.Up(0, chosen: true);
        _bench.UnixSeconds = Today * 86_400;
        _bench.Receive(link, FrameKind.GossipRecord,
            _bench.Record(hours: GossipRecord.MaxHours, day: (ushort)(Today + 1)));
        _bench.Receive(link, FrameKind.GossipRecord, _bench.Record(hours: GossipRecord.MaxHours));
        _bench.Pass(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1));
        Assert.Equal(2, _bench.Protocol.RecordCount);
        _bench.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(0, _bench.Protocol.RecordCount);
    }

    [Fact]
    public void A_restart_takes_records_and_remembered_ids_back_with_the_time_that_they_have_left()
    {
        LinkId link = _bench.Up(0, chosen: true);
        byte[] kept = _bench.Record(), gone = _bench.Record(hours: 1);
        _bench.Receive(link, FrameKind.GossipRecord, kept);
        _bench.Receive(link, FrameKind.GossipRecord, gone);
        _bench.Pass(TimeSpan.FromHours(2));
        _bench.Restart();
        Assert.Equal((1, 1), (_bench.Protocol.RecordCount, _bench.Protocol.RememberedCount));
        link = _bench.Up(1, chosen: true);
        _bench.Receive(link, FrameKind.GossipRecord, gone);
        _bench.Receive(link, FrameKind.GossipRecord, kept);
        Assert.Equal(2, Count(GossipCounter.RecordsRepeated));
        _bench.Want(link, graft: false, GossipId.Of(kept));
        _bench.Protocol.RecordLoaded(_bench.Now, Assert.Single(_bench.Loads), kept);
        _bench.Protocol.EndOfBatch(_bench.Now);
        Assert.Single(_bench.Take(link, FrameKind.GossipRecord));
    }

    [Fact]
    public void A_share_that_is_full_lets_nothing_in_and_what_is_new_is_still_passed_on_a_while()
    {
        var bench = new GossipBench(new GossipOptions { MaxBytes = 400_000 });
        LinkId stranger = bench.Up(0), other = bench.Up(1);
        bench.Want(other, graft: true, new GossipId(9, 9));
        for (int i = 0; i < 200; i++)
            bench.Receive(stranger, FrameKind.GossipRecord, bench.Record(1000));
        // A quarter is for strangers, half of it for the first of them.
        Assert.InRange(bench.Protocol.RecordBytes, 45_000, 50_000);
        int pushed = bench.Take(other, FrameKind.GossipRecord).Count;
        Assert.InRange(pushed, 46 + 60, 46 + 70);
        Assert.Equal(200 - 46, bench.Protocol.Counters[GossipCounter.NotKept]);
    }

    [Fact]
    public void Half_of_the_room_is_for_topics_of_this_node_and_the_record_that_ends_first_makes_room_there()
    {
        var bench = new GossipBench(new GossipOptions { MaxBytes = 400_000 });
        LinkId stranger = bench.Up(0);
        for (int i = 0; i < 300; i++)
            bench.Receive(stranger, FrameKind.GossipRecord, bench.Record(1000));
        long others = bench.Protocol.RecordBytes;
        byte[] first = bench.Record(1000, hours: 1);
        Assert.True(bench.Protocol.Publish(bench.Now, first));
        for (int i = 0; i < 300; i++)
            Assert.True(bench.Protocol.Publish(bench.Now, bench.Record(1000)));
        Assert.InRange(bench.Protocol.RecordBytes - others, 198_000, 200_000);
        Assert.False(bench.Protocol.Publish(bench.Now, first));
        Assert.Null(bench.Disk[GossipId.Of(first)].Bytes);
    }

    [Fact]
    public void Who_begins_to_read_a_topic_takes_what_there_was_no_room_for()
    {
        var bench = new GossipBench(new GossipOptions { MaxBytes = 8_000 });
        LinkId link = bench.Up(0, chosen: true);
        byte[][] records = [.. Enumerable.Range(0, 20).Select(_ => bench.Record(1000))];
        foreach (byte[] record in records)
            bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.True(bench.Protocol.RememberedCount > 15);
        bench.Verdict = GossipVerdict.Mine;
        bench.Protocol.SetTopics(bench.Now, [default], beganToRead: true);
        Assert.Equal(0, bench.Protocol.RememberedCount);
        bench.Receive(link, FrameKind.GossipRecord, records[^1]);
        Assert.Equal(GossipId.Of(records[^1]), bench.Judged[^1]);
    }

    [Fact]
    public void A_record_is_not_on_disk_before_what_it_says_is_and_is_served_all_the_same()
    {
        LinkId link = _bench.Up(0), other = _bench.Up(1);
        _bench.Verdict = GossipVerdict.MineUnsettled;
        byte[] record = _bench.Record();
        GossipId id = GossipId.Of(record);
        _bench.Receive(link, FrameKind.GossipRecord, record);
        _bench.Pass(TimeSpan.FromMinutes(1));
        Assert.Empty(_bench.Disk);
        _bench.Want(other, graft: false, id);
        Assert.Single(_bench.Take(other, FrameKind.GossipRecord));
        _bench.Protocol.Settled(_bench.Now, id, isOnDisk: true, null);
        (KeptRecord kept, byte[]? bytes) = _bench.Disk[id];
        Assert.Equal((true, TimeSpan.FromMinutes(1)), (kept.IsMine, kept.Age));
        Assert.Equal(record, bytes);
        // Once is enough: what is settled stays, whatever follows.
        _bench.Protocol.Settled(_bench.Now, id, isOnDisk: false, null);
        Assert.Equal(1, _bench.Protocol.RecordCount);
    }

    [Fact]
    public void After_a_crash_or_a_failed_write_a_record_whose_message_is_not_on_disk_comes_again()
    {
        LinkId link = _bench.Up(0);
        _bench.Verdict = GossipVerdict.MineUnsettled;
        byte[] record = _bench.Record();
        GossipId id = GossipId.Of(record);
        _bench.Receive(link, FrameKind.GossipRecord, record);
        _bench.Protocol.Settled(_bench.Now, id, isOnDisk: false, null);
        Assert.Equal((0, 0), (_bench.Protocol.RecordCount, _bench.Protocol.RememberedCount));
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal([id, id], _bench.Judged);

        _bench.Restart();
        link = _bench.Up(0);
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal([id, id, id], _bench.Judged);
    }

    [Fact]
    public void Where_there_is_no_room_for_an_unsettled_record_its_id_is_not_remembered_for_good()
    {
        var bench = new GossipBench(new GossipOptions { MaxBytes = 4_000 });
        LinkId link = bench.Up(0, chosen: true);
        bench.Verdict = GossipVerdict.MineUnsettled;
        byte[][] records = [.. Enumerable.Range(0, 5).Select(_ => bench.Record(1000))];
        foreach (byte[] record in records)
            bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal((1, 4), (bench.Protocol.RecordCount, bench.Protocol.RememberedCount));
        Assert.Empty(bench.Disk);
        bench.Protocol.Settled(bench.Now, GossipId.Of(records[^1]), isOnDisk: false, null);
        Assert.Equal(3, bench.Protocol.RememberedCount);
        bench.Receive(link, FrameKind.GossipRecord, records[^1]);
        Assert.Equal(6, bench.Judged.Count);
    }

    [Fact]
    public void What_this_node_has_no_time_to_read_is_neither_kept_nor_remembered()
    {
        LinkId link = _bench.Up(0);
        _bench.Verdict = GossipVerdict.NotNow;
        byte[] record = _bench.Record();
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal((0, 0, 1L),
            (_bench.Protocol.RecordCount, _bench.Protocol.RememberedCount, Count(GossipCounter.NotNow)));
        Assert.Empty(_bench.Disk);
        _bench.Verdict = GossipVerdict.MineUnsettled;
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal(1, _bench.Protocol.RecordCount);
    }

    [Fact]
    public void A_record_that_was_carried_for_others_is_this_nodes_own_once_it_was_read()
    {
        LinkId link = _bench.Up(0);
        byte[] record = _bench.Record();
        GossipId id = GossipId.Of(record);
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.False(_bench.Disk[id].Kept.IsMine);
        Assert.Equal([id], _bench.Protocol.Find(new HashSet<GossipTopic> { default }, onlyUnread: true));
        _bench.Protocol.Settled(_bench.Now, id, isOnDisk: true, record);
        Assert.True(_bench.Disk[id].Kept.IsMine);
        Assert.Empty(_bench.Protocol.Find(new HashSet<GossipTopic> { default }, onlyUnread: true));
        _bench.Restart();
        Assert.Empty(_bench.Protocol.Find(new HashSet<GossipTopic> { default }, onlyUnread: true));
        Assert.Equal([id], _bench.Protocol.Find(new HashSet<GossipTopic> { default }, onlyUnread: false));
    }

    [Fact]
    public void A_leaf_passes_nothing_on_and_keeps_what_it_reads()
    {
        var bench = new GossipBench(new GossipOptions { Relays = false });
        LinkId link = bench.Up(0), other = bench.Up(1);
        bench.Want(other, graft: true, new GossipId(9, 9));
        bench.Receive(link, FrameKind.GossipRecord, bench.Record());
        bench.Verdict = GossipVerdict.Mine;
        bench.Receive(link, FrameKind.GossipRecord, bench.Record());
        bench.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(1, bench.Protocol.RecordCount);
        Assert.Empty(bench.Take(other, FrameKind.GossipRecord));
    }

    [Fact]
    public void A_class_with_rules_keeps_the_newest_of_each_author_and_place_and_checks_signatures_last()
    {
        var rules = new LastByteRules();
        var bench = new GossipBench(new GossipOptions { Rules = c => c == GossipClass.Key ? rules : null });
        LinkId link = bench.Up(0, chosen: true);
        byte[] Key(byte author, byte place, byte sequence, bool isGood = true) =>
            rules.Make(bench.Record(60, recordClass: GossipClass.Key), author, place, sequence, isGood);
        bench.Receive(link, FrameKind.GossipRecord, Key(1, 1, 5));
        bench.Receive(link, FrameKind.GossipRecord, Key(1, 2, 1));
        bench.Receive(link, FrameKind.GossipRecord, Key(2, 1, 1));
        Assert.Equal((3, 3), (bench.Protocol.RecordCount, rules.Verified));
        bench.Receive(link, FrameKind.GossipRecord, Key(1, 1, 4));
        bench.Receive(link, FrameKind.GossipRecord, Key(1, 1, 5));
        Assert.Equal((3, 3, 2L),
            (bench.Protocol.RecordCount, rules.Verified, bench.Protocol.Counters[GossipCounter.DropSuperseded]));
        bench.Receive(link, FrameKind.GossipRecord, Key(1, 1, 6, isGood: false));
        Assert.Equal((3, 1L), (bench.Protocol.RecordCount, bench.Protocol.Counters[GossipCounter.DropForged]));
        byte[] newest = Key(1, 1, 7);
        bench.Receive(link, FrameKind.GossipRecord, newest);
        Assert.Equal(3, bench.Protocol.RecordCount);
        Assert.NotNull(bench.Disk[GossipId.Of(newest)].Bytes);
        bench.Restart();
        Assert.Equal(3, bench.Protocol.RecordCount);
        Assert.False(bench.Protocol.Publish(bench.Now, Key(1, 1, 6)));
        Assert.True(bench.Protocol.Publish(bench.Now, Key(1, 1, 8)));
        Assert.Equal(3, bench.Protocol.RecordCount);
    }

    [Fact]
    public void Signatures_of_this_nodes_topics_are_paid_for_by_whoever_brings_them_whatever_they_are_worth()
    {
        (_bench.Verdict, _bench.Verifies) = (GossipVerdict.Refused, true);
        LinkId[] strangers = [.. Enumerable.Range(0, 6).Select(n => _bench.Up(n))];
        for (int i = 0; i < 4000; i++)
            _bench.Receive(strangers[0], FrameKind.GossipRecord, _bench.Record(size: 60));
        // Half a second of a processor at once, by the price of a signature.
        Assert.InRange(_bench.Judged.Count, 1400, 500_000 / 300 + 1);
        _bench.Pass(TimeSpan.FromSeconds(10));
        _bench.Judged.Clear();
        for (int i = 0; i < 4000; i++)
            _bench.Receive(strangers[0], FrameKind.GossipRecord, _bench.Record(size: 60));
        Assert.InRange(_bench.Judged.Count, 1400, 500_000 / 300 + 1);

        // And all strangers together: a second at once, a quarter of the time afterwards.
        _bench.Pass(TimeSpan.FromSeconds(60));
        _bench.Judged.Clear();
        for (int second = 0; second < 20; second++)
        {
            foreach (LinkId stranger in strangers)
            {
                for (int i = 0; i < 1000; i++)
                    _bench.Receive(stranger, FrameKind.GossipRecord, _bench.Record(size: 60));
            }

            _bench.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(_bench.Judged.Count, 3000, (1_000_000 + 20 * 250_000) / 300 + 6);
        (_bench.Verdict, _bench.Verifies) = (GossipVerdict.Mine, true);
        LinkId honest = _bench.Up(10, chosen: true);
        Assert.True(_bench.Receive(honest, FrameKind.GossipRecord, _bench.Record()));
        Assert.Equal(1, _bench.Protocol.RecordCount);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(-20)]
    public void What_only_a_wrong_clock_refused_is_taken_when_the_clock_is_right_again(int days)
    {
        LinkId link = _bench.Up(0, chosen: true);
        byte[] record = _bench.Record(hours: GossipRecord.MaxHours, day: (ushort)Today);
        _bench.UnixSeconds = (Today + days) * 86_400L;
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal((0, 0, 1L),
            (_bench.Protocol.RecordCount, _bench.Protocol.RememberedCount, Count(GossipCounter.DropExpired)));
        // As long as the clock says so nobody is asked for it.
        _bench.Take(link, FrameKind.GossipWant);
        _bench.Have(link, atOnce: true, GossipId.Of(record));
        Assert.Empty(_bench.Take(link, FrameKind.GossipWant));

        _bench.UnixSeconds = Today * 86_400L;
        _bench.Have(link, atOnce: true, GossipId.Of(record));
        Assert.Single(_bench.Take(link, FrameKind.GossipWant));
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal(1, _bench.Protocol.RecordCount);
    }

    [Fact]
    public void What_the_host_cannot_read_by_this_clock_is_asked_for_again_when_the_clock_jumps_and_at_the_latest_in_an_hour()
    {
        LinkId link = _bench.Up(0, chosen: true);
        _bench.UnixSeconds = Today * 86_400L;
        _bench.Verdict = GossipVerdict.OtherTime;
        byte[] record = _bench.Record();
        _bench.Receive(link, FrameKind.GossipRecord, record);
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal((1, 1L), (_bench.Judged.Count, Count(GossipCounter.RecordsRepeated)));
        // Put right by a few seconds, as clocks are.
        _bench.UnixSeconds += 30;
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Single(_bench.Judged);
        _bench.Pass(TimeSpan.FromHours(1));
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal(2, _bench.Judged.Count);
        _bench.UnixSeconds = null;
        _bench.Verdict = GossipVerdict.Mine;
        _bench.Receive(link, FrameKind.GossipRecord, record);
        Assert.Equal(1, _bench.Protocol.RecordCount);
    }

    [Fact]
    public void Records_that_the_clock_refuses_are_remembered_in_bounds()
    {
        var refused = new ClockRefusals();
        refused.Observe(_bench.Now, 0);
        for (ulong n = 0; n < 3 * ClockRefusals.MaxIds; n++)
            refused.Add(new GossipId(n, n));
        Assert.Equal(ClockRefusals.MaxIds, refused.Count);
        Assert.True(refused.Contains(new GossipId(3 * ClockRefusals.MaxIds - 1, 3 * ClockRefusals.MaxIds - 1)));
        Assert.False(refused.Contains(new GossipId(0, 0)));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(-20)]
    public void A_restart_with_a_wrong_clock_keeps_every_record(int days)
    {
        LinkId link = _bench.Up(0, chosen: true);
        _bench.UnixSeconds = Today * 86_400L;
        _bench.Receive(link, FrameKind.GossipRecord, _bench.Record(hours: 48, day: (ushort)Today));
        _bench.UnixSeconds += days * 86_400L;
        _bench.Restart();
        Assert.Equal(1, _bench.Protocol.RecordCount);
        _bench.UnixSeconds -= days * 86_400L;
        _bench.Pass(TimeSpan.FromHours(49));
        Assert.Equal(0, _bench.Protocol.RecordCount);
    }

    [Fact]
    public void A_record_that_came_under_a_clock_that_was_ahead_lasts_as_long_as_the_right_clock_says()
    {
        LinkId link = _bench.Up(0, chosen: true);
        _bench.UnixSeconds = (Today + 1) * 86_400L;
        byte[] record = _bench.Record(hours: 48, day: (ushort)Today);
        _bench.Receive(link, FrameKind.GossipRecord, record);
        _bench.UnixSeconds = Today * 86_400L;
        _bench.Pass(TimeSpan.FromHours(47));
        Assert.Equal(1, _bench.Protocol.RecordCount);
        // And one that a clock ahead ends is not dead for the time after.
        byte[] other = _bench.Record(hours: 96, day: (ushort)(Today + 1));
        _bench.UnixSeconds = (Today + 4) * 86_400L;
        _bench.Receive(link, FrameKind.GossipRecord, other);
        _bench.Pass(TimeSpan.FromHours(49));
        Assert.Equal(0, _bench.Protocol.RecordCount);
        _bench.UnixSeconds = (Today + 2) * 86_400L;
        _bench.Receive(link, FrameKind.GossipRecord, other);
        Assert.Equal(1, _bench.Protocol.RecordCount);
    }

    [Fact]
    public void Frames_of_a_stranger_cost_and_whoever_spends_too_much_is_not_heard_for_a_while()
    {
        LinkId stranger = _bench.Up(0), honest = _bench.Up(1, chosen: true);
        byte[] record = _bench.Record();
        for (int i = 0; i < 40_000; i++)
            _bench.Receive(stranger, FrameKind.GossipRecord, record);
        Assert.True(Count(GossipCounter.DropTooDear) > 10_000);
        Assert.True(_bench.Receive(honest, FrameKind.GossipRecord, _bench.Record()));
        Assert.Equal(2, _bench.Protocol.RecordCount);
        _bench.Pass(TimeSpan.FromSeconds(10));
        long before = Count(GossipCounter.DropTooDear);
        _bench.Receive(stranger, FrameKind.GossipRecord, _bench.Record());
        Assert.Equal((3, before), (_bench.Protocol.RecordCount, Count(GossipCounter.DropTooDear)));
    }

    /// <summary>Payload: author, place, sequence, and a byte that is 1 where the signature holds.</summary>
    private sealed class LastByteRules : IGossipClassRules
    {
        public int Verified { get; private set; }

        public byte[] Make(byte[] record, byte author, byte place, byte sequence, bool isGood)
        {
            record[^4] = author;
            record[^3] = place;
            record[^2] = sequence;
            record[^1] = isGood ? (byte)1 : (byte)0;
            return record;
        }

        public bool TryReadPlace(in GossipRecord record, out GossipPlace place, out ulong sequence)
        {
            ReadOnlySpan<byte> end = record.Bytes[^4..];
            place = new GossipPlace(record.Topic, new GossipId(end[0], 0), end[1]);
            sequence = end[2];
            return true;
        }

        public bool Verify(in GossipRecord record)
        {
            Verified++;
            return record.Bytes[^1] == 1;
        }
    }
}
