using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>Hostile practices, patients, thieves and clocks, beyond the ten cases.</summary>
public sealed class HostileTests : IDisposable
{
    private const long Noon = 20_786 * FappTime.Day + 12 * FappTime.Hour;

    private readonly TestPractice _practice;
    private FappTime _now = new(0, Noon);

    public HostileTests() => _practice = new TestPractice(5, _now);

    public void Dispose() => _practice.Dispose();

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(4_197_122_880)]
    [InlineData(0)]
    public void Whatever_time_a_practice_writes_it_can_be_shown(uint minutes)
    {
        var slot = new Slot(new SlotId(1), minutes, Slot.MaxMinutes, Phase.Langzeit, Setting.Single, Modality.Praxis,
            FollowUp.No);
        SlotAnnounce announce = SlotAnnounce.TryRead((Bodies.Announce with { Slots = [slot] }).Encode())!;
        Assert.InRange(MinuteTime.Time(announce.Slots[0].Start).Year, 2020, 9999);
        Assert.InRange(MinuteTime.Time(announce.Slots[0].End).Year, 2020, 9999);
    }

    [Fact]
    public void A_puzzle_that_would_keep_a_patients_node_busy_is_no_announce()
    {
        Assert.NotNull(SlotAnnounce.TryRead((Bodies.Announce with { Effort = SlotAnnounce.MaxEffort }).Encode()));
        Assert.Null(SlotAnnounce.TryRead((Bodies.Announce with { Effort = SlotAnnounce.MaxEffort + 1 }).Encode()));
        var hardest = new byte[32];
        Assert.True(Puzzle.IsSolved(hardest, hardest, SlotAnnounce.MaxEffort,
            Puzzle.Solve(hardest, hardest, SlotAnnounce.MaxEffort)));
    }

    [Fact]
    public void A_practice_has_eight_places_and_no_more_for_announces_and_answers()
    {
        var anna = new TestPatient(1);
        byte[] answers = new byte[SlotConfirm.SizeOf(SlotConfirm.MinEntries)];
        SlotConfirm.WriteHead(answers, 0, 0);
        for (ulong place = 0; place < 300; place++)
        {
            Taking expected = place < Appointments.MaxPlaces ? Taking.Taken : Taking.Refused;
            Assert.Equal(expected, anna.Hear(Record(FappRecordType.Announce, place, Bodies.Announce.Encode()), _now));
            Assert.Equal(expected, anna.Hear(Record(FappRecordType.Answers, place << 8, answers), _now));
        }

        Assert.Equal(Appointments.MaxPlaces, anna.Store.Count);
    }

    [Fact]
    public void Only_the_attestation_that_an_announce_names_is_named()
    {
        var anna = new TestPatient(1);
        byte[] body = [1, 2, 3];
        Assert.False(anna.Store.Names(_practice.Identity.PublicKey.Span, body));
        SlotAnnounce announce = Bodies.Announce with { Attestation = Claim.HashOf(body) };
        anna.Hear(Record(FappRecordType.Announce, 0, announce.Encode()), _now);
        Assert.True(anna.Store.Names(_practice.Identity.PublicKey.Span, body));
        Assert.False(anna.Store.Names(_practice.Identity.PublicKey.Span, [1, 2, 4]));
        using LocalIdentity other = LocalIdentity.Generate();
        Assert.False(anna.Store.Names(other.PublicKey.Span, body));
    }

    [Fact]
    public void Whoever_asks_and_cancels_again_and_again_shuts_out_nobody()
    {
        SlotId slot = Offer(inHours: 100);
        for (int i = 0; i < 1000; i++)
            AskAndCancel(slot);
        Assert.InRange(_practice.Desk.RequestCount, 1, PracticeDesk.MaxPending);
        TestPatient anna = Patient(1);
        anna.Reserve(_practice, slot, _now);
        Assert.Equal(RequestOutcome.Taken, _practice.Receive(anna.Send(_now).Single(), _now));
        Pass(31 * FappTime.Minute);
        Assert.Equal(SlotAnswer.Drawn, _practice.Desk.Requests(_now)
            .Single(r => r.State != SlotAnswer.Cancelled).State);
    }

    [Fact]
    public void A_practice_that_is_full_of_what_is_over_still_takes_requests()
    {
        SlotId[] slots = [.. Enumerable.Range(1, SlotAnnounce.MaxSlots).Select(i => _practice.Add(_now, 100 + i))];
        Pass(2 * FappTime.Minute);
        foreach (SlotId slot in slots)
        {
            for (int i = 0; i < PracticeDesk.MaxPending; i++)
                AskAndCancel(slot);
        }

        foreach (SlotId slot in slots.SkipLast(1))
        {
            for (int i = 0; i < PracticeDesk.MaxPending; i++)
                Ask(slot);
        }

        Assert.Equal(PracticeDesk.MaxRequests, _practice.Desk.RequestCount);
        TestPatient anna = Patient(1);
        anna.Reserve(_practice, slots[^1], _now);
        Assert.Equal(RequestOutcome.Taken, _practice.Receive(anna.Send(_now).Single(), _now));
        Assert.Equal(PracticeDesk.MaxRequests, _practice.Desk.RequestCount);
    }

    [Fact]
    public void A_cancelled_request_that_is_played_again_takes_no_part()
    {
        SlotId slot = Offer(inHours: 100);
        byte[] first = AskAndCancel(slot);
        for (int i = 0; i < PracticeDesk.MaxPending + 10; i++)
            AskAndCancel(slot);
        Assert.Equal(RequestOutcome.Repeated, _practice.Receive(first, _now));
        Assert.DoesNotContain(_practice.Desk.Requests(_now), static r => r.State == SlotAnswer.Received);
    }

    [Fact]
    public void Somebody_else_with_the_practices_key_runs_ahead_and_the_practice_overtakes_and_its_patients_keep_their_word()
    {
        SlotId slot = Offer(inHours: 100);
        TestPatient anna = Patient(1);
        Reservation mine = anna.Reserve(_practice, slot, _now);
        _practice.Receive(anna.Send(_now).Single(), _now);
        Pass(31 * FappTime.Minute);
        _practice.Desk.Confirm(mine.Id, _now);
        Pass(FappTime.Hour);
        anna.Hear(_practice, _now);
        Assert.Equal(ReservationState.Booked, anna.Desk.Find(mine.Id).State);

        // The thief has the key of the identity, and not what the practice's node keeps: decoys are all that it can
        // say.
        byte[] body = new byte[SlotConfirm.SizeOf(SlotConfirm.MinEntries)];
        new Random(3).NextBytes(body);
        SlotConfirm.WriteHead(body, 0, 0);
        ulong ahead = _practice.Desk.Sequence + 5000;
        Assert.Equal(Taking.Taken, anna.Hear(Record(FappRecordType.Answers, 0, body, ahead), _now));
        Assert.Equal(Taking.Taken,
            anna.Hear(Record(FappRecordType.Announce, 0, Bodies.Announce.Encode(), ahead + 1), _now));
        Assert.Equal(ReservationState.Booked, anna.Desk.Find(mine.Id).State);

        // The practice's node sees its own record come from elsewhere.
        _practice.Desk.SequenceSeen(ahead + 1);
        _practice.Desk.Cancel(mine.Id, _now);
        _practice.Settle(_now);
        Pass(2 * FappTime.Hour);
        anna.Hear(_practice, _now);
        Assert.Equal(ReservationState.Cancelled, anna.Desk.Find(mine.Id).State);
        Assert.Equal(slot, anna.Store.Search(new SlotFilter(), _now).Single().Slot.Id);
    }

    [Fact]
    public void A_clock_that_jumps_for_some_minutes_ends_no_booking_and_deletes_nothing()
    {
        SlotId slot = Offer(inHours: 100);
        TestPatient anna = Patient(1);
        Reservation mine = anna.Reserve(_practice, slot, _now);
        _practice.Receive(anna.Send(_now).Single(), _now);
        Pass(31 * FappTime.Minute);
        _practice.Desk.Confirm(mine.Id, _now);
        _practice.Settle(_now);
        var clock = new SteadyClock();
        Assert.Equal(_now, clock.Read(_now));
        foreach (long jump in (long[])[400 * FappTime.Day, -20_000 * FappTime.Day, 5 * FappTime.Day])
        {
            for (long at = 0; at < SteadyClock.Settles; at += FappTime.Minute)
            {
                var wrong = new FappTime(_now.Running + at, _now.Unix + at + jump);
                Assert.Null(clock.Read(wrong).Unix);
                _practice.Tick(clock.Read(wrong));
                anna.Desk.Tick(clock.Read(wrong));
            }

            Pass(SteadyClock.Settles);
            Assert.Equal(_now, clock.Read(_now));
            _practice.Tick(clock.Read(_now));
            anna.Desk.Tick(clock.Read(_now));
        }

        Assert.Equal(SlotAnswer.Booked, _practice.Desk.Requests(_now).Single().State);
        Assert.Equal(mine.Id, _practice.Desk.Slots(_now).Single().Holder);
        Assert.Equal(mine.Id, anna.Desk.Reservations.Single().Id);

        // A laptop that slept, or a clock that was put right: after a while it counts.
        long slept = 2 * FappTime.Day;
        Assert.Null(clock.Read(new FappTime(_now.Running, _now.Unix + slept)).Unix);
        var awake = new FappTime(_now.Running + SteadyClock.Settles, _now.Unix + slept + SteadyClock.Settles);
        Assert.Equal(awake, clock.Read(awake));
    }

    [Fact]
    public void Without_a_clock_nothing_is_steady_and_three_hours_are_no_jump()
    {
        var clock = new SteadyClock();
        Assert.Equal(new FappTime(7, null), clock.Read(new FappTime(7, null)));
        Assert.Equal(new FappTime(8, Noon), clock.Read(new FappTime(8, Noon)));
        Assert.Equal(new FappTime(9, Noon + FappTime.Tolerance),
            clock.Read(new FappTime(9, Noon + FappTime.Tolerance)));
        // One that jumps to and fro is never believed.
        for (long i = 1; i < 100; i++)
            Assert.Null(clock.Read(
                new FappTime(9 + i * FappTime.Minute, Noon + i % 3 * FappTime.Day + 10 * FappTime.Day)).Unix);
    }

    private byte[] Record(FappRecordType type, ulong place, byte[] body, ulong sequence = 1) =>
        FappRecord.Create(_practice.Identity, type, Bodies.Announce.Plz.Region, place, sequence, 0, body);

    private MadeRequest Ask(SlotId slot)
    {
        MadeRequest made = SealedRequest.Create(
            _practice.Identity.PublicKey.Span, _practice.Announced,
            new SlotReserve { Verb = SlotVerb.Reserve, Slot = slot }, RandomSource.System);
        _practice.Receive(made.Bytes, _now);
        return made;
    }

    private byte[] AskAndCancel(SlotId slot)
    {
        MadeRequest made = Ask(slot);
        byte[] proof = new byte[SlotReserve.ProofSize];
        AnswerKeys.Prove(made.Root, SlotVerb.Cancel, slot, proof);
        MadeRequest cancel = SealedRequest.Create(
            _practice.Identity.PublicKey.Span, _practice.Announced,
            new SlotReserve { Verb = SlotVerb.Cancel, Slot = slot, Of = made.Id, Proof = proof }, RandomSource.System);
        Assert.Equal(RequestOutcome.Applied, _practice.Receive(cancel.Bytes, _now));
        return made.Bytes;
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
        for (long left = seconds; left > 0; left -= FappTime.Minute)
        {
            _now = new FappTime(_now.Running + FappTime.Minute, _now.Unix + FappTime.Minute);
            _practice.Tick(_now);
        }
    }
}
