using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Practice;

/// <content>Requests that come in, cheap checks before dear ones.</content>
public sealed partial class PracticeDesk
{
    /// <summary>
    /// Requests without the right PIN that are answered, for one slot; arbitrary: enough for people, nothing for a
    /// flood.
    /// </summary>
    private const int MaxWithoutPin = 8;

    /// <summary>
    /// Valid requests for one slot within an hour beyond which it is a flood: more than the sample holds.
    /// </summary>
    private const int FloodFrom = MaxPending;

    /// <summary>Opens a request and does what it says.</summary>
    /// <param name="request">As it came.</param>
    /// <param name="now">The time.</param>
    public RequestOutcome Receive(ReadOnlySpan<byte> request, FappTime now)
    {
        if (request.Length != SealedRequest.Size)
            return RequestOutcome.NotMine;
        ushort number = SealedRequest.KeyNumberOf(request);
        if (_head.Keys.Find(k => k.Number == number) is not { } key
            || !SealedRequest.TryOpen(_author, key.Public, key.TryAgree, request, out OpenedRequest? opened))
            return RequestOutcome.NotMine;
        RequestOutcome outcome = opened.Content.Verb switch
        {
            SlotVerb.Reserve => Reserve(opened, key, now),
            SlotVerb.Acknowledge => Acknowledge(opened.Content, now),
            SlotVerb.Cancel => CancelledByPatient(opened.Content, now),
            _ => RequestOutcome.NotMine,
        };
        if (outcome != RequestOutcome.Taken)
            CryptographicOperations.ZeroMemory(opened.Root);
        return outcome;
    }

    private RequestOutcome Reserve(OpenedRequest opened, RequestKey key, FappTime now)
    {
        SlotReserve content = opened.Content;
        if (_requests.ContainsKey(opened.Id))
            return RequestOutcome.Repeated;
        if (!_slots.TryGetValue(content.Slot, out DeskSlot? slot))
            return RequestOutcome.Unknown;
        if (slot.Done.Contains(opened.Id.High))
            return RequestOutcome.Repeated;
        if (!Puzzle.IsSolved(key.Public, opened.Ephemeral, key.Effort, content.Effort))
            return RequestOutcome.NoEffort;
        var made = new DeskRequest(Place, opened.Id, opened.Root, content.Slot)
        {
            Flags = content.Flags,
            Note = Setup.KeepsNotes ? content.Note : "",
            Person = content.Flags.HasFlag(SlotFlags.AsksForPlace) ? content.Person : [],
            IsKnown = IsKnown(content),
            HasPin = HasPin(content),
            Came = now.Running,
            Changed = now.Running,
            Rank = RankOf(opened.Id),
        };
        if (_requests.Count >= MaxRequests && !TryMakeRoom())
            return RequestOutcome.NotSampled;
        if (Setup.Pin.Length > 0 && !made.HasPin)
            return TakeWithoutPin(made);
        Count(slot, now);
        if (!TrySample(slot, made))
            return RequestOutcome.NotSampled;
        _requests[made.Id] = made;
        Enter(slot, made, now);
        return RequestOutcome.Taken;
    }

    /// <summary>What the request becomes at once: what the slot is decides.</summary>
    private void Enter(DeskSlot slot, DeskRequest request, FappTime now)
    {
        if (slot.IsWithdrawn)
        {
            Move(request, SlotAnswer.Withdrawn, now);
        }
        else if (IsOver(slot, now))
        {
            Move(request, SlotAnswer.Expired, now);
        }
        else if (slot.IsDrawn || slot.Holder is not null)
        {
            Move(request, SlotAnswer.Waiting, now);
            if (slot.Holder is null)
                HoldNext(slot, now);
        }
        else
        {
            Changes.Add(request);
            _events.Add(new RequestChanged(View(request, now)));
            long draw = slot.Slot.Phase == Phase.Akut ? 0 : Setup.Draw;
            if (slot.DrawAt == 0)
            {
                slot.DrawAt = Math.Max(1, now.Running + draw);
                Changes.Add(slot);
            }
        }
    }

    /// <summary>
    /// A uniform sample of the valid requests: those with the lowest ranks. A rank is a keyed hash of the request's id,
    /// so a repeat draws no second lot, and no memory of ids is needed.
    /// </summary>
    private bool TrySample(DeskSlot slot, DeskRequest made)
    {
        DeskRequest? last = null;
        int pending = 0;
        foreach (DeskRequest request in On(slot.Slot.Id))
        {
            // What a withdrawn slot still gets is answered, and bounded as well.
            if (!request.IsPending && request.State is not (SlotAnswer.Withdrawn or SlotAnswer.Expired))
                continue;
            pending++;
            if (request.IsPending && (last is null || request.Rank > last.Rank))
                last = request;
        }

        if (pending < MaxPending)
            return true;
        if (last is null || last.Rank <= made.Rank)
            return false;
        Forget(last);
        return true;
    }

    private RequestOutcome TakeWithoutPin(DeskRequest made)
    {
        if (On(made.Slot).Count(r => r.State == SlotAnswer.PinNeeded) >= MaxWithoutPin)
            return RequestOutcome.NoPin;
        made.State = SlotAnswer.PinNeeded;
        _requests[made.Id] = made;
        Changes.Add(made);
        // Its root is kept: the patient is told.
        return RequestOutcome.Taken;
    }

    /// <summary>A PIN was set: who asked without it is told so, and takes part no more.</summary>
    private void DropWithoutPin(FappTime now)
    {
        foreach (DeskRequest request in _requests.Values.Where(r => r.IsPending && !r.HasPin).ToArray())
        {
            if (On(request.Slot).Count(r => r.State == SlotAnswer.PinNeeded) < MaxWithoutPin)
                Move(request, SlotAnswer.PinNeeded, now);
            else
                Forget(request);
        }
    }

    private RequestOutcome Acknowledge(SlotReserve content, FappTime now)
    {
        if (Proven(content) is not { } request)
            return RequestOutcome.Unknown;
        switch (request.State)
        {
            case SlotAnswer.Offered:
                request.Attends = true;
                Move(request, SlotAnswer.Booked, now);
                return RequestOutcome.Applied;
            case SlotAnswer.Booked when !request.Attends:
                request.Attends = true;
                Changes.Add(request);
                _events.Add(new RequestChanged(View(request, now)));
                return RequestOutcome.Applied;
            default:
                return RequestOutcome.Repeated;
        }
    }

    private RequestOutcome CancelledByPatient(SlotReserve content, FappTime now)
    {
        if (Proven(content) is not { } request)
            return RequestOutcome.Unknown;
        if (!request.IsPending && !request.IsHolder && request.State != SlotAnswer.PinNeeded)
            return RequestOutcome.Repeated;
        End(request, SlotAnswer.Cancelled, now);
        if (Ended(On(request.Slot)) is { Length: > MaxPending } ended)
            Forget(ended[0]);
        return RequestOutcome.Applied;
    }

    /// <summary>
    /// What is over and only waits to be told gives way, the oldest first: whoever asks and cancels again and again
    /// shuts out nobody.
    /// </summary>
    private bool TryMakeRoom()
    {
        if (Ended(_requests.Values) is not [var oldest, ..])
            return false;
        Forget(oldest);
        return true;
    }

    private static DeskRequest[] Ended(IEnumerable<DeskRequest> requests) => [.. requests
        .Where(static r => r.State is SlotAnswer.Cancelled or SlotAnswer.Withdrawn or SlotAnswer.Expired
            or SlotAnswer.PinNeeded)
        .OrderBy(static r => r.Changed)];

    /// <summary>
    /// The request that an acknowledgement or cancellation means, if whoever sent it made that request.
    /// </summary>
    private DeskRequest? Proven(SlotReserve content) =>
        content.Of is { } of && _requests.TryGetValue(of, out DeskRequest? request) && request.Slot == content.Slot
            && IsProof(request, content.Verb, content.Slot, content.Proof) ? request : null;

    private bool IsKnown(SlotReserve content) =>
        content.Of is { } of && _requests.TryGetValue(of, out DeskRequest? kept) && kept.State == SlotAnswer.Kept
            && IsProof(kept, SlotVerb.Reserve, content.Slot, content.Proof);

    private static bool IsProof(DeskRequest request, SlotVerb verb, SlotId slot, ReadOnlySpan<byte> proof)
    {
        Span<byte> expected = stackalloc byte[SlotReserve.ProofSize];
        AnswerKeys.Prove(request.Root, verb, slot, expected);
        return CryptographicOperations.FixedTimeEquals(expected, proof);
    }

    private bool HasPin(SlotReserve content) => Setup.Pin.Length > 0
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Setup.Pin),
            Encoding.UTF8.GetBytes(content.Pin));

    private void Count(DeskSlot slot, FappTime now)
    {
        if (now.Running - slot.CountedSince > FappTime.Hour)
            (slot.CountedSince, slot.Valid) = (now.Running, 0);
        slot.Valid++;
        // Once for each flood, not for each request.
        if (slot.Valid != FloodFrom + 1)
            return;
        _events.Add(new FloodSeen(slot.Slot.Id, slot.Valid));
        Changes.Add(slot);
    }

    private ulong RankOf(RequestId id)
    {
        Span<byte> bytes = stackalloc byte[RequestId.Size];
        Span<byte> mac = stackalloc byte[HmacSha256.MacSize];
        id.Write(bytes);
        HmacSha256.Compute(_head.DrawKey, bytes, mac);
        return BinaryPrimitives.ReadUInt64BigEndian(mac);
    }
}
