using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Practice;

/// <content>Draws, offers, and what is over. Without a clock nothing is drawn, rotated or deleted.</content>
public sealed partial class PracticeDesk
{
    /// <summary>
    /// The person confirms between seven and this many seconds before; who did not is shown as unconfirmed.
    /// </summary>
    private const long ConfirmUntil = 3 * FappTime.Day;

    /// <summary>"Ask me first" holds for so long, at most half the time left.</summary>
    private const long LongestOffer = 72 * FappTime.Hour;

    /// <summary>How long refused requests and the like are kept: as long as their answer stays.</summary>
    private const long KeepsEnded = 7 * FappTime.Day;

    /// <summary>How long what was booked is kept after its slot.</summary>
    private const long KeepsBooked = 30 * FappTime.Day;

    /// <summary>After the end of a slot until it counts as kept: time to say that nobody came.</summary>
    private const long KeptAfter = FappTime.Day;

    /// <summary>How long a key is used, in running time; arbitrary.</summary>
    private const long KeyLife = 30 * FappTime.Day;

    /// <summary>How long a key stays after its last announce: gossip 7 days, an envelope 7.6, rounded up.</summary>
    private const long KeyKept = 15 * FappTime.Day;

    private const int Week = 7;

    /// <summary>Of a week's slots, the part that strangers may have without being looked at.</summary>
    private const int AutoPart = 5;

    /// <summary>Draws, ends offers and forgets what is old; publishes what is due.</summary>
    public void Tick(FappTime now)
    {
        if (now.Unix is { } unix)
        {
            foreach (DeskSlot slot in _slots.Values.ToArray())
                Advance(slot, unix, now);
            foreach (DeskRequest request in _requests.Values.ToArray())
                Age(request, unix, now);
            AgeKeys(now);
        }

        Publish(now);
    }

    /// <summary>When <see cref="Tick"/> has something to do, in running seconds.</summary>
    /// <param name="now">The time.</param>
    public long NextDue(FappTime now)
    {
        long next = Math.Min(_head.PublishAt, now.Running + FappTime.Hour);
        if (_head.AnnounceAt > 0)
            next = Math.Min(next, _head.AnnounceAt);
        if (now.Unix is not { } unix)
            return Math.Max(next, now.Running + FappTime.Minute);
        foreach (DeskSlot slot in _slots.Values)
        {
            if (slot.DrawAt > 0)
                next = Math.Min(next, slot.DrawAt);
            if (slot.Holder is { } holder && _requests.TryGetValue(holder, out DeskRequest? request)
                && request.State == SlotAnswer.Offered)
                next = Math.Min(next, now.Running + MinuteTime.UnixSeconds(request.Until) - unix);
        }

        return Math.Max(next, now.Running);
    }

    private void Advance(DeskSlot slot, long unix, FappTime now)
    {
        if (slot.DrawAt > 0 && now.Running >= slot.DrawAt)
        {
            slot.DrawAt = 0;
            slot.IsDrawn = true;
            Changes.Add(slot);
            HoldNext(slot, now);
        }

        if (slot.Holder is { } holder && _requests.TryGetValue(holder, out DeskRequest? request)
            && request.State == SlotAnswer.Offered
            && unix >= MinuteTime.UnixSeconds(request.Until))
            End(request, SlotAnswer.Expired, now);
        if (unix >= MinuteTime.UnixSeconds(slot.Slot.End) + KeepsBooked
            || slot.IsWithdrawn && !slot.IsListed && On(slot.Slot.Id).Length == 0)
        {
            foreach (DeskRequest left in On(slot.Slot.Id))
                Forget(left);
            _slots.Remove(slot.Slot.Id);
            Changes.Remove(slot);
        }
    }

    private void Age(DeskRequest request, long unix, FappTime now)
    {
        if (!_slots.TryGetValue(request.Slot, out DeskSlot? slot))
        {
            Forget(request);
            return;
        }

        if (request.State == SlotAnswer.Booked && unix >= MinuteTime.UnixSeconds(slot.Slot.End) + KeptAfter)
            Move(request, SlotAnswer.Kept, now);
        else if ((request.IsPending || request.State is SlotAnswer.Drawn or SlotAnswer.Offered) && IsOver(slot, now))
            End(request, SlotAnswer.Expired, now);
        bool isShort = request.State is SlotAnswer.Refused or SlotAnswer.Withdrawn or SlotAnswer.Cancelled
            or SlotAnswer.Expired
            or SlotAnswer.PinNeeded;
        if (isShort && now.Running - request.Changed >= KeepsEnded)
            Forget(request);
    }

    private void AgeKeys(FappTime now)
    {
        if (now.Running - _head.CurrentKey.Since >= KeyLife)
            Rotate(now);
        foreach (RequestKey old in _head.Keys.ToArray())
        {
            if (old == _head.CurrentKey || now.Running - old.Announced < KeyKept)
                continue;
            old.Erase();
            _head.Keys.Remove(old);
            Changes.Add(_head);
        }
    }

    private void Rotate(FappTime now)
    {
        if (_head.Keys.Count >= DeskHead.MaxKeys)
        {
            _head.Keys[0].Erase();
            _head.Keys.RemoveAt(0);
        }

        _head.Keys.Add(RequestKey.Draw(_random, (ushort)(_head.CurrentKey.Number + 1), Setup.Announce.Effort,
            now.Running));
        Changes.Add(_head);
        Soon(now);
    }

    private bool IsOver(DeskSlot slot, FappTime now) => now.Unix is { } unix
        && unix >= MinuteTime.UnixSeconds(slot.Slot.Start);

    /// <summary>The slot goes to the one with the lowest rank that takes part; nobody: it is free again.</summary>
    private void HoldNext(DeskSlot slot, FappTime now)
    {
        DeskRequest? next = null;
        foreach (DeskRequest request in On(slot.Slot.Id))
        {
            if (request.IsPending && (next is null || request.Rank < next.Rank))
                next = request;
        }

        if (next is null || slot.IsWithdrawn)
        {
            slot.Holder = null;
            slot.IsDrawn = false;
            Changes.Add(slot);
            return;
        }

        Hold(slot, next);
        WaitOthers(slot, now);
        if (Setup.IsAuto && next.HasPin && MayBookByItself(slot, next))
        {
            next.IsAutoStranger = !next.IsKnown;
            Accept(slot, next, now);
        }
        else
        {
            Move(next, SlotAnswer.Drawn, now);
        }
    }

    private void Hold(DeskSlot slot, DeskRequest request)
    {
        slot.Holder = request.Id;
        slot.IsDrawn = true;
        slot.DrawAt = 0;
        Changes.Add(slot);
    }

    private void WaitOthers(DeskSlot slot, FappTime now)
    {
        foreach (DeskRequest other in On(slot.Slot.Id))
        {
            if (other.State == SlotAnswer.Received && other.Id != slot.Holder)
                Move(other, SlotAnswer.Waiting, now);
        }
    }

    private void Accept(DeskSlot slot, DeskRequest request, FappTime now)
    {
        if (!request.Flags.HasFlag(SlotFlags.AskFirst) || now.Unix is not { } unix)
        {
            Move(request, SlotAnswer.Booked, now);
            return;
        }

        long left = MinuteTime.UnixSeconds(slot.Slot.Start) - unix;
        request.Until = MinuteTime.OfUnixSeconds(unix + Math.Min(LongestOffer, Math.Max(0, left / 2)));
        Move(request, SlotAnswer.Offered, now);
    }

    private bool MayBookByItself(DeskSlot slot, DeskRequest request)
    {
        if (request.IsKnown)
            return true;
        uint week = WeekOf(slot.Slot);
        int slots = _slots.Values.Count(s => !s.IsWithdrawn && WeekOf(s.Slot) == week);
        int strangers = _requests.Values.Count(
            r => r.IsAutoStranger && r.State is SlotAnswer.Offered or SlotAnswer.Booked
                && _slots.TryGetValue(r.Slot, out DeskSlot? s) && WeekOf(s.Slot) == week);
        return strangers < Math.Max(1, slots / AutoPart);
    }

    private static uint WeekOf(Slot slot) => slot.Start / (uint)(Week * FappTime.Day / FappTime.Minute);

    /// <summary>A request is over; if it had the slot, the next one gets it.</summary>
    private void End(DeskRequest request, SlotAnswer state, FappTime now)
    {
        Move(request, state, now);
        if (!_slots.TryGetValue(request.Slot, out DeskSlot? slot) || slot.Holder != request.Id)
            return;
        slot.Holder = null;
        Changes.Add(slot);
        if (!IsOver(slot, now))
            HoldNext(slot, now);
    }

    private void Move(DeskRequest request, SlotAnswer state, FappTime now)
    {
        if (request.State == state && request.Changed == now.Running)
            return;
        request.State = state;
        request.Changed = now.Running;
        Changes.Add(request);
        _events.Add(new RequestChanged(View(request, now)));
    }

    private void Forget(DeskRequest request)
    {
        _requests.Remove(request.Id);
        Changes.Remove(request);
        CryptographicOperations.ZeroMemory(request.Root);
        if (request.IsPending || !_slots.TryGetValue(request.Slot, out DeskSlot? slot))
            return;
        if (slot.Done.Count >= DeskSlot.MaxDone)
            slot.Done.RemoveAt(0);
        slot.Done.Add(request.Id.High);
        Changes.Add(slot);
    }
}
