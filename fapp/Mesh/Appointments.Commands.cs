using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>What a search found, and in how much it looked.</summary>
/// <param name="Offers">Slots that fit, earliest first.</param>
/// <param name="Practices">Practices that are known in that part of the country.</param>
/// <param name="NewestAge">Seconds since the newest announce came; null where none did.</param>
/// <param name="Followed">The regions that this node follows.</param>
/// <param name="IsFollowed">The part of the country that was asked for is among them.</param>
/// <param name="HasClock">A clock is set: without one nobody's card can be checked.</param>
public sealed record SearchResult(
    IReadOnlyList<SlotOffer> Offers, int Practices, long? NewestAge, IReadOnlyList<Region> Followed, bool IsFollowed,
    bool HasClock);

/// <content>What the owner asks for; from any thread.</content>
public sealed partial class Appointments
{
    private const int ShortestPrefix = 4;

    /// <summary>Makes a practice, or changes what is set of it.</summary>
    /// <param name="place">Which of the node's practices: 0 to 7.</param>
    /// <param name="change">Makes what is set of what was; null: nothing was.</param>
    public Task<PracticeSetup> SetPracticeAsync(byte place, Func<PracticeSetup?, PracticeSetup> change) =>
        DoAsync(now =>
    {
        if (place >= MaxPlaces)
            throw new FappException($"a node has {MaxPlaces} practices at most: --place 0 to {MaxPlaces - 1}");
        if (_practices.TryGetValue(place, out PracticeDesk? desk))
        {
            desk.Set(change(desk.Setup), now);
        }
        else
        {
            desk = new PracticeDesk(_context.Identity.PublicKey.Span, place, change(null), _context.Random,
                now)
            { Every = _options.PublishEvery };
            _practices[place] = desk;
        }

        if (!Followed.Contains(desk.Setup.Announce.Plz.Region))
            FollowAnew(_lastTick);
        return desk.Setup;
    });

    /// <summary>What is set of a practice.</summary>
    public Task<PracticeSetup> PracticeAsync(byte place) => AskAsync(_ => DeskOf(place).Setup);

    /// <summary>Adds a slot; what it leaves open is as the practice is.</summary>
    public Task<SlotView> AddSlotAsync(byte place, Slot slot) => DoAsync(now =>
    {
        PracticeDesk desk = DeskOf(place);
        if (slot.Modality == Modality.Other)
            slot = slot with { Modality = desk.Setup.Modality };
        SlotId id = desk.Add(slot, now);
        return desk.Slots(now).First(s => s.Slot.Id == id);
    });

    /// <summary>Takes a slot back.</summary>
    public Task<SlotView> WithdrawSlotAsync(SlotId id) => DoAsync(now =>
    {
        PracticeDesk desk = _practices.Values.FirstOrDefault(d => d.Slots(now).Any(s => s.Slot.Id == id))
            ?? throw new FappException($"there is no slot {id}");
        desk.Withdraw(id, now);
        return desk.Slots(now).First(s => s.Slot.Id == id);
    });

    /// <summary>The slots of a practice.</summary>
    public Task<IReadOnlyList<SlotView>> SlotsAsync(byte place) => AskAsync(now => DeskOf(place).Slots(now));

    /// <summary>The requests at all practices of this node.</summary>
    public Task<IReadOnlyList<RequestView>> RequestsAsync() =>
        AskAsync<IReadOnlyList<RequestView>>(now => [.. _practices.Values.SelectMany(d => d.Requests(now))]);

    /// <summary>Books a request.</summary>
    public Task<RequestView> ConfirmAsync(string id) =>
        OnRequestAsync(id, static (desk, request, now) => desk.Confirm(request, now));

    /// <summary>Refuses a request.</summary>
    /// <param name="id">Which.</param>
    /// <param name="before">No place before this, in minutes since 2020-01-01 UTC; 0: not said.</param>
    public Task<RequestView> RefuseAsync(string id, uint before) =>
        OnRequestAsync(id, (desk, request, now) => desk.Refuse(request, before, now));

    /// <summary>The person of a request did not come.</summary>
    public Task<RequestView> NoShowAsync(string id) =>
        OnRequestAsync(id, static (desk, request, now) => desk.NoShow(request, now));

    /// <summary>Cancels a reservation of this patient, or what this practice booked: whichever has the id.</summary>
    public Task<(RequestView? Request, Reservation? Reservation)> CancelAsync(string id) =>
        DoAsync<(RequestView?, Reservation?)>(now =>
    {
        if (FindReservation(id) is { } reservation)
            return (null, _patient.Cancel(reservation.Id, now));
        (PracticeDesk desk, RequestView request) = FindRequest(id, now);
        desk.Cancel(request.Id, now);
        return (desk.Requests(now).First(r => r.Id == request.Id), null);
    });

    /// <summary>Looks in what this node has. Nobody is asked.</summary>
    public Task<SearchResult> SearchAsync(SlotFilter filter) => AskAsync(now =>
    {
        CheckOn();
        string prefix = filter.Prefix.Length > 0 ? filter.Prefix : filter.Near?.ToString()[..2] ?? "";
        bool isFollowed = prefix.Length == 0 || Followed.Any(r => r.ToString() is var digits
            && (prefix.StartsWith(digits, StringComparison.Ordinal)
                || digits.StartsWith(prefix, StringComparison.Ordinal)));
        return new SearchResult(
            Store.Search(filter, now), Store.CountIn(prefix), Store.NewestAge(now), Followed, isFollowed,
            now.Unix is not null);
    });

    /// <summary>Tells from now on when something new fits.</summary>
    public Task<Watch> WatchAsync(SlotFilter filter) => DoAsync((now, transaction) =>
    {
        byte number = 1;
        while (_watches.ContainsKey(number))
            number++;
        if (number > Watch.MaxWatches)
            throw new FappException($"{Watch.MaxWatches} searches stand already: remove one first");
        var watch = new Watch(number, filter);
        _watches[number] = watch;
        Touch(watch, transaction);
        return watch;
    });

    /// <summary>The standing searches.</summary>
    public Task<IReadOnlyList<Watch>> WatchesAsync() =>
        AskAsync<IReadOnlyList<Watch>>(_ => [.. _watches.Values.OrderBy(w => w.Number)]);

    /// <summary>Ends a standing search.</summary>
    public Task<Watch> UnwatchAsync(byte number) => DoAsync((now, transaction) =>
    {
        if (!_watches.Remove(number, out Watch? watch))
            throw new FappException($"there is no standing search {number}");
        if (_rows.Remove(AppointmentRow.IdOf(watch.Kind, watch.Key.Span), out AppointmentRow? row))
            transaction.Leave(row);
        return watch;
    });

    /// <summary>Asks for a slot.</summary>
    /// <param name="slot">The slot's id.</param>
    /// <param name="practice">The practice's address, or its beginning; empty where the id alone says enough.</param>
    /// <param name="wishes">What is added.</param>
    public Task<Reservation> ReserveAsync(SlotId slot, string practice, ReserveWishes wishes) => DoAsync(now =>
    {
        IReadOnlyList<SlotOffer> found = Store.Find(slot, practice, now);
        if (found.Count == 0)
            throw new FappException($"nobody announces a slot {slot} here: search again");
        if (found.Count > 1)
            throw new FappException(
                $"{found.Count} practices announce a slot {slot}: write it as SLOT@PRACTICE, with the practice's "
                    + "address");
        SlotOffer offer = found[0];
        if (offer.Author.AsSpan().SequenceEqual(_context.Identity.PublicKey.Span))
            throw new FappException("this is a slot of this node's own practice");
        if (Forwarders.IsOnlyNeighbour(_context.Router, Identity.NodeAddress.Of(offer.Author)))
        {
            throw new FappException(
                "the practice is this node's only neighbour, and would see who asks: connect to another node of the "
                    + "mesh first");
        }

        return _patient.Reserve(offer, wishes, now);
    });

    /// <summary>What this patient asked for.</summary>
    public Task<IReadOnlyList<Reservation>> ReservationsAsync() => AskAsync(_ => _patient.Reservations);

    /// <summary>Says that the person takes what is held, or comes.</summary>
    public Task<Reservation> AcknowledgeAsync(string id) => DoAsync(now => _patient.Acknowledge(
        (FindReservation(id) ?? throw new FappException($"there is no reservation {id}")).Id, now));

    /// <summary>Signs an attestation or a revocation, and publishes it every day while it holds.</summary>
    /// <param name="type">Which of both.</param>
    /// <param name="region">Whose topic.</param>
    /// <param name="until">The last day, in days since 1970-01-01.</param>
    /// <param name="body">What it says.</param>
    public Task<bool> ClaimAsync(FappRecordType type, Region region, ushort until, byte[] body) =>
        DoAsync((now, transaction) =>
    {
        if (_claims.Count >= OwnClaim.MaxClaims)
            throw new FappException($"this node publishes {OwnClaim.MaxClaims} attestations already");
        var claim = new OwnClaim(type, region, until, body) { PublishAt = now.Running };
        string key = Convert.ToHexString(claim.Key.Span);
        if (_claims.ContainsKey(key))
            return false;
        _claims[key] = claim;
        Touch(claim, transaction);
        return true;
    });

    /// <summary>The region of a practice that this node knows; null for others.</summary>
    public Task<Region?> RegionOfAsync(ReadOnlyMemory<byte> author) => AskAsync(_ => Store.RegionOf(author.Span));

    /// <summary>
    /// Who speaks for whom is judged anew: the operator replaced anchors, block list or organisations.
    /// </summary>
    /// <param name="replace">Replaces them.</param>
    public Task<bool> TrustAnewAsync(Action replace) => DoAsync((now, _) =>
    {
        replace();
        FollowAnew(_lastTick);
        return true;
    });

    private void FollowAnew(Instant now)
    {
        Follow();
        var topics = Followed.Select(static r => r.Topic).ToHashSet();
        _records.SetTopics(now, topics, beganToRead: true);
        ReadKept(topics);
    }

    private void ReadKept(HashSet<GossipTopic> topics)
    {
        _kept.Add(_records.Find(topics, onlyUnread: false));
        _allRead ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private void ReadOn(Instant now)
    {
        if (_kept.IsOver)
            return;
        int news = _fresh.Count;
        _kept.Read((in GossipId id, in GossipRecord record) => Judge(now, id, record), static () => true);
        if (_kept.IsOver)
            TakeFound(TimeAt(now));
        // What was there before is no news.
        _fresh.RemoveRange(news, _fresh.Count - news);
        if (_kept.IsOver)
            Interlocked.Exchange(ref _allRead, null)?.SetResult();
    }

    private void CheckOn()
    {
        if (_options.Mode == FappMode.Off)
            throw new FappException(
                "appointments are off on this node: set \"fapp\" to \"follow\" or \"relay\" in the configuration, and "
                    + "start anew");
    }

    private PracticeDesk DeskOf(byte place) => _practices.TryGetValue(place, out PracticeDesk? desk)
        ? desk : throw new FappException(
            "this node has no such practice: it has to be made first, with its name and postal code");

    private Task<RequestView> OnRequestAsync(string id, Action<PracticeDesk, RequestId, FappTime> what) =>
        DoAsync(now =>
    {
        (PracticeDesk desk, RequestView request) = FindRequest(id, now);
        what(desk, request.Id, now);
        return desk.Requests(now).First(r => r.Id == request.Id);
    });

    private (PracticeDesk Desk, RequestView Request) FindRequest(string id, FappTime now)
    {
        (PracticeDesk, RequestView)[] found = id.Length < ShortestPrefix ? [] : [.. _practices.Values.SelectMany(
            d => d.Requests(now).Where(r => r.Id.ToString().StartsWith(id, StringComparison.OrdinalIgnoreCase))
                .Select(r => (d, r)))];
        return found.Length == 1 ? found[0] : throw NotOne("request", id, found.Length);
    }

    private Reservation? FindReservation(string id)
    {
        Reservation[] found = id.Length < ShortestPrefix
            ? [] : [.. _patient.Reservations.Where(r => r.Id.ToString()
                .StartsWith(id, StringComparison.OrdinalIgnoreCase))];
        return found.Length > 1 ? throw NotOne("reservation", id, found.Length) : found.FirstOrDefault();
    }

    private static FappException NotOne(string what, string id, int found) => new(found == 0
        ? $"there is no {what} '{id}': give its id, or at least its first {ShortestPrefix} digits"
        : $"{found} {what}s begin with '{id}': give more digits");

    private async Task<T> AskAsync<T>(Func<FappTime, T> question)
    {
        await AllReadAsync();
        return await _context.Loop.AskAsync(now => Refusing(() =>
        {
            CheckOn();
            return question(TimeAt(now));
        }));
    }

    // Who asks or commands is answered from all that is kept, not from the part that was read so far.
    private Task AllReadAsync() => Volatile.Read(ref _allRead)?.Task ?? Task.CompletedTask;

    private Task<T> DoAsync<T>(Func<FappTime, T> act) => DoAsync((now, _) => act(now));

    private async Task<T> DoAsync<T>(Func<FappTime, MessageTransaction, T> act)
    {
        await AllReadAsync();
        return await OwnerCommand<T>.RunAsync(_context.Loop, _work, (now, transaction) => Refusing(() =>
        {
            CheckOn();
            FappTime time = TimeAt(now);
            T result = act(time, transaction);
            foreach (PracticeDesk desk in _practices.Values)
                desk.Tick(_clock.Read(time));
            Persist(time, transaction);
            return result;
        }));
    }

    private static T Refusing<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (FappException e)
        {
            throw new MessagingException(Refusal.Refused, e.Message);
        }
    }
}
