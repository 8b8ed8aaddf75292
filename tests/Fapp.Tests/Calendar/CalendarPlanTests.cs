using QuicProChat.Mesh.Fapp.Calendar;
using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Tests.Calendar;

/// <summary>Importing again adds what is new and leaves alone what others hold.</summary>
public class CalendarPlanTests
{
    private static readonly DateTimeOffset Monday = new(2026, 12, 7, 9, 0, 0, TimeSpan.Zero);
    private static readonly CalendarChoice Choice = new() { From = Monday, Until = Monday.AddDays(56) };

    [Fact]
    public void What_is_announced_already_is_kept_and_what_is_new_is_added()
    {
        CalendarPlan plan =
            CalendarPlan.Make(Choice, [new(Monday, 50), new(Monday.AddHours(1), 50)], [Slot(1, 0)], withdraws: true);
        Assert.Equal([new FreeTime(Monday.AddHours(1), 50)], plan.Add);
        Assert.Equal((0, 1, 0), (plan.Gone.Count, plan.Kept, plan.LeftOut));
    }

    [Fact]
    public void What_the_calendar_lost_is_gone_unless_somebody_holds_it_or_it_is_outside_the_time()
    {
        AnnouncedSlot held = Slot(2, 24) with { IsFree = false }, before = Slot(3, -24), after = Slot(4, 24 * 60);
        CalendarPlan plan = CalendarPlan.Make(Choice, [], [Slot(1, 0), held, before, after], withdraws: true);
        Assert.Equal([new SlotId(1)], plan.Gone);
    }

    [Fact]
    public void A_changed_length_is_another_slot_which_has_room_only_if_the_old_one_is_withdrawn()
    {
        FreeTime longer = new(Monday, 60);
        Assert.Equal([longer], CalendarPlan.Make(Choice, [longer], [Slot(1, 0)], withdraws: true).Add);
        CalendarPlan kept = CalendarPlan.Make(Choice, [longer], [Slot(1, 0)], withdraws: false);
        Assert.Empty(kept.Add);
        Assert.Equal((1, 1), (kept.Gone.Count, kept.LeftOut));
    }

    [Fact]
    public void No_more_is_added_than_a_practice_announces()
    {
        FreeTime[] free = [.. Enumerable.Range(1, 60).Select(i => new FreeTime(Monday.AddHours(i), 50))];
        CalendarPlan plan = CalendarPlan.Make(Choice, free, [Slot(1, 0) with { IsFree = false }], withdraws: true);
        Assert.Equal((SlotAnnounce.MaxSlots - 1, 60 - SlotAnnounce.MaxSlots + 1), (plan.Add.Count, plan.LeftOut));
        Assert.Equal(free[0], plan.Add[0]);
    }

    private static AnnouncedSlot Slot(uint id, int hours) =>
        new(new SlotId(id), Monday.AddHours(hours), 50, IsFree: true);
}
