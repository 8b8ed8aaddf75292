namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// What all groups of a node may take together: their states as they are stored, and the commits that are kept to be
/// passed on. Members of one accepted group are as many as somebody likes to make, so no bound of a member or of a
/// group is one.
/// </summary>
/// <param name="total">Bytes; about as much again is taken by what is made of them in memory.</param>
internal sealed class GroupRoom(long total)
{
    /// <summary>Used where nothing is said, in bytes.</summary>
    internal const long Usual = 4 << 20;

    /// <summary>What a pair that nobody has used yet takes about, in bytes.</summary>
    internal const long OfNewPair = 16 << 10;

    /// <summary>Entries of told lines (40 bytes) of all members of all groups.</summary>
    internal const int MaxLineEntries = 16_384;

    /// <summary>What a member may tell of its line when others have told much; what is sent first is shorter.</summary>
    internal const int LeastLineEntries = 64;

    /// <summary>All of it, in bytes.</summary>
    internal long Total { get; } = total;

    /// <summary>
    /// Whether there is room for more. What others make beside the way that this node goes leaves a quarter of it free,
    /// and no group takes more than half of it for that: so a group can always go on.
    /// </summary>
    /// <param name="used">Bytes of all groups.</param>
    /// <param name="own">Bytes of the group that wants more.</param>
    /// <param name="more">Bytes that it wants.</param>
    /// <param name="isOnWay">It follows the tip.</param>
    internal bool Has(long used, long own, long more, bool isOnWay) =>
        isOnWay ? used + more <= Total : used + more <= Total * 3 / 4 && own + more <= Total / 2;

    /// <summary>How much of a line is kept, when so much is.</summary>
    internal static int LineEntriesLeft(int kept) =>
        kept < MaxLineEntries / 2 ? MaxLineEntries / 2 - kept : kept + LeastLineEntries <= MaxLineEntries
            ? LeastLineEntries : 0;
}
