using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Pairs;

/// <summary>
/// KeyPackages of last resort in gossip: this node's own, for whoever finds it away, and those of others as they came.
/// Nothing that comes from here is verified: whoever uses a KeyPackage checks it.
/// </summary>
/// <param name="identity">Who this node is.</param>
/// <param name="time">The calendar.</param>
internal sealed class KeyPackageShelf(LocalIdentity identity, TimeProvider time)
{
    /// <summary>Days after which a record is made anew: gossip keeps it for seven. Arbitrary.</summary>
    internal const int FreshDays = 3;

    /// <summary>How often this node looks whether its own is still there. Arbitrary.</summary>
    internal static readonly TimeSpan LookEvery = TimeSpan.FromHours(12);

    private const long SecondsInDay = 24 * 60 * 60;

    private IGossipRecords? _records;

    /// <summary>When to call <see cref="Publish"/>; never where there is no gossip.</summary>
    internal Instant NextDue { get; private set; } = Instant.Never;

    /// <summary>Gossip is there from now on.</summary>
    internal void Attach(IGossipRecords records, Instant now) => (_records, NextDue) = (records, now);

    /// <summary>Spreads this node's KeyPackage, unless a fresh record of it is kept.</summary>
    internal void Publish(Instant now, KeyPackage lastResort)
    {
        if (_records is null)
            return;
        NextDue = now + LookEvery;
        byte[] package = lastResort.ToMessage();
        CipherSuite suite = lastResort.Content.CipherSuite;
        long unix = _records.UnixSeconds ?? time.GetUtcNow().ToUnixTimeSeconds();
        ushort today = (ushort)Math.Clamp((_records.UnixSeconds ?? 0) / SecondsInDay, 0, ushort.MaxValue);
        ulong last = 0;
        foreach (byte[] bytes in RecordsOf(identity.Address))
        {
            if (!GossipRecord.TryRead(bytes, out GossipRecord record) || !KeyRecord.TryRead(record, out KeyRecord kept)
                || kept.Suite != suite)
                continue;
            if (kept.KeyPackage.SequenceEqual(package) && record.BornDay > 0 && today >= record.BornDay
                && today - record.BornDay < FreshDays)
                return;
            last = Math.Max(last, kept.Sequence);
        }

        ulong sequence = Math.Max(last + 1, (ulong)Math.Max(1, unix));
        if (package.Length <= KeyRecord.MaxKeyPackage && sequence <= KeyRecord.MaxSequence)
            _records.Publish(now, KeyRecord.Create(identity, suite, sequence, today, package));
    }

    /// <summary>The KeyPackages of a node that are here, the newest first. None of them is verified.</summary>
    internal IReadOnlyList<byte[]> Find(in NodeAddress owner, CipherSuite suite)
    {
        List<(ulong Sequence, byte[] Package)> found = [];
        foreach (byte[] bytes in RecordsOf(owner))
        {
            if (GossipRecord.TryRead(bytes, out GossipRecord kept) && KeyRecord.TryRead(kept, out KeyRecord record)
                && record.Suite == suite)
                found.Add((record.Sequence, record.KeyPackage.ToArray()));
        }

        return [.. found.OrderByDescending(static f => f.Sequence).Select(static f => f.Package)];
    }

    private IEnumerable<byte[]> RecordsOf(in NodeAddress owner) => _records is null
        ? [] : _records.Find(new HashSet<GossipTopic> { KeyRecord.TopicOf(owner) }, onlyUnread: false)
            .Select(static r => r.Bytes);
}
