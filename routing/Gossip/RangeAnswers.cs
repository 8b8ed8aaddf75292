using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// What to say to a message of reconciliation: a function of the message and of the ids that are here.
/// </summary>
internal sealed class RangeAnswers(GossipCore core)
{
    /// <summary>Ranges with so many ids are listed, and no longer cut.</summary>
    private const int ListedIds = 6;

    /// <summary>A range is cut into so many at most.</summary>
    private const int MaxParts = 16;

    /// <summary>
    /// Most records of a session that are offered, or found lacking; a difference beyond is left to the next.
    /// </summary>
    private const int MaxFound = 1024;

    /// <summary>Ids hashed at a time.</summary>
    private const int Chunk = 128;

    /// <summary>Records that the other side lacks.</summary>
    public List<GossipId> Offered { get; } = [];

    /// <summary>Records that this side lacks.</summary>
    public List<GossipId> Lacking { get; } = [];

    /// <summary>Goes through a message once, and through the ids that are here with it.</summary>
    /// <param name="sync">The message.</param>
    /// <param name="key">The session's key.</param>
    /// <param name="mayGoOn">Ranges that differ may be cut.</param>
    /// <param name="writer">The answer.</param>
    public void Answer(in GossipSync sync, ReadOnlySpan<byte> key, bool mayGoOn, ref GossipSync.Writer writer)
    {
        Offered.Clear();
        Lacking.Clear();
        ReadOnlySpan<GossipId> left = core.Records.Ids;
        foreach (GossipRange range in sync)
        {
            int count = range.IsLast ? left.Length : CountBelow(left, range.Upper);
            ReadOnlySpan<GossipId> ids = left[..count];
            left = left[count..];
            switch (range.Mode)
            {
                case GossipRangeMode.Skip:
                    writer.Skip(range.Upper, range.IsLast);
                    break;
                case GossipRangeMode.Ids:
                    Compare(ids, range);
                    writer.Skip(range.Upper, range.IsLast);
                    break;
                case GossipRangeMode.Fingerprint:
                    AnswerFingerprint(ids, range, key, mayGoOn, ref writer);
                    break;
                default:
                    throw new InvalidOperationException("The message was not checked.");
            }
        }
    }

    /// <summary>The fingerprint of some ids: the sum of their hashes under a session's key.</summary>
    public static ulong Sum(ReadOnlySpan<byte> key, ReadOnlySpan<GossipId> ids)
    {
        Span<byte> bytes = stackalloc byte[Chunk * GossipId.Size];
        ulong sum = 0;
        while (!ids.IsEmpty)
        {
            int count = Math.Min(Chunk, ids.Length);
            for (int i = 0; i < count; i++)
                ids[i].Write(bytes[(i * GossipId.Size)..]);
            sum = unchecked(sum + SipHash24.Sum(key, bytes[..(count * GossipId.Size)], GossipId.Size));
            ids = ids[count..];
        }

        return sum;
    }

    private void AnswerFingerprint(
        ReadOnlySpan<GossipId> ids, in GossipRange range, ReadOnlySpan<byte> key, bool mayGoOn,
        ref GossipSync.Writer writer)
    {
        bool isEqual = ids.Length == range.Count && Sum(key, ids) == range.Sum;
        if (isEqual || !mayGoOn)
        {
            writer.Skip(range.Upper, range.IsLast);
            return;
        }

        if (range.Count == 0)
        {
            Offer(ids);
            writer.Skip(range.Upper, range.IsLast);
        }
        else if (ids.Length > ListedIds)
        {
            Cut(ids, range, key, ref writer);
        }
        else if (!writer.TryAddIds(range.Upper, range.IsLast, ids))
        {
            writer.Skip(range.Upper, range.IsLast);
        }
    }

    private static void Cut(
        ReadOnlySpan<GossipId> ids, in GossipRange range, ReadOnlySpan<byte> key, ref GossipSync.Writer writer)
    {
        int parts = Math.Min(MaxParts, (ids.Length + ListedIds - 1) / ListedIds);
        for (int part = 0; part < parts; part++)
        {
            int from = (int)((long)ids.Length * part / parts), to = (int)((long)ids.Length * (part + 1) / parts);
            bool isLastPart = part == parts - 1;
            GossipId upper = isLastPart ? range.Upper : Between(ids[to - 1], ids[to]);
            bool isLast = isLastPart && range.IsLast;
            if (!writer.TryAddFingerprint(upper, isLast, to - from, Sum(key, ids[from..to])))
                writer.Skip(upper, isLast);
        }
    }

    private void Compare(ReadOnlySpan<GossipId> ids, in GossipRange range)
    {
        int mine = 0;
        for (int i = 0; i < range.Count; i++)
        {
            GossipId theirs = range[i];
            int from = mine;
            while (mine < ids.Length && ids[mine] < theirs)
                mine++;
            Offer(ids[from..mine]);
            if (mine < ids.Length && ids[mine] == theirs)
                mine++;
            else if (Lacking.Count < MaxFound && !core.Knows(theirs))
                Lacking.Add(theirs);
        }

        Offer(ids[mine..]);
    }

    private void Offer(ReadOnlySpan<GossipId> ids)
    {
        foreach (GossipId id in ids[..Math.Min(ids.Length, MaxFound - Offered.Count)])
            Offered.Add(id);
    }

    private static int CountBelow(ReadOnlySpan<GossipId> ids, in GossipId upper)
    {
        int at = ids.BinarySearch(upper);
        return at < 0 ? ~at : at;
    }

    // The shortest bound that has one id before it and the other behind it: it is sent.
    private static GossipId Between(in GossipId before, in GossipId after)
    {
        for (int bits = 8; bits < 64; bits += 8)
        {
            ulong high = after.High & ~0UL << 64 - bits;
            if (new GossipId(high, 0) > before)
                return new GossipId(high, 0);
        }

        return after;
    }
}
