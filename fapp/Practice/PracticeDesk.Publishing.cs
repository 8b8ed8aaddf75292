using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;

namespace QuicProChat.Mesh.Fapp.Practice;

/// <content>
/// What is published, and when: on a schedule, changed or not, filled with decoys (section 4). So neither the time of
/// an answer nor their number tells who was answered.
/// </content>
public sealed partial class PracticeDesk
{
    /// <summary>New slots wait so long for others; arbitrary: a person types several.</summary>
    private const long AnnounceDelay = FappTime.Minute;

    /// <summary>
    /// The hours of the day, UTC, within which the schedule publishes: from six to about ten in Germany.
    /// </summary>
    private const int FirstHour = 5;

    private const int LastHour = 20;

    /// <summary>How often answers are published by day, in seconds.</summary>
    public long Every { get; init; } = FappTime.Hour;

    /// <summary>How often by day while a slot for acute treatment is open, in seconds.</summary>
    public long EveryWithAkut { get; init; } = 10 * FappTime.Minute;

    private void Soon(FappTime now)
    {
        if (_head.AnnounceAt == 0)
            _head.AnnounceAt = now.Running + Math.Min(AnnounceDelay, Every);
        Changes.Add(_head);
    }

    private void Publish(FappTime now)
    {
        if (now.Running >= _head.PublishAt)
        {
            PublishAll(now);
            return;
        }

        if (_head.AnnounceAt > 0 && now.Running >= _head.AnnounceAt)
        {
            // What is new is added; what is gone stays listed until the schedule lets it vanish.
            foreach (DeskSlot slot in _slots.Values)
                List(slot, slot.IsListed || slot.IsOpen && !IsOver(slot, now));
            PublishAnnounce(now);
        }
    }

    private void PublishAll(FappTime now)
    {
        bool hasAkut = false;
        foreach (DeskSlot slot in _slots.Values)
        {
            List(slot, slot.IsOpen && !IsOver(slot, now));
            hasAkut |= slot.IsListed && slot.Slot.Phase == Phase.Akut;
        }

        DeskRequest[] live =
            [.. _requests.Values.Where(r => r.IsPending || r.IsHolder || now.Running - r.Changed < KeepsEnded)];
        bool hasListed = _slots.Values.Any(s => s.IsListed);
        bool hasNews = hasListed || live.Length > 0 || _head.AnnounceAt > 0;
        _head.PublishAt = NextPublication(hasAkut, now);
        Changes.Add(_head);
        if (!hasNews && !_head.HasPublished)
            return;
        PublishAnnounce(now);
        if (hasListed || live.Length > 0 || _head.HasPublished)
            PublishAnswers(live, now);
        _head.HasPublished = hasListed || live.Length > 0;
    }

    private long NextPublication(bool hasAkut, FappTime now)
    {
        long next = now.Running + (hasAkut ? Math.Min(EveryWithAkut, Every) : Every);
        // At night nobody is there who would answer, also where a slot for acute treatment is open.
        if (Every < FappTime.Hour || now.Unix is not { } unix)
            return next;
        long hour = (unix + next - now.Running) / FappTime.Hour % 24;
        if (hour is >= FirstHour and <= LastHour)
            return next;
        long hours = (FirstHour - hour + 24) % 24;
        return next + hours * FappTime.Hour;
    }

    private void List(DeskSlot slot, bool isListed)
    {
        if (slot.IsListed == isListed)
            return;
        slot.IsListed = isListed;
        Changes.Add(slot);
    }

    private void PublishAnnounce(FappTime now)
    {
        _head.AnnounceAt = 0;
        RequestKey key = _head.CurrentKey;
        key.Announced = now.Running;
        SlotAnnounce announce = Setup.Announce with
        {
            Slots = [.. _slots.Values.Where(s => s.IsListed).Select(s => s.Slot).OrderBy(s => s.Start)
                .Take(SlotAnnounce.MaxSlots)],
            RequestKey = key.Public,
            RequestKeyNumber = key.Number,
            Effort = key.Effort,
        };
        Add(FappRecordType.Announce, Place, announce.Encode());
    }

    private void PublishAnswers(DeskRequest[] live, FappTime now)
    {
        Resize(live, now);
        int shards = 1 << _head.ShardBits;
        for (int shard = 0; shard < shards; shard++)
        {
            ulong sequence = _head.Sequence + 1;
            byte[] body = new byte[SlotConfirm.SizeOf(_head.Entries)];
            _random(body);
            SlotConfirm.WriteHead(body, _head.ShardBits, (byte)shard);
            int[] order = Shuffled(_head.Entries);
            int used = 0;
            foreach (DeskRequest request in live.Where(r => SlotConfirm.ShardOf(r.Id, _head.ShardBits) == shard)
                .Take(_head.Entries))
                AnswerKeys.SealEntry(request.Root, _author, sequence, (byte)shard, Answer(request),
                    SlotConfirm.EntryOf(body, order[used++]));
            Add(FappRecordType.Answers, (ulong)Place << 8 | (uint)shard, body);
        }
    }

    private static SlotAnswerEntry Answer(DeskRequest request) => new(
        request.State, request.Slot, request.State is SlotAnswer.Offered or SlotAnswer.Refused ? request.Until : 0,
        request.State == SlotAnswer.Refused ? request.Person : []);

    /// <summary>The size grows where answers would not fit, and shrinks once a week at most.</summary>
    private void Resize(DeskRequest[] live, FappTime now)
    {
        int entries = SlotConfirm.MinEntries, bits = 0;
        while (Largest(live, bits) is var largest && largest > entries)
        {
            if (entries < SlotConfirm.MaxEntries)
                entries *= 2;
            else if (bits < SlotConfirm.MaxShardBits)
                bits++;
            else
                break;
        }

        bool isLarger = bits > _head.ShardBits || bits == _head.ShardBits && entries > _head.Entries;
        bool isSmaller = bits < _head.ShardBits || bits == _head.ShardBits && entries < _head.Entries;
        if (isLarger || isSmaller && now.Running - _head.SizeSince >= Week * FappTime.Day)
            (_head.Entries, _head.ShardBits, _head.SizeSince) = (entries, bits, now.Running);
    }

    private static int Largest(DeskRequest[] live, int bits)
    {
        Span<int> counts = stackalloc int[1 << SlotConfirm.MaxShardBits];
        counts.Clear();
        int largest = 0;
        foreach (DeskRequest request in live)
            largest = Math.Max(largest, ++counts[SlotConfirm.ShardOf(request.Id, bits)]);
        return largest;
    }

    private int[] Shuffled(int count)
    {
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
        {
            int with = Chance.Below(_random, i + 1);
            order[i] = order[with];
            order[with] = i;
        }

        return order;
    }

    private void Add(FappRecordType type, ulong place, byte[] body)
    {
        _head.Sequence++;
        _publications.Add(new Publication(type, Setup.Announce.Plz.Region, place, _head.Sequence, body));
        Changes.Add(_head);
    }
}
