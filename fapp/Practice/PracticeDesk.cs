using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Practice;

/// <summary>
/// A practice at one place: its slots, the requests for them, the draw, and what it publishes. A state machine without
/// I/O; docs/reference/fapp.md, section 5. It alone decides who has a slot.
/// <code>
///  Receive --> sample of 64 a slot --(30 min)--> draw --> Drawn --> Booked
///  Tick ----> draws, offers that ended, keys, what is old; publications on schedule
/// </code>
/// What it changed is in <see cref="Changes"/>: that is written before publications go out.
/// </summary>
public sealed partial class PracticeDesk
{
    /// <summary>Slots kept, past ones included; arbitrary.</summary>
    public const int MaxSlots = 4 * SlotAnnounce.MaxSlots;

    /// <summary>Requests that take part or wait, for one slot: a uniform sample of the valid ones.</summary>
    public const int MaxPending = 64;

    /// <summary>Requests in all: what memory holds; arbitrary.</summary>
    public const int MaxRequests = 4096;

    private readonly byte[] _author;
    private readonly RandomFill _random;
    private readonly DeskHead _head;
    private readonly Dictionary<SlotId, DeskSlot> _slots = [];
    private readonly Dictionary<RequestId, DeskRequest> _requests = [];
    private readonly List<Publication> _publications = [];
    private readonly List<DeskEvent> _events = [];

    /// <summary>A practice that is new.</summary>
    /// <param name="author">The node's public key, 32 bytes.</param>
    /// <param name="place">Which of the node's practices.</param>
    /// <param name="setup">What its owner set.</param>
    /// <param name="random">Source of keys and ids.</param>
    /// <param name="now">The time.</param>
    public PracticeDesk(ReadOnlySpan<byte> author, byte place, PracticeSetup setup, RandomFill random, FappTime now)
    {
        _author = author.ToArray();
        _random = random;
        byte[] drawKey = new byte[DeskHead.DrawKeySize];
        random(drawKey);
        _head = new DeskHead(place, setup, drawKey) { SizeSince = now.Running };
        _head.Keys.Add(RequestKey.Draw(random, 1, setup.Announce.Effort, now.Running));
        Set(setup, now);
    }

    private PracticeDesk(ReadOnlySpan<byte> author, DeskHead head, RandomFill random) =>
        (_author, _head, _random) = (author.ToArray(), head, random);

    /// <summary>Takes back a practice that was kept; null if the row is damaged.</summary>
    /// <param name="author">The node's public key, 32 bytes.</param>
    /// <param name="row">What was kept.</param>
    /// <param name="random">Source of keys and ids.</param>
    /// <param name="every">How often answers are published by day, in seconds.</param>
    public static PracticeDesk? TryRestore(
        ReadOnlySpan<byte> author, ReadOnlySpan<byte> row, RandomFill random, long every = FappTime.Hour) =>
        DeskHead.TryDecode(row) is { } head ? new PracticeDesk(author, head, random) { Every = every } : null;

    /// <summary>Which of a node's practices a kept slot or request belongs to; null if the row is damaged.</summary>
    public static byte? PlaceOf(ItemKind kind, ReadOnlySpan<byte> row) => kind switch
    {
        ItemKind.Slot => DeskSlot.TryDecode(row)?.Place,
        ItemKind.Request => DeskRequest.TryDecode(row)?.Place,
        ItemKind.Practice => DeskHead.TryDecode(row)?.Place,
        ItemKind.Reservation or ItemKind.Watch or ItemKind.Node or ItemKind.Claim or ItemKind.Query or ItemKind.Found
            => null,
        _ => null,
    };

    /// <summary>Takes back a slot or a request that was kept.</summary>
    public IStoredItem? RestoreItem(ItemKind kind, ReadOnlySpan<byte> row)
    {
        if (kind == ItemKind.Slot && DeskSlot.TryDecode(row) is { } slot)
        {
            _slots[slot.Slot.Id] = slot;
            return slot;
        }

        if (kind != ItemKind.Request || DeskRequest.TryDecode(row) is not { } request)
            return null;
        request.Rank = RankOf(request.Id);
        _requests[request.Id] = request;
        return request;
    }

    /// <summary>The item that holds the practice itself.</summary>
    public IStoredItem Head => _head;

    /// <summary>Which of the node's practices.</summary>
    public byte Place => _head.Place;

    /// <summary>What its owner set.</summary>
    public PracticeSetup Setup => _head.Setup;

    /// <summary>What has to be written.</summary>
    public ItemChanges Changes { get; } = new();

    /// <summary>Requests that are kept.</summary>
    public int RequestCount => _requests.Count;

    /// <summary>The sequence of the last record.</summary>
    public ulong Sequence => _head.Sequence;

    /// <summary>Its slots, earliest first.</summary>
    /// <param name="now">The time.</param>
    public IReadOnlyList<SlotView> Slots(FappTime now) =>
        [.. _slots.Values.OrderBy(static s => s.Slot.Start).Select(s => View(s, now))];

    /// <summary>Its requests, by slot, and those that have one first.</summary>
    /// <param name="now">The time.</param>
    public IReadOnlyList<RequestView> Requests(FappTime now) => [.. _requests.Values
        .OrderBy(r => _slots.TryGetValue(r.Slot, out DeskSlot? slot) ? slot.Slot.Start : 0)
        .ThenBy(r => r.IsHolder ? 0 : 1).ThenBy(r => r.Came)
        .Select(r => View(r, now))];

    /// <summary>Takes what is to be published.</summary>
    public IReadOnlyList<Publication> TakePublications()
    {
        Publication[] taken = [.. _publications];
        _publications.Clear();
        return taken;
    }

    /// <summary>Takes what its owner should know.</summary>
    public IReadOnlyList<DeskEvent> TakeEvents()
    {
        DeskEvent[] taken = [.. _events];
        _events.Clear();
        return taken;
    }

    /// <summary>Changes what its owner sets.</summary>
    /// <exception cref="FappException">It cannot be announced.</exception>
    public void Set(PracticeSetup setup, FappTime now)
    {
        if (setup.IsAuto && setup.Pin.Length == 0)
            throw new FappException(
                "booking by itself needs a PIN: set one with --pin, and speak it on the answering machine");
        setup = setup with
        {
            Announce = setup.Announce with
            {
                Wishes = setup.Pin.Length > 0 ? setup.Announce.Wishes | Wishes.Pin
                    : setup.Announce.Wishes & ~Wishes.Pin,
                Slots = [],
                RequestKey = _head.CurrentKey.Public,
                RequestKeyNumber = _head.CurrentKey.Number,
            },
        };
        if (setup.Announce.Explain() is { } wrong)
            throw new FappException($"this cannot be announced: {wrong}");
        _head.Setup = setup;
        // The effort is bound to the key (section 3.2).
        if (_head.CurrentKey.Effort != setup.Announce.Effort)
            Rotate(now);
        if (setup.Pin.Length > 0)
            DropWithoutPin(now);
        Soon(now);
        Changes.Add(_head);
    }

    /// <summary>Adds a slot that is free.</summary>
    /// <exception cref="FappException">There are too many, or it overlaps one that is there.</exception>
    public SlotId Add(Slot slot, FappTime now)
    {
        if (now.Unix is { } unix && MinuteTime.UnixSeconds(slot.Start) <= unix)
            throw new FappException("this slot has begun already");
        if (_slots.Count >= MaxSlots || _slots.Values.Count(s => s.IsOpen) >= SlotAnnounce.MaxSlots)
            throw new FappException($"a practice announces {SlotAnnounce.MaxSlots} slots at most: withdraw some first");
        foreach (DeskSlot other in _slots.Values)
        {
            if (!other.IsWithdrawn && slot.Start < other.Slot.End && other.Slot.Start < slot.End)
                throw new FappException($"the slot {other.Slot.Id} is at the same time: withdraw it first");
        }

        var id = new SlotId(0);
        Span<byte> drawn = stackalloc byte[SlotId.Size];
        while (id.Value == 0 || _slots.ContainsKey(id))
        {
            _random(drawn);
            id = new SlotId(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(drawn));
        }

        var added = new DeskSlot(Place, slot with { Id = id });
        _slots[id] = added;
        Changes.Add(added);
        Soon(now);
        return id;
    }

    /// <summary>Takes a slot back; whoever asked for it is told with the next answers.</summary>
    /// <exception cref="FappException">There is no such slot.</exception>
    public void Withdraw(SlotId id, FappTime now)
    {
        DeskSlot slot = SlotOf(id);
        slot.IsWithdrawn = true;
        slot.Holder = null;
        slot.DrawAt = 0;
        Changes.Add(slot);
        foreach (DeskRequest request in On(id))
        {
            if (request.IsPending || request.IsHolder)
                Move(request, SlotAnswer.Withdrawn, now);
        }
    }

    /// <summary>Books a request that was drawn, or takes one against the draw, for clinical reasons.</summary>
    /// <exception cref="FappException">There is no such request, or the slot is booked.</exception>
    public void Confirm(RequestId id, FappTime now)
    {
        DeskRequest request = RequestOf(id);
        DeskSlot slot = SlotOf(request.Slot);
        if (request.State != SlotAnswer.Drawn && !request.IsPending)
            throw new FappException($"this request is {request.State}: there is nothing to confirm");
        if (slot.Holder is { } holder && holder != id)
        {
            if (_requests.TryGetValue(holder, out DeskRequest? other) && other.State != SlotAnswer.Drawn)
                throw new FappException($"the slot is held by {holder}: cancel that first");
            if (other is not null)
                Move(other, SlotAnswer.Waiting, now);
        }

        Hold(slot, request);
        WaitOthers(slot, now);
        Accept(slot, request, now);
    }

    /// <summary>
    /// Refuses a request. With the question for a therapy place this is the statement that the patient shows its
    /// insurer.
    /// </summary>
    /// <param name="id">Which.</param>
    /// <param name="before">No place before this; minutes since 2020-01-01 UTC, 0 for nothing said.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="FappException">There is no such request, or it is over.</exception>
    public void Refuse(RequestId id, uint before, FappTime now)
    {
        DeskRequest request = RequestOf(id);
        if (!request.IsPending && !request.IsHolder)
            throw new FappException($"this request is {request.State}: there is nothing to refuse");
        request.Until = before;
        End(request, SlotAnswer.Refused, now);
    }

    /// <summary>Cancels what was booked or offered.</summary>
    /// <exception cref="FappException">There is no such request, or nothing to cancel.</exception>
    public void Cancel(RequestId id, FappTime now)
    {
        DeskRequest request = RequestOf(id);
        if (!request.IsHolder)
            throw new FappException($"this request is {request.State}: there is nothing to cancel");
        End(request, SlotAnswer.Cancelled, now);
    }

    /// <summary>The person did not come.</summary>
    /// <exception cref="FappException">There is no such request, or it was not booked, or its time has not
    /// come.</exception>
    public void NoShow(RequestId id, FappTime now)
    {
        DeskRequest request = RequestOf(id);
        if (request.State is not (SlotAnswer.Booked or SlotAnswer.Kept))
            throw new FappException($"this request is {request.State}: nobody was expected");
        if (now.Unix is { } unix && MinuteTime.UnixSeconds(SlotOf(request.Slot).Slot.Start) > unix)
            throw new FappException("its time has not come yet");
        Move(request, SlotAnswer.NoShow, now);
    }

    /// <summary>
    /// A record of this author came from elsewhere: after a restored backup the sequence goes on above it, so that what
    /// this node publishes is not taken for old.
    /// </summary>
    public void SequenceSeen(ulong sequence)
    {
        if (sequence <= _head.Sequence || sequence >= FappRecord.MaxSequence)
            return;
        _head.Sequence = sequence;
        Changes.Add(_head);
    }

    private SlotView View(DeskSlot slot, FappTime now) => new(
        slot.Slot, slot.IsWithdrawn, slot.IsListed, On(slot.Slot.Id).Count(r => r.IsPending), slot.Holder,
        slot.Valid > MaxPending,
        UntilOf(slot, now));

    private uint UntilOf(DeskSlot slot, FappTime now)
    {
        if (slot.IsWithdrawn || IsOver(slot, now))
            return 0;
        if (slot.Holder is { } holder)
            return _requests.TryGetValue(holder, out DeskRequest? request) && request.State == SlotAnswer.Offered
                ? request.Until : slot.Slot.Start;
        if (slot.DrawAt == 0 || slot.IsDrawn)
            return slot.Slot.Start;
        return now.Unix is { } unix ? MinuteTime.OfUnixSeconds(unix + Math.Max(0, slot.DrawAt - now.Running)) : 0;
    }

    private RequestView View(DeskRequest request, FappTime now)
    {
        Slot slot = _slots.TryGetValue(request.Slot, out DeskSlot? found) ? found.Slot
            : new Slot(request.Slot, 0, 1, 0, 0, 0, 0);
        bool isNear = now.Unix is { } unix && MinuteTime.UnixSeconds(slot.Start) - unix < ConfirmUntil;
        return new RequestView(
            request.Id, slot, request.State, Fapp.Requests.AnswerKeys.Code(request.Root), request.Note, request.IsKnown,
            request.Flags.HasFlag(SlotFlags.AskFirst), request.Flags.HasFlag(SlotFlags.AsksForPlace),
            request.Flags.HasFlag(SlotFlags.IsRecommended), request.Attends,
            request.State == SlotAnswer.Booked && !request.Attends && isNear, request.Until);
    }

    private DeskSlot SlotOf(SlotId id) =>
        _slots.TryGetValue(id, out DeskSlot? slot) ? slot : throw new FappException($"there is no slot {id}");

    private DeskRequest RequestOf(RequestId id) =>
        _requests.TryGetValue(id, out DeskRequest? request) ? request
            : throw new FappException($"there is no request {id}");

    private DeskRequest[] On(SlotId slot) => [.. _requests.Values.Where(r => r.Slot == slot)];
}
