using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// KeyPackages of this node. Whoever asks gets one that nobody else gets, as long as not too many are out; else the one
/// of last resort, which is always there.
/// </summary>
internal sealed class NodeKeyPackages(GroupSelf self)
{
    /// <summary>How long a KeyPackage may be used.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    /// <summary>
    /// Most that are out and not used. Arbitrary; each is about a kilobyte, and a post-quantum one counts as four.
    /// </summary>
    internal const int MaxOut = 64;

    /// <summary>
    /// Most that are out when a stranger still gets one of its own: the rest is for those whom the owner knows.
    /// </summary>
    internal const int MaxOutToStrangers = MaxOut / 2;

    /// <summary>Most that are kept, with those that were made while the clock was wrong: somebody whose clock was wrong
    /// too may use them. Arbitrary.</summary>
    internal const int MaxKept = 4 * MaxOut;

    /// <summary>
    /// How many one node gets at once, and in each day, before it gets that of last resort. Arbitrary.
    /// </summary>
    private const int MaxForOne = 4;

    /// <summary>How often one node gets that of last resort, at once and in each day. Arbitrary.</summary>
    private const int MaxLastResort = 8;

    /// <summary>Nodes and neighbours that are counted one by one; the others share. Arbitrary.</summary>
    private const int MaxCounted = 256;

    /// <summary>Answers to all strangers together: at once, and in each hour. Arbitrary; each costs two signatures and
    /// an envelope.</summary>
    private const int MaxAnswers = 120;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Those whom the owner knows, and strangers: neither takes what is for the others.</summary>
    private readonly Allowance _toKnown = new(MaxAnswers, Hour);
    private readonly Allowance _toStrangers = new(MaxAnswers, Hour);

    /// <summary>One source's strangers leave half of the answers for those of the others.</summary>
    private readonly AllowanceTable<ulong> _sources = new(MaxCounted, MaxAnswers / 2, Hour);
    private readonly AllowanceTable<NodeAddress> _single = new(MaxCounted, MaxForOne, Day);
    private readonly AllowanceTable<NodeAddress> _lastResort = new(MaxCounted, MaxLastResort, Day);

    /// <summary>
    /// Those that are out, for one use, and not used; without those that nobody would take by today's clock.
    /// </summary>
    internal int Unused => CountUnused(self.Client.KeyPackages());

    /// <summary>An answer to a question; null if too many ask.</summary>
    /// <param name="at">Running time.</param>
    /// <param name="asker">Who asks.</param>
    /// <param name="source">Where the question came from.</param>
    /// <param name="isKnown">The owner knows who asks, or is in a group with it.</param>
    /// <param name="suite">For which suite.</param>
    internal KeyPackage? Give(TimeSpan at, in NodeAddress asker, ulong source, bool isKnown, CipherSuite suite)
    {
        if (!GroupSuites.All.Contains(suite))
            return null;
        Allowance single = _single.Of(at, asker);
        bool hasSingle = HasRoom(isKnown ? MaxOut : MaxOutToStrangers, suite) && single.Has(at, 1);
        if (!hasSingle && !_lastResort.Of(at, asker).TryTake(at, 1))
            return null;
        if (!(isKnown ? _toKnown.TryTake(at, 1) : _sources.Of(at, source).TryTake(at, 1)
            && _toStrangers.TryTake(at, 1)))
            return null;
        return hasSingle && single.TryTake(at, 1)
            ? self.Client.CreateKeyPackage(
                self.IdentityFor(suite), Lifetime, leafExtensions: self.LeafExtensions)
            : LastResort(suite);
    }

    /// <summary>
    /// The KeyPackage of last resort for a suite; made where there is none, or the old one is half over, or it was made
    /// while the clock was wrong, by a version that knew no pairs, or when this node had other links.
    /// </summary>
    internal KeyPackage LastResort(CipherSuite suite)
    {
        DateTimeOffset now = self.Time.GetUtcNow();
        foreach (OwnKeyPackage own in self.Client.KeyPackages())
        {
            if (own.IsLastResort && own.KeyPackage.Content.CipherSuite == suite && own.NotAfter > now + (Lifetime / 2)
                && HasBegun(own, now)
                && own.KeyPackage.Content.Leaf.Capabilities.Extensions.Contains(PairExtension.Type)
                && CompactWish.IsIn(own.KeyPackage.Content.Leaf) == self.AsksForCompact())
                return own.KeyPackage;
        }

        return self.Client.CreateKeyPackage(
            self.IdentityFor(suite), Lifetime, lastResort: true, leafExtensions: self.LeafExtensions);
    }

    private bool HasRoom(int most, CipherSuite suite)
    {
        int more = GroupSuites.WeightOf(suite);
        IReadOnlyList<OwnKeyPackage> kept = self.Client.KeyPackages();
        return kept.Sum(WeightOf) + more <= MaxKept && CountUnused(kept) + more <= most;
    }

    private int CountUnused(IReadOnlyList<OwnKeyPackage> kept)
    {
        DateTimeOffset now = self.Time.GetUtcNow();
        return kept.Where(p => !p.IsLastResort && p.NotAfter > now && HasBegun(p, now)).Sum(WeightOf);
    }

    private static int WeightOf(OwnKeyPackage own) => GroupSuites.WeightOf(own.KeyPackage.Content.CipherSuite);

    private static bool HasBegun(OwnKeyPackage own, DateTimeOffset now) =>
        own.KeyPackage.Content.Leaf.NotBefore <= (ulong)Math.Max(0, now.ToUnixTimeSeconds());

    /// <summary>How an announce names a KeyPackage.</summary>
    internal static KeyPackageHash HashOf(KeyPackage package) => KeyPackageHash.Read(package.Reference.Span);
}
