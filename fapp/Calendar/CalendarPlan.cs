using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>A slot that a practice announces already.</summary>
/// <param name="Slot">Its id.</param>
/// <param name="Start">When it begins.</param>
/// <param name="Minutes">How long it is.</param>
/// <param name="IsFree">Nobody holds it.</param>
public readonly record struct AnnouncedSlot(SlotId Slot, DateTimeOffset Start, int Minutes, bool IsFree);

/// <summary>What has to be done so that a practice announces what its calendar says.</summary>
/// <param name="Add">Free times that are not announced yet, the earliest first.</param>
/// <param name="Gone">Announced free slots that the calendar no longer has free.</param>
/// <param name="Kept">How many are announced already.</param>
/// <param name="LeftOut">How many free times found no room, or are at the time of another slot.</param>
public sealed record CalendarPlan(IReadOnlyList<FreeTime> Add, IReadOnlyList<SlotId> Gone, int Kept, int LeftOut)
{
    /// <summary>Compares a calendar with what is announced.</summary>
    /// <param name="choice">What was taken from the calendar: slots outside its time are left alone.</param>
    /// <param name="free">What the calendar says is free.</param>
    /// <param name="announced">What is announced and not withdrawn.</param>
    /// <param name="withdraws">Whether what is gone will be withdrawn, and makes room.</param>
    public static CalendarPlan Make(
        CalendarChoice choice, IReadOnlyList<FreeTime> free, IReadOnlyList<AnnouncedSlot> announced, bool withdraws)
    {
        var staying = new List<AnnouncedSlot>();
        var gone = new List<SlotId>();
        foreach (AnnouncedSlot slot in announced)
        {
            bool isGone = slot.IsFree && slot.Start >= choice.From && slot.Start < choice.Until
                && !free.Contains(new FreeTime(slot.Start, slot.Minutes));
            if (isGone)
                gone.Add(slot.Slot);
            if (!isGone || !withdraws)
                staying.Add(slot);
        }

        var add = new List<FreeTime>();
        int kept = 0, leftOut = 0;
        foreach (FreeTime time in free)
        {
            if (staying.Exists(s => s.Start == time.Start && s.Minutes == time.Minutes))
                kept++;
            else if (staying.Count + add.Count >= SlotAnnounce.MaxSlots || staying.Exists(s => Touches(s, time)))
                leftOut++;
            else
                add.Add(time);
        }

        return new CalendarPlan(add, gone, kept, leftOut);
    }

    private static bool Touches(AnnouncedSlot slot, FreeTime time) =>
        slot.Start < time.Start.AddMinutes(time.Minutes) && time.Start < slot.Start.AddMinutes(slot.Minutes);
}
