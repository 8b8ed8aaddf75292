using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>The life of a reservation, both sides, in simulated time.</summary>
public sealed class ReservationTests : IDisposable
{
    // Monday, 2 November 2026, 09:00 UTC.
    private FappTime _now = new(1000, 1_793_610_000);
    private readonly TestPractice _practice;
    private readonly TestPatient _anna = new(2), _bert = new(3);

    public ReservationTests() => _practice = new TestPractice(1, _now);

    public void Dispose() => _practice.Dispose();

    [Fact]
    public void A_slot_is_offered_drawn_confirmed_booked_attended_and_kept()
    {
        SlotId slot = Offer(inHours: 5 * 24);
        Reservation mine = _anna.Reserve(_practice, slot, _now);
        Assert.Equal(ReservationState.Requested, mine.State);
        Assert.Equal(RequestOutcome.Taken, Deliver(_anna).Single());
        Assert.Equal(SlotAnswer.Received, Assert.Single(_practice.Desk.Requests(_now)).State);
        Pass(31 * FappTime.Minute);
        RequestView request = Assert.Single(_practice.Desk.Requests(_now));
        Assert.Equal((SlotAnswer.Drawn, mine.Code), (request.State, request.Code));
        _practice.Desk.Confirm(request.Id, _now);
        Pass(FappTime.Hour);
        Assert.Equal(ReservationState.Booked, mine.State);
        // It is no longer offered to anybody else.
        Assert.Empty(_practice.Announced.Slots);
        Pass(3 * FappTime.Day);
        Assert.True(Assert.Single(_practice.Desk.Requests(_now)).IsUnconfirmed);
        _anna.Desk.Acknowledge(mine.Id, _now);
        Assert.Equal(RequestOutcome.Applied, Deliver(_anna).Single());
        Assert.True(Assert.Single(_practice.Desk.Requests(_now)).Attends);
        Pass(4 * FappTime.Day);
        Assert.Equal(SlotAnswer.Kept, Assert.Single(_practice.Desk.Requests(_now)).State);
        Assert.Equal(ReservationState.Kept, mine.State);
        Pass(31 * FappTime.Day);
        Assert.Empty(_practice.Desk.Requests(_now));
        Assert.Empty(_anna.Desk.Reservations);
        Assert.Equal(1, _practice.DiskRows);
    }

    [Fact]
    public void Who_asks_to_be_asked_first_gets_half_the_time_left_and_loses_the_slot_by_silence()
    {
        SlotId slot = Offer(inHours: 100);
        Reservation anna = _anna.Reserve(_practice, slot, _now, new ReserveWishes(AskFirst: true));
        Assert.Equal(slot, _practice.Desk.Slots(_now).Single(s => s.Until == s.Slot.Start).Slot.Id);
        Deliver(_anna);
        Assert.Equal(MinuteTime.OfUnixSeconds(_now.Unix!.Value + 30 * FappTime.Minute), _practice.Desk.Slots(_now)
            .Single().Until);
        Pass(31 * FappTime.Minute);
        _practice.Desk.Confirm(anna.Id, _now);
        Pass(FappTime.Hour);
        Assert.Equal((ReservationState.Offered, SlotAnswer.Offered), (anna.State, anna.Answer));
        long held = MinuteTime.UnixSeconds(anna.Until) - _now.Unix!.Value;
        Assert.InRange(held, 47 * FappTime.Hour, 50 * FappTime.Hour);
        Assert.Equal(anna.Until, _practice.Desk.Slots(_now).Single().Until);
        _bert.Hear(_practice, _now);
        Reservation? bert = TryReserve(_bert, slot);
        Assert.Null(bert);
        Pass(held + FappTime.Hour);
        Assert.Equal(ReservationState.Expired, anna.State);
        Assert.True(_practice.Desk.Slots(_now)[0].Holder is null && _practice.Announced.Slots.Count == 1);
    }

    [Fact]
    public void An_acknowledged_offer_is_booked()
    {
        SlotId slot = Offer(inHours: 100);
        Reservation anna = _anna.Reserve(_practice, slot, _now, new ReserveWishes(AskFirst: true));
        Deliver(_anna);
        Pass(31 * FappTime.Minute);
        _practice.Desk.Confirm(anna.Id, _now);
        Pass(FappTime.Hour);
        _anna.Desk.Acknowledge(anna.Id, _now);
        Assert.Equal(RequestOutcome.Applied, Deliver(_anna).Single());
        Pass(FappTime.Hour);
        Assert.Equal(ReservationState.Booked, anna.State);
        Assert.Empty(_anna.Send(_now with { Running = _now.Running + FappTime.Day }));
    }

    [Fact]
    public void Whoever_cancels_leaves_the_slot_to_the_next_of_the_waiting_list()
    {
        SlotId slot = Offer(inHours: 200);
        Reservation anna = _anna.Reserve(_practice, slot, _now), bert = _bert.Reserve(_practice, slot, _now);
        Deliver(_anna);
        Deliver(_bert);
        Pass(31 * FappTime.Minute);
        RequestView drawn = _practice.Desk.Requests(_now).Single(r => r.State == SlotAnswer.Drawn);
        (TestPatient Who, Reservation Of) first = drawn.Id == anna.Id ? (_anna, anna) : (_bert, bert);
        (TestPatient Who, Reservation Of) second = drawn.Id == anna.Id ? (_bert, bert) : (_anna, anna);
        _practice.Desk.Confirm(drawn.Id, _now);
        Pass(FappTime.Hour);
        Assert.Equal((ReservationState.Booked, ReservationState.Waiting), (first.Of.State, second.Of.State));
        first.Who.Desk.Cancel(first.Of.Id, _now);
        Assert.Equal(RequestOutcome.Applied, Deliver(first.Who).Single());
        Pass(FappTime.Hour);
        Assert.Equal((ReservationState.Cancelled, ReservationState.Offered), (first.Of.State, second.Of.State));
        _practice.Desk.Confirm(second.Of.Id, _now);
        Pass(FappTime.Hour);
        Assert.Equal(ReservationState.Booked, second.Of.State);
    }

    [Fact]
    public void A_cancellation_repeats_until_the_answers_agree_and_is_not_undone_by_an_older_word()
    {
        SlotId slot = Offer(inHours: 200);
        Reservation anna = _anna.Reserve(_practice, slot, _now);
        Deliver(_anna);
        Pass(FappTime.Hour);
        _anna.Desk.Cancel(anna.Id, _now);
        byte[] lost = _anna.Send(_now).Single();
        Pass(FappTime.Hour);
        Assert.Equal(ReservationState.Cancelled, anna.State);
        byte[] again = _anna.Send(_now).Single();
        Assert.Equal(lost, again);
        Assert.Equal(RequestOutcome.Applied, _practice.Receive(again, _now));
        Pass(FappTime.Hour);
        Assert.Empty(_anna.Desk.Due(_now with { Running = _now.Running + FappTime.Day }));
    }

    [Fact]
    public void A_refusal_of_a_therapy_place_is_a_statement_that_opens_to_the_insurer()
    {
        SlotId slot = Offer(inHours: 200);
        var person = new Person("Erika Mustermann", new DateOnly(1964, 8, 12), new byte[16]);
        Reservation anna = _anna.Reserve(_practice, slot, _now, new ReserveWishes(Person: person));
        Reservation bert = _bert.Reserve(_practice, slot, _now);
        Deliver(_anna);
        Deliver(_bert);
        uint before = MinuteTime.OfUnixSeconds(_now.Unix!.Value + 180 * FappTime.Day);
        _practice.Desk.Refuse(anna.Id, before, _now);
        _practice.Desk.Refuse(bert.Id, before, _now);
        Pass(FappTime.Hour);
        Assert.Equal((ReservationState.Refused, before), (anna.State, anna.Statement!.Before));
        // Who did not ask for a place is refused without a statement.
        Assert.Equal((ReservationState.Refused, null), (bert.State, bert.Statement));
        _anna.Restart();
        Assert.Equal(anna.Statement.Record, _anna.Desk.Find(anna.Id).Statement!.Record);
    }

    [Fact]
    public void A_refused_request_is_deleted_after_seven_days_and_a_booked_one_thirty_days_after_its_slot()
    {
        SlotId slot = Offer(inHours: 400);
        Reservation anna = _anna.Reserve(_practice, slot, _now);
        Reservation bert = _bert.Reserve(_practice, slot, _now);
        Deliver(_anna);
        Deliver(_bert);
        _practice.Desk.Refuse(anna.Id, 0, _now);
        _practice.Desk.Confirm(bert.Id, _now);
        _practice.Settle(_now);
        Pass(7 * FappTime.Day - FappTime.Hour);
        Assert.Equal(2, _practice.Desk.RequestCount);
        Pass(2 * FappTime.Hour);
        Assert.Equal(bert.Id, _practice.Desk.Requests(_now).Single().Id);
        Pass(400 * FappTime.Hour - 7 * FappTime.Day + 30 * FappTime.Day - FappTime.Day);
        Assert.Equal(SlotAnswer.Kept, _practice.Desk.Requests(_now).Single().State);
        Pass(2 * FappTime.Day);
        Assert.Equal(0, _practice.Desk.RequestCount);
        // What is left is the practice itself.
        Assert.Equal(1, _practice.DiskRows);
    }

    [Fact]
    public void Booking_by_itself_takes_the_PIN_and_gives_strangers_a_fifth_of_the_week()
    {
        _practice.Desk.Set(TestPractice.Setup() with { IsAuto = true, Pin = "4711" }, _now);
        SlotId[] slots = [.. Enumerable.Range(0, 10).Select(i => _practice.Add(_now, 30 + i))];
        Pass(FappTime.Hour);
        int seed = 100;
        List<(TestPatient Who, Reservation Of)> all = [];
        foreach (SlotId slot in slots)
        {
            var who = new TestPatient(seed++);
            who.Hear(_practice, _now);
            Assert.Throws<FappException>(() => who.Reserve(_practice, slot, _now));
            all.Add((who, who.Reserve(_practice, slot, _now, new ReserveWishes(Pin: "4711"))));
            Deliver(who);
        }

        var wrong = new TestPatient(seed);
        wrong.Hear(_practice, _now);
        Reservation without = wrong.Reserve(_practice, slots[0], _now, new ReserveWishes(Pin: "0000"));
        Deliver(wrong);
        Pass(31 * FappTime.Minute);
        IReadOnlyList<RequestView> requests = _practice.Desk.Requests(_now);
        Assert.Equal(2, requests.Count(r => r.State == SlotAnswer.Booked));
        Assert.Equal(8, requests.Count(r => r.State == SlotAnswer.Drawn));
        Pass(FappTime.Hour);
        wrong.Hear(_practice, _now);
        Assert.Equal((ReservationState.Refused, SlotAnswer.PinNeeded), (without.State, without.Answer));
    }

    [Fact]
    public void Who_kept_an_appointment_is_known_the_next_time_and_nobody_else_can_say_so()
    {
        SlotId slot = Offer(inHours: 30);
        Reservation first = _anna.Reserve(_practice, slot, _now);
        Deliver(_anna);
        Pass(31 * FappTime.Minute);
        _practice.Desk.Confirm(first.Id, _now);
        Pass(4 * FappTime.Day);
        Assert.Equal(ReservationState.Kept, first.State);
        SlotId next = Offer(inHours: 50);
        _anna.Reserve(_practice, next, _now);
        _bert.Reserve(_practice, next, _now);
        Deliver(_anna);
        Deliver(_bert);
        Assert.Equal(1, _practice.Desk.Requests(_now).Count(r => r.Slot.Id == next && r.IsKnown));
    }

    [Fact]
    public void Acute_treatment_is_not_drawn_and_is_answered_within_ten_minutes()
    {
        _practice.Add(_now, 20, Phase.Akut);
        Pass(2 * FappTime.Minute);
        SlotId slot = _practice.Announced.Slots.Single().Id;
        Hear();
        Reservation anna = _anna.Reserve(_practice, slot, _now);
        Deliver(_anna);
        _practice.Tick(_now);
        Assert.Equal(SlotAnswer.Drawn, Assert.Single(_practice.Desk.Requests(_now)).State);
        Pass(11 * FappTime.Minute);
        Assert.Equal(ReservationState.Offered, anna.State);
    }

    [Fact]
    public void While_a_slot_for_acute_treatment_is_open_answers_come_every_ten_minutes_by_day_and_not_at_night()
    {
        _practice.Add(_now, 200, Phase.Akut);
        Pass(2 * FappTime.Minute);
        var perHour = new int[24];
        for (int minute = 0; minute < 24 * 60; minute++)
        {
            ulong before = _practice.Desk.Sequence;
            Pass(FappTime.Minute);
            perHour[_now.Unix!.Value / FappTime.Hour % 24] += _practice.Desk.Sequence > before ? 1 : 0;
        }

        Assert.All(perHour[5..21], static n => Assert.InRange(n, 5, 7));
        Assert.All((int[])[.. perHour[..5], .. perHour[21..]], static n => Assert.Equal(0, n));
    }

    [Fact]
    public void Without_a_clock_a_practice_collects_and_draws_rotates_and_deletes_nothing()
    {
        SlotId slot = Offer(inHours: 30);
        _anna.Reserve(_practice, slot, _now);
        Deliver(_anna);
        _now = _now with { Unix = null };
        for (int day = 0; day < 60; day++)
        {
            _now = _now with { Running = _now.Running + FappTime.Day };
            _practice.Tick(_now);
        }

        Assert.Equal(SlotAnswer.Received, Assert.Single(_practice.Desk.Requests(_now)).State);
        Assert.Equal(1, _practice.Announced.RequestKeyNumber);
        _bert.Hear(_practice, _now);
        _bert.Reserve(_practice, slot, _now);
        Assert.Equal(RequestOutcome.Taken, Deliver(_bert).Single());
    }

    [Fact]
    public void Answers_come_on_schedule_with_decoys_and_the_size_says_nothing()
    {
        SlotId slot = Offer(inHours: 400);
        byte[] before = _practice.Published[(FappRecordType.Answers, 0)];
        Reservation anna = _anna.Reserve(_practice, slot, _now);
        Deliver(_anna);
        _practice.Tick(_now);
        Assert.Same(before, _practice.Published[(FappRecordType.Answers, 0)]);
        Pass(FappTime.Hour);
        byte[] after = _practice.Published[(FappRecordType.Answers, 0)];
        Assert.Equal(before.Length, after.Length);
        // Tags are new each time: no entry is there twice.
        Pass(FappTime.Hour);
        byte[] third = _practice.Published[(FappRecordType.Answers, 0)];
        Assert.Empty(Tags(after).Intersect(Tags(third)));
        Assert.Equal(16, Tags(after).Distinct().Count());
        Assert.Equal(ReservationState.Offered, anna.State);
    }

    [Fact]
    public void More_than_sixty_four_answers_are_sharded_and_every_patient_finds_its_own()
    {
        SlotId[] slots = [.. Enumerable.Range(0, 30).Select(i => _practice.Add(_now, 100 + 2 * i))];
        Pass(2 * FappTime.Minute);
        List<(TestPatient Who, Reservation Of)> all = [];
        for (int i = 0; i < 300; i++)
        {
            var who = new TestPatient(1000 + i);
            who.Hear(_practice, _now);
            all.Add((who, who.Reserve(_practice, slots[i % slots.Length], _now)));
            Deliver(who);
        }

        Pass(2 * FappTime.Hour);
        Assert.InRange(_practice.Published.Count(p => p.Key.Item1 == FappRecordType.Answers), 8, 16);
        foreach ((TestPatient who, Reservation of) in all)
        {
            who.Hear(_practice, _now);
            Assert.NotNull(of.Answer);
        }

        Assert.Equal(30, all.Count(a => a.Of.State == ReservationState.Offered));
    }

    [Fact]
    public void A_key_is_rotated_after_a_month_and_the_old_one_opens_for_fifteen_days_more()
    {
        SlotId slot = Offer(inHours: 24 * 90);
        Reservation early = _anna.Reserve(_practice, slot, _now);
        byte[] message = _anna.Send(_now).Single();
        Pass(31 * FappTime.Day);
        Assert.Equal(2, _practice.Announced.RequestKeyNumber);
        byte[] copy = [.. message];
        Pass(10 * FappTime.Day);
        Assert.Equal(RequestOutcome.Taken, _practice.Receive(message, _now));
        Pass(7 * FappTime.Day);
        Assert.Equal(RequestOutcome.NotMine, _practice.Receive(copy, _now));
        _ = early;
    }

    private static IEnumerable<string> Tags(byte[] record) => Enumerable.Range(0, 16)
        .Select(i => Convert.ToHexString(record, record.Length - 64 - 16 * SlotConfirm.EntrySize + i
            * SlotConfirm.EntrySize, 8));

    private Reservation? TryReserve(TestPatient who, SlotId slot) =>
        who.Store.Find(slot, "", _now).Count == 0 ? null : who.Reserve(_practice, slot, _now);

    private SlotId Offer(long inHours)
    {
        SlotId id = _practice.Add(_now, inHours);
        Pass(2 * FappTime.Minute);
        return id;
    }

    private List<RequestOutcome> Deliver(TestPatient who) =>
        [.. who.Send(_now).Select(m => _practice.Receive(m, _now))];

    private void Hear()
    {
        _anna.Hear(_practice, _now);
        _bert.Hear(_practice, _now);
    }

    /// <summary>Time passes, minute by minute for an hour, then hour by hour.</summary>
    private void Pass(long seconds)
    {
        while (seconds > 0)
        {
            long step = Math.Min(seconds, seconds > FappTime.Day ? FappTime.Hour : FappTime.Minute);
            seconds -= step;
            _now = new FappTime(_now.Running + step, _now.Unix + step);
            _practice.Tick(_now);
            _anna.Desk.Tick(_now);
            _anna.Settle();
        }

        Hear();
    }
}
