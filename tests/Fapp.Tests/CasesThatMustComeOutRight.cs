using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>Cases of appointments that go wrong elsewhere, each by its number.</summary>
public sealed class CasesThatMustComeOutRight : IDisposable
{
    private FappTime _now = new(1000, 1_793_610_000);
    private readonly TestPractice _practice;

    public CasesThatMustComeOutRight() => _practice = new TestPractice(11, _now);

    public void Dispose() => _practice.Dispose();

    [Fact]
    public void Case_3_two_patients_one_slot_two_relays_and_the_partition_heals_exactly_one_is_booked()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            SlotId slot = Offer(inHours: 200 + 2 * seed);
            TestPatient anna = Patient(100 + 2 * seed), bert = Patient(101 + 2 * seed);
            Reservation a = anna.Reserve(_practice, slot, _now), b = bert.Reserve(_practice, slot, _now);
            byte[] fromAnna = anna.Send(_now).Single(), fromBert = bert.Send(_now).Single();
            // One island's request comes in time, the other's after the draw; in half of the runs the other way round.
            (byte[] early, byte[] late) = seed % 2 == 0 ? (fromAnna, fromBert) : (fromBert, fromAnna);
            _practice.Receive(early, _now);
            Pass(35 * FappTime.Minute);
            _practice.Receive(late, _now);
            _practice.Desk.Confirm(seed % 2 == 0 ? a.Id : b.Id, _now);
            _practice.Settle(_now);
            Assert.Throws<FappException>(() => _practice.Desk.Confirm(seed % 2 == 0 ? b.Id : a.Id, _now));
            // Nothing is published by night.
            Pass(10 * FappTime.Hour);
            anna.Hear(_practice, _now);
            bert.Hear(_practice, _now);
            Assert.Equal([ReservationState.Booked, ReservationState.Waiting], new[] { a.State, b.State }.Order());
        }
    }

    [Fact]
    public void Case_4_the_same_request_again_or_by_another_relay_has_one_place_in_the_draw_and_one_answer()
    {
        SlotId slot = Offer(inHours: 100);
        TestPatient anna = Patient(1);
        anna.Reserve(_practice, slot, _now);
        byte[] message = anna.Send(_now).Single();
        Assert.Equal(RequestOutcome.Taken, _practice.Receive(message, _now));
        for (int i = 0; i < 20; i++)
            Assert.Equal(RequestOutcome.Repeated, _practice.Receive(message, _now));
        Assert.Single(_practice.Desk.Requests(_now));
        Pass(FappTime.Hour);
        Assert.Equal(RequestOutcome.Repeated, _practice.Receive(message, _now));
        Reservation mine = anna.Desk.Reservations.Single();
        // Refused and forgotten, it does not come back while the slot is there.
        _practice.Desk.Refuse(mine.Id, 0, _now);
        Pass(8 * FappTime.Day);
        SlotId second = Offer(inHours: 300);
        Assert.NotEqual(second, slot);
        Assert.NotEqual(RequestOutcome.Taken, _practice.Receive(message, _now));
    }

    [Fact]
    public void Case_5_withdrawn_while_a_request_is_under_way_is_answered_so_and_an_older_announce_revives_nothing()
    {
        SlotId slot = Offer(inHours: 100);
        TestPatient anna = Patient(1);
        byte[] oldAnnounce = _practice.Published[(FappRecordType.Announce, 0)];
        Reservation mine = anna.Reserve(_practice, slot, _now);
        byte[] message = anna.Send(_now).Single();
        _practice.Desk.Withdraw(slot, _now);
        _practice.Settle(_now);
        Assert.Equal(RequestOutcome.Taken, _practice.Receive(message, _now));
        Pass(FappTime.Hour);
        anna.Hear(_practice, _now);
        Assert.Equal(ReservationState.Withdrawn, mine.State);
        Assert.Empty(anna.Store.Search(new SlotFilter(), _now));
        Assert.Equal(Taking.Old, anna.Hear(oldAnnounce, _now));
        Assert.Empty(anna.Store.Search(new SlotFilter(), _now));
    }

    [Theory]
    [InlineData(3 * 3600 - 60)]
    [InlineData(-3 * 3600 + 60)]
    public void Case_6_a_clock_that_is_hours_off_hides_no_slot_that_is_ahead(long off)
    {
        SlotId slot = Offer(inHours: 4);
        var anna = new TestPatient(1);
        FappTime theirs = new(50, _now.Unix + off);
        anna.Hear(_practice, theirs);
        Assert.Equal(slot, anna.Store.Search(new SlotFilter(), theirs).Single().Slot.Id);
        FappTime late = new(50, _now.Unix + 4 * 3600 + 3 * 3600 + 120);
        Assert.Empty(anna.Store.Search(new SlotFilter(), late));
    }

    [Fact]
    public void Case_6_a_clock_of_1970_counts_as_none_and_ages_follow_running_time()
    {
        SlotId slot = Offer(inHours: 4);
        var anna = new TestPatient(1);
        FappTime none = new(50, null);
        anna.Hear(_practice, none);
        Assert.Equal(slot, anna.Store.Search(new SlotFilter(), none).Single().Slot.Id);
        anna.Store.Prune(new FappTime(50 + 7 * FappTime.Day + 1, null));
        Assert.Equal(0, anna.Store.Count);
    }

    [Fact]
    public void Case_6_a_sequence_from_the_future_locks_nobody_out()
    {
        // The practice comes back from a backup: its counter is behind what the mesh has.
        _practice.Desk.SequenceSeen(1_000_000);
        _practice.Settle(_now);
        SlotId slot = Offer(inHours: 50);
        TestPatient anna = Patient(1);
        Assert.Equal(slot, anna.Store.Search(new SlotFilter(), _now).Single().Slot.Id);
        Assert.True(_practice.Desk.Sequence > 1_000_000);
        // And one that leaves no successor is no record at all.
        byte[] record = FappRecord.Create(
            _practice.Identity, FappRecordType.Announce, Bodies.Announce.Plz.Region, 0, FappRecord.MaxSequence, 1,
            Bodies.Announce.Encode());
        record[GossipRecord.HeaderSize + 1 + 32 + 8] |= 0x80;
        Assert.True(GossipRecord.TryRead(record, out GossipRecord gossip));
        Assert.False(FappRecord.TryRead(gossip, out _));
        _practice.Desk.SequenceSeen(FappRecord.MaxSequence);
        Assert.True(_practice.Desk.Sequence < FappRecord.MaxSequence);
    }

    [Fact]
    public void Case_8_a_lying_relay_alters_nothing_replays_nothing_and_invents_no_answer()
    {
        SlotId slot = Offer(inHours: 100);
        TestPatient anna = Patient(1);
        Reservation mine = anna.Reserve(_practice, slot, _now);
        _practice.Receive(anna.Send(_now).Single(), _now);
        byte[] announce = _practice.Published[(FappRecordType.Announce, 0)];
        for (int at = 0; at < announce.Length; at += 3)
        {
            byte[] altered = [.. announce];
            altered[at] ^= 4;
            Assert.NotEqual(Taking.Taken, anna.Hear(altered, _now));
        }

        // Answers of another key, with the right tags guessed or not, move nothing.
        using LocalIdentity mallory = LocalIdentity.Generate();
        byte[] body = new byte[SlotConfirm.SizeOf(16)];
        Random.Shared.NextBytes(body);
        SlotConfirm.WriteHead(body, 0, 0);
        AnswerKeys.SealEntry(
            new byte[32], _practice.Identity.PublicKey.Span, 999, 0,
            new SlotAnswerEntry(SlotAnswer.Booked, slot, 0, []), SlotConfirm.EntryOf(body, 3));
        anna.Hear(FappRecord.Create(mallory, FappRecordType.Answers, Bodies.Announce.Plz.Region, 0, 999, 1, body),
            _now);
        Assert.Equal(ReservationState.Requested, mine.State);
        // An entry moved into a later record of the practice would need its signature and another tag.
        Pass(FappTime.Hour);
        byte[] earlier = _practice.Published[(FappRecordType.Answers, 0)];
        Pass(FappTime.Hour);
        anna.Hear(_practice, _now);
        ReservationState state = mine.State;
        anna.Hear(earlier, _now);
        Assert.Equal(state, mine.State);
        // Records of another region, or of a PLZ that is not its topic's, are refused.
        byte[] moved = FappRecord.Create(
            _practice.Identity, FappRecordType.Announce, Bodies.Announce.Plz.Region, 0, 5000, 1,
            (Bodies.Announce with { Plz = Bodies.Plz("01067") }).Encode());
        Assert.Equal(Taking.Refused, anna.Hear(moved, _now));
    }

    [Fact]
    public void Case_8_what_one_relay_omits_a_second_one_shows()
    {
        using var second = new TestPractice(12, _now);
        SlotId one = Offer(inHours: 100), other = second.Add(_now, 90);
        second.Tick(_now with { Running = _now.Running + 120 });
        TestPatient anna = Patient(1);
        Assert.Equal([one], anna.Store.Search(new SlotFilter(), _now).Select(o => o.Slot.Id));
        anna.Hear(second, _now);
        Assert.Equal([other, one], anna.Store.Search(new SlotFilter(), _now).Select(o => o.Slot.Id));
    }

    [Fact]
    public void Case_9_ten_thousand_requests_in_a_minute_stay_within_memory_give_everybody_the_same_chance_and_the_PIN_helps()
    {
        const int flood = 10_000;
        SlotId slot = Offer(inHours: 100);
        TestPatient anna = Patient(1);
        SlotAnnounce announce = _practice.Announced;
        byte[] author = _practice.Identity.PublicKey.ToArray();
        int kept = 0;
        for (int i = 0; i < flood; i++)
        {
            MadeRequest made = SealedRequest.Create(
                author, announce, new SlotReserve { Verb = SlotVerb.Reserve, Slot = slot }, RandomSource.System);
            kept += _practice.Desk.Receive(made.Bytes, _now) == RequestOutcome.Taken ? 1 : 0;
            Assert.True(_practice.Desk.RequestCount <= PracticeDesk.MaxPending);
        }

        // A record of ranks falls 64 (1 + ln(n / 64)) times on average: everybody has the same chance, whenever it
        // came.
        Assert.InRange(kept, 250, 550);
        _practice.Settle(_now);
        Assert.Single(_practice.Events.OfType<FloodSeen>());
        Assert.True(_practice.Desk.Slots(_now).Single().HasAlarm);
        _practice.Desk.Set(TestPractice.Setup() with { Pin = "4711" }, _now);
        _practice.Settle(_now);
        Assert.InRange(_practice.Desk.RequestCount, 1, 8);
        Pass(2 * FappTime.Minute);
        anna.Hear(_practice, _now);
        anna.Reserve(_practice, slot, _now, new ReserveWishes(Pin: "4711"));
        Assert.Equal(RequestOutcome.Taken, _practice.Receive(anna.Send(_now).Single(), _now));
        Pass(31 * FappTime.Minute);
        Assert.Equal(SlotAnswer.Drawn, _practice.Desk.Requests(_now)
            .Single(r => r.State != SlotAnswer.PinNeeded).State);
    }

    [Fact]
    public void Case_9_the_sample_is_uniform_and_so_is_the_draw()
    {
        // 200 slots, 100 requests each: the first hundredth and the last have the same chance of being drawn.
        int[] drawn = new int[100];
        for (int run = 0; run < 300; run++)
        {
            using var practice = new TestPractice(5000 + run, _now);
            SlotId slot = practice.Add(_now, 100);
            practice.Tick(_now with { Running = _now.Running + 120 });
            SlotAnnounce announce = practice.Announced;
            RequestId[] ids = new RequestId[100];
            for (int i = 0; i < ids.Length; i++)
            {
                MadeRequest made = SealedRequest.Create(
                    practice.Identity.PublicKey.Span, announce,
                    new SlotReserve { Verb = SlotVerb.Reserve, Slot = slot }, RandomSource.System);
                ids[i] = made.Id;
                practice.Desk.Receive(made.Bytes, _now);
            }

            practice.Tick(new FappTime(_now.Running + 40 * FappTime.Minute, _now.Unix + 40 * FappTime.Minute));
            drawn[Array.IndexOf(ids, practice.Desk.Requests(_now).Single(r => r.State == SlotAnswer.Drawn).Id)]++;
        }

        int firstHalf = drawn[..50].Sum();
        // 150 expected, deviation 8.7: seven of them would be 61.
        Assert.InRange(firstHalf, 150 - 61, 150 + 61);
    }

    [Fact]
    public void Case_10_killed_at_random_moments_no_slot_is_booked_twice_and_no_booking_is_lost()
    {
        var random = new Random(3);
        var booked = new Dictionary<SlotId, RequestId>();
        SlotId[] slots = [.. Enumerable.Range(0, 12).Select(i => _practice.Add(_now, 200 + 2 * i))];
        Pass(2 * FappTime.Minute);
        List<(TestPatient Who, Reservation Of)> all = [];
        for (int i = 0; i < 60; i++)
        {
            TestPatient who = Patient(700 + i);
            all.Add((who, who.Reserve(_practice, slots[i % slots.Length], _now)));
        }

        for (int step = 0; step < 300; step++)
        {
            (TestPatient who, Reservation of) = all[random.Next(all.Count)];
            foreach (byte[] message in who.Send(_now))
                _practice.Receive(message, _now);
            if (random.Next(5) == 0)
                _practice.Restart();
            if (random.Next(10) == 0)
                who.Restart();
            foreach (RequestView drawn in _practice.Desk.Requests(_now)
                .Where(r => r.State == SlotAnswer.Drawn && random.Next(3) == 0))
            {
                _practice.Desk.Confirm(drawn.Id, _now);
                if (random.Next(2) == 0)
                {
                    // Killed before it reached the disk: as if it had not been said.
                    _practice.Restart();
                    continue;
                }

                _practice.Settle(_now);
                Assert.True(booked.TryAdd(drawn.Slot.Id, drawn.Id), "booked twice");
            }

            Pass(3 * FappTime.Minute);
            foreach ((SlotId slot, RequestId id) in booked)
                Assert.Equal((id, SlotAnswer.Booked),
                    Assert.Single(_practice.Desk.Requests(_now), r => r.Slot.Id == slot && r.State == SlotAnswer.Booked)
                        is var r ? (r.Id, r.State) : default);
        }

        Assert.NotEmpty(booked);
        // The patients' nodes were off: the answers are there when they return.
        Pass(6 * FappTime.Hour);
        foreach ((TestPatient who, Reservation of) in all)
        {
            who.Restart();
            who.Hear(_practice, _now);
            Reservation now = who.Desk.Find(of.Id);
            Assert.Equal(booked.GetValueOrDefault(of.Slot.Id) == of.Id, now.State == ReservationState.Booked);
        }
    }

    [Fact]
    public void Case_10_a_patient_who_is_away_from_request_to_answer_finds_it_within_seven_days()
    {
        SlotId slot = Offer(inHours: 24 * 20);
        TestPatient anna = Patient(1);
        Reservation mine = anna.Reserve(_practice, slot, _now);
        _practice.Receive(anna.Send(_now).Single(), _now);
        Pass(FappTime.Hour);
        _practice.Desk.Refuse(mine.Id, 0, _now);
        Pass(6 * FappTime.Day + 20 * FappTime.Hour);
        anna.Restart();
        anna.Hear(_practice, _now);
        Assert.Equal(ReservationState.Refused, anna.Desk.Find(mine.Id).State);
    }

    [Fact]
    public void A_region_of_400_practices_is_searched()
    {
        var store = new RegionStore(new FakeLevels(), new FakePlaces());
        store.Follow([Bodies.Announce.Plz.Region]);
        uint start = MinuteTime.OfUnixSeconds(_now.Unix!.Value) + 600;
        for (int i = 0; i < 400; i++)
        {
            using LocalIdentity who = LocalIdentity.Generate();
            SlotAnnounce announce = Bodies.Announce with
            {
                Plz = Bodies.Plz($"04{i % 1000:000}"),
                Slots = [.. Enumerable.Range(1, 40).Select(s => new Slot(
                    new SlotId((uint)s), start + (uint)(s * 60), 50, (Phase)(1 + s % 5), Setting.Single,
                    Modality.Praxis, FollowUp.No))],
            };
            byte[] record = FappRecord.Create(who, FappRecordType.Announce, new Region(4), 0, 1, 0, announce.Encode());
            Assert.True(GossipRecord.TryRead(record, out GossipRecord gossip));
            Assert.True(FappRecord.TryRead(gossip, out FappRecord read));
            Assert.Equal(Taking.Taken, store.Take(read, _now, out _));
        }

        var filter = new SlotFilter
        {
            Prefix = "04",
            Near = Bodies.Plz("04109"),
            Within = 30,
            Phases = 1 << (int)Phase.Probatorik,
            Procedures = Procedures.VT
        };
        // How long it takes: make simulate-appointments.
        Assert.NotEmpty(store.Search(filter, _now));
    }

    [Fact]
    public void A_crowd_of_unknown_practices_drives_out_nobody_for_whom_somebody_vouches()
    {
        var levels = new FakeLevels(Level.None);
        levels.Named[Convert.ToHexString(_practice.Identity.PublicKey.Span)] = Level.Card;
        var anna = new TestPatient(1, levels);
        SlotId slot = Offer(inHours: 100);
        anna.Hear(_practice, _now);
        for (int i = 0; i < RegionStore.MaxUnknown + 100; i++)
        {
            using LocalIdentity who = LocalIdentity.Generate();
            anna.Hear(FappRecord.Create(who, FappRecordType.Announce, new Region(4), 0, 1, 0, Bodies.Announce.Encode()),
                _now);
        }

        Assert.Equal(RegionStore.MaxUnknown + 1, anna.Store.Count);
        Assert.Equal(slot, anna.Store.Search(new SlotFilter(), _now).Single().Slot.Id);
        // Hidden unless asked for, and never reserved.
        SlotOffer unknown = anna.Store.Search(new SlotFilter { Level = Level.None }, _now)
            .First(o => o.Level == Level.None);
        Assert.Throws<FappException>(() => anna.Desk.Reserve(unknown, new ReserveWishes(), _now));
    }

    private TestPatient Patient(int seed)
    {
        var patient = new TestPatient(seed);
        patient.Hear(_practice, _now);
        return patient;
    }

    private SlotId Offer(long inHours)
    {
        SlotId id = _practice.Add(_now, inHours);
        Pass(2 * FappTime.Minute);
        return id;
    }

    private void Pass(long seconds)
    {
        while (seconds > 0)
        {
            long step = Math.Min(seconds, seconds > FappTime.Day ? FappTime.Hour : FappTime.Minute);
            seconds -= step;
            _now = new FappTime(_now.Running + step, _now.Unix + step);
            _practice.Tick(_now);
        }
    }
}
