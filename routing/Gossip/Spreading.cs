using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// Who gets a new record, and from whom (Plumtree: Leitao, Pereira and Rodrigues, 2007).
/// <code>
///  new record --+-- eager links: pushed             push that was in vain --> Prune: both ends make the link lazy
///               '-- lazy links: announced           announced, never pushed --> Want(graft): both ends make it eager
/// </code>
/// Links begin lazy. Where no link is eager yet, the first announcement is asked for at once, so that the first record
/// already builds a tree and nothing is flooded. Of the neighbours that could be asked, links that this node chose come
/// first.
/// </summary>
internal sealed class Spreading(GossipCore core)
{
    private readonly AnnouncedRecords _announced = new(core.Options.MaxAnnounced);

    public Instant NextDue => _announced.NextDue;

    /// <summary>Records announced and not here.</summary>
    public int Announced => _announced.Count;

    /// <summary>Sends a new record on, by all links but those whose neighbours have it.</summary>
    /// <param name="now">When.</param>
    /// <param name="id">Its id.</param>
    /// <param name="record">The record.</param>
    /// <param name="arrival">How it came.</param>
    public void Spread(Instant now, in GossipId id, in GossipRecord record, in GossipArrival arrival)
    {
        foreach (GossipLink link in core.Links.All)
        {
            if (link.Id == arrival.From || (arrival.Announced is { } announced && announced.WasAnnouncedBy(link.Id)))
                continue;
            if (link.IsStream && link.IsEager && !arrival.IsOld && TryPush(link, record.Bytes))
                continue;
            // What is not kept cannot be asked for.
            if (core.Records.Find(id) is null)
                continue;
            if (link.IsStream)
                Announce(now, link, id, arrival.IsOld);
            else
                Offer(now, link, id, record.Topic, isOwn: arrival.From == LinkId.None);
        }
    }

    /// <summary>A record came in: nobody has to be asked for it any more.</summary>
    public GossipArrival Arrived(in GossipId id, GossipLink link)
    {
        if (_announced.Find(id) is not { } announced)
            return new GossipArrival(link.Id, WasAsked: false, IsOld: false, null);
        bool wasAsked = announced.Asked == link.Id && !announced.IsQueued;
        if (wasAsked)
            link.Source.Delivered();
        EndAsking(announced);
        _announced.Remove(announced);
        return new GossipArrival(link.Id, wasAsked, announced.IsOld, announced);
    }

    /// <summary>The neighbour pushed something that was here already: it need not.</summary>
    public void PushedInVain(GossipLink link, StoredRecord? record)
    {
        // Its own record, or one that another link of the tree brought first.
        bool isRing = record is null || record.From == LinkId.None
            || (record.From != link.Id && core.Links.Find(record.From) is { IsEager: true });
        if (!isRing)
            return;
        link.IsEager = false;
        link.Talk.WantsPrune = true;
        core.Links.Touch(link);
    }

    /// <summary>The neighbour wants announcements only.</summary>
    public static void Pruned(GossipLink link) => link.IsEager = false;

    /// <summary>The neighbour pushed something new: it takes the link for one of the tree.</summary>
    public void PushedNew(Instant now, GossipLink link)
    {
        if (link.IsStream && !link.Source.IsBarred(now))
            link.IsEager = true;
    }

    /// <summary>Records that a neighbour has.</summary>
    public void Heard(Instant now, GossipLink link, in GossipHave have)
    {
        if (link.Source.IsBarred(now))
        {
            core.Counters.Add(GossipCounter.AnnouncementsIgnored, have.Count);
            return;
        }

        for (int i = 0; i < have.Count; i++)
            Heard(now, link, have[i], have.AskAtOnce);
    }

    /// <summary>A record that the neighbour has, and that this node lacks.</summary>
    /// <param name="now">When.</param>
    /// <param name="link">The neighbour.</param>
    /// <param name="id">The record.</param>
    /// <param name="isOld">Nobody will push it.</param>
    public void Heard(Instant now, GossipLink link, in GossipId id, bool isOld)
    {
        if (core.Knows(id))
            return;
        bool atOnce = isOld || !link.IsStream;
        AnnouncedRecord? announced = _announced.Find(id);
        if (announced is null)
        {
            announced = _announced.TryAdd(id, link.Source);
            if (announced is null)
            {
                core.Counters.Add(GossipCounter.AnnouncementsIgnored);
                return;
            }

            announced.IsOld = isOld;
            announced.AddAnnouncer(link.Id);
            if (atOnce || !core.Links.HasEager)
                Ask(now, announced, graft: !atOnce);
            else
                _announced.SetDue(announced, now + core.Options.GraftAfter);
            return;
        }

        announced.AddAnnouncer(link.Id);
        if (atOnce && announced.Asked == LinkId.None)
            Ask(now, announced, graft: false);
    }

    /// <summary>Announced records that nobody pushed, or that were asked for in vain.</summary>
    public void Tick(Instant now)
    {
        while (_announced.TakeDue(now) is { } due)
        {
            if (due.Asked != LinkId.None)
                Undelivered(now, due);
            Ask(now, due, graft: !due.IsOld);
        }
    }

    /// <summary>A neighbour is gone: others that have what it was asked for are asked.</summary>
    public void LinkDown(Instant now, GossipLink link)
    {
        foreach (AnnouncedRecord announced in _announced.Of(link.Id))
        {
            announced.RemoveAnnouncer(link.Id);
            bool wasAsked = announced.Asked == link.Id;
            if (wasAsked)
                EndAsking(announced);
            if (wasAsked || announced.Announcers.Count == 0)
                Ask(now, announced, graft: !announced.IsOld);
        }
    }

    /// <summary>Sends the requests that wait on a link, as far as what its source may bring allows.</summary>
    public void SendRequests(Instant now, GossipLink link)
    {
        LinkTalk talk = link.Talk;
        talk.RetryAt = Instant.Never;
        if (link.Source.IsBarred(now))
        {
            AskOthers(now, talk);
            return;
        }

        Span<GossipId> ids = stackalloc GossipId[LinkTalk.MaxAsked];
        int count = 0;
        TimeSpan patience = link.IsStream ? core.Options.AskPatience : core.Options.AskPatienceOnRadio;
        while (talk.Asked < LinkTalk.MaxAsked && count < MostIds(link, LinkTalk.MaxAsked)
            && talk.ToAsk.TryPeek(out GossipId id))
        {
            // A record that is asked for is not dropped for being too much: it is not asked for before there is room.
            if (!link.Source.Brought.Has(now, TypicalRecord * (talk.Asked + 1)))
            {
                talk.RetryAt = now + TimeSpan.FromSeconds(1);
                break;
            }

            talk.ToAsk.Dequeue();
            if (_announced.Find(id) is not { } announced || announced.Asked != link.Id || !announced.IsQueued)
                continue;
            announced.IsQueued = false;
            _announced.SetDue(announced, now + patience);
            talk.Asked++;
            ids[count++] = id;
        }

        if (count == 0)
            return;
        Span<byte> frame = stackalloc byte[1 + GossipWant.SizeOf(count)];
        frame[0] = (byte)FrameKind.GossipWant;
        GossipWant.Write(frame[1..], ids[..count], talk.WantsGraft);
        // Where there is no room, its time runs out and it is asked for again.
        if (core.Actions.Send(link.Id, GossipCore.Class, frame))
            talk.WantsGraft = false;
        core.Counters.Add(GossipCounter.RecordsAsked, count);
    }

    /// <summary>Sends the announcements that have gathered on a link.</summary>
    public void SendAnnouncements(Instant now, GossipLink link)
    {
        LinkTalk talk = link.Talk;
        if (now < talk.AnnounceAt)
            return;
        talk.AnnounceAt = Instant.Never;
        if (!TrySendAll(link, talk.ToAnnounce, atOnce: false) || !TrySendAll(link, talk.ToOffer, atOnce: true))
            talk.AnnounceAt = now + TimeSpan.FromSeconds(1);
    }

    private bool TrySendAll(GossipLink link, List<GossipId> ids, bool atOnce)
    {
        int most = MostIds(link, GossipHave.MaxIds);
        while (ids.Count > 0 && most > 0)
        {
            int count = Math.Min(most, ids.Count);
            if (!TrySendHave(link, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids)[..count], atOnce))
                return false;
            ids.RemoveRange(0, count);
        }

        return true;
    }

    /// <summary>Announces records of which no push is under way.</summary>
    public bool TrySendHave(GossipLink link, ReadOnlySpan<GossipId> ids, bool atOnce)
    {
        byte[] frame = new byte[1 + GossipHave.SizeOf(ids.Length)];
        frame[0] = (byte)FrameKind.GossipHave;
        GossipHave.Write(frame.AsSpan(1), ids, atOnce);
        if (!core.Actions.Send(link.Id, GossipCore.Class, frame))
            return false;
        core.Counters.Add(GossipCounter.IdsAnnounced, ids.Length);
        return true;
    }

    /// <summary>Most ids that a frame on this link has room for.</summary>
    public static int MostIds(GossipLink link, int most) => Math.Min(most, (link.Mtu - 2) / GossipId.Size);

    /// <summary>What a record is reckoned with before its size is known, in bytes; arbitrary.</summary>
    private const int TypicalRecord = 512;

    private bool TryPush(GossipLink link, ReadOnlySpan<byte> record)
    {
        if (!RecordFrame.TrySend(core.Actions, link, record))
            return false;
        core.Counters.Add(GossipCounter.RecordsPushed);
        return true;
    }

    private void Announce(Instant now, GossipLink link, in GossipId id, bool isOld)
    {
        LinkTalk talk = link.Talk;
        List<GossipId> ids = isOld ? talk.ToOffer : talk.ToAnnounce;
        if (ids.Count >= LinkTalk.MaxWaiting)
            return;
        ids.Add(id);
        if (talk.AnnounceAt == Instant.Never)
            talk.AnnounceAt = now + core.Options.AnnounceDelay;
        core.Links.Touch(link);
    }

    private void Offer(Instant now, GossipLink link, in GossipId id, in GossipTopic topic, bool isOwn)
    {
        if (isOwn || (link.Interests is { } wanted && wanted.Contains(topic.Tag)))
            Announce(now, link, id, isOld: false);
    }

    private void Ask(Instant now, AnnouncedRecord announced, bool graft)
    {
        GossipLink? best = null;
        foreach (LinkId number in announced.Announcers)
        {
            if (core.Links.Find(number) is { } link && !link.Source.IsBarred(now)
                && (best is null || (link.Source.IsChosen && !best.Source.IsChosen)))
                best = link;
        }

        if (best is null || best.Talk.ToAsk.Count >= LinkTalk.MaxToAsk)
        {
            _announced.Remove(announced);
            return;
        }

        announced.RemoveAnnouncer(best.Id);
        announced.Asked = best.Id;
        announced.IsQueued = true;
        best.Talk.ToAsk.Enqueue(announced.Id);
        _announced.SetDue(announced, now + core.Options.SyncAtLeast);
        if (graft && best.IsStream && !best.IsEager)
        {
            best.IsEager = true;
            best.Talk.WantsGraft = true;
            core.Counters.Add(GossipCounter.Grafts);
        }

        core.Links.Touch(best);
    }

    // What waits for a neighbour that is asked for nothing any more.
    private void AskOthers(Instant now, LinkTalk talk)
    {
        while (talk.ToAsk.TryDequeue(out GossipId id))
        {
            if (_announced.Find(id) is not { IsQueued: true } announced)
                continue;
            EndAsking(announced);
            Ask(now, announced, graft: !announced.IsOld);
        }
    }

    private void EndAsking(AnnouncedRecord announced)
    {
        if (announced.Asked != LinkId.None && !announced.IsQueued && core.Links.Find(announced.Asked) is { } asked)
        {
            asked.Talk.Asked--;
            core.Links.Touch(asked);
        }

        announced.Asked = LinkId.None;
        announced.IsQueued = false;
    }

    private void Undelivered(Instant now, AnnouncedRecord announced)
    {
        // It only waited for its turn: nobody is to blame.
        bool wasAsked = !announced.IsQueued;
        GossipLink? link = core.Links.Find(announced.Asked);
        EndAsking(announced);
        if (!wasAsked || link is null)
            return;
        core.Counters.Add(GossipCounter.Undelivered);
        if (!link.Source.Failed(now))
            return;
        core.Counters.Add(GossipCounter.SourcesBarred);
        foreach (GossipLink other in core.Links.All)
        {
            if (other.Source == link.Source)
                other.IsEager = false;
        }
    }
}

/// <summary>How a record came.</summary>
/// <param name="From">The link; none for this node's own.</param>
/// <param name="WasAsked">The link was asked for it.</param>
/// <param name="IsOld">It is no news: it was found by reconciliation, here or at the neighbour.</param>
/// <param name="Announced">Who else has it; null if nobody said so.</param>
internal readonly record struct GossipArrival(LinkId From, bool WasAsked, bool IsOld, AnnouncedRecord? Announced)
{
    /// <summary>This node's own.</summary>
    public static readonly GossipArrival Own = new(LinkId.None, false, false, null);
}
