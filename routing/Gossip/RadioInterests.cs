using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// Gossip over links that do not carry all topics: a node asks its neighbours there for its own, and gets announcements
/// of what they have of these. Streams carry everything, so nobody tells interests there.
/// </summary>
internal sealed class RadioInterests(GossipCore core, Spreading spreading)
{
    /// <summary>Announced at once on such a link, the newest first; arbitrary.</summary>
    private const int MaxOffered = 16;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    private ulong[] _own = [];

    /// <summary>What this node reads has changed.</summary>
    public void Set(Instant now, IEnumerable<GossipTopic> topics)
    {
        ulong[] own = [.. topics.Select(static t => t.Tag).Distinct().Take(GossipInterest.MaxTags)];
        if (own.AsSpan().SequenceEqual(_own))
            return;
        _own = own;
        foreach (GossipLink link in core.Links.All)
        {
            if (link.IsStream)
                continue;
            link.InterestDue = Instant.Min(link.InterestDue, now + Settling);
            core.Links.Touch(link);
        }
    }

    /// <summary>A link is up.</summary>
    public void LinkUp(Instant now, GossipLink link)
    {
        if (link.IsStream || _own.Length == 0)
            return;
        link.InterestDue = now + Settling * (1 + core.Random.NextDouble());
        core.Links.Touch(link);
    }

    /// <summary>Asks again, if it is time.</summary>
    public void Tick(Instant now, GossipLink link)
    {
        if (now < link.InterestDue)
            return;
        link.InterestDue = _own.Length == 0 ? Instant.Never : now + core.Options.InterestEvery
            * (0.9 + 0.2 * core.Random.NextDouble());
        int count = Math.Min(_own.Length, (link.Mtu - 1) / sizeof(ulong));
        Span<byte> frame = stackalloc byte[1 + GossipInterest.SizeOf(count)];
        frame[0] = (byte)FrameKind.GossipInterest;
        GossipInterest.Write(frame[1..], _own.AsSpan(0, count));
        // Where there is no room, it is asked for with the next turn.
        _ = core.Actions.Send(link.Id, GossipCore.Class, frame);
    }

    /// <summary>A neighbour asks for topics.</summary>
    public void Asked(GossipLink link, in GossipInterest interest)
    {
        if (link.IsStream)
            return;
        link.Interests = [];
        for (int i = 0; i < interest.Count; i++)
            link.Interests.Add(interest[i]);
        if (interest.Count == 0)
            return;
        var wanted = new List<StoredRecord>();
        foreach (StoredRecord record in core.Records.All)
        {
            if (record.From != link.Id && record.Size + 1 <= link.Mtu && link.Interests.Contains(record.Topic.Tag))
                wanted.Add(record);
        }

        wanted.Sort(static (a, b) => b.FirstSeen.CompareTo(a.FirstSeen));
        GossipId[] ids = [.. wanted.Take(Spreading.MostIds(link, MaxOffered)).Select(static r => r.Id)];
        if (ids.Length > 0)
            _ = spreading.TrySendHave(link, ids, atOnce: true);
    }
}
