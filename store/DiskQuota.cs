namespace QuicProChat.Mesh.Store;

/// <summary>
/// One quota for everything in the data directory, and the shares of those who draw on it. Identities are free, so
/// strangers have one small share between them; nothing that they send takes room from what is known.
/// <code>
///  3/8   messages: the owner's own, of known contacts, in groups; one conversation at most half of it
///  3/16  files of conversations
///  1/8   envelopes held for others
///  1/16  gossip records
///  1/16  states of groups
///  1/32  requests of strangers, 160 KiB to 16 MiB; one stranger at most 1/8 of it, 40 KiB to 2 MiB
///  rest  announces, seen ids, groups, own envelopes under way
/// </code>
/// </summary>
public sealed record DiskQuota
{
    /// <summary>Used where nothing is configured, in bytes. Arbitrary: half a million short messages.</summary>
    public const long Usual = 512L << 20;

    private const long Kilobyte = 1 << 10;
    private const long Megabyte = 1 << 20;

    /// <summary>The longest text with what its row costs: a stranger may send one of these.</summary>
    private const long OneLongText = 40 * Kilobyte;

    /// <param name="bytes">The quota.</param>
    public DiskQuota(long bytes) => Bytes = bytes;

    /// <summary>All of it, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Messages that are no requests.</summary>
    public long Messages => Bytes / 8 * 3;

    /// <summary>Messages of one conversation.</summary>
    public long OneConversation => Messages / 2;

    /// <summary>Envelopes held for others.</summary>
    public long Custody => Bytes / 8;

    /// <summary>Files of conversations: the owner's own, and those that were fetched.</summary>
    public long Files => Bytes / 16 * 3;

    /// <summary>Gossip records, of this node's topics and of others.</summary>
    public long Gossip => Bytes / 16;

    /// <summary>States of groups, with the commits that they keep.</summary>
    public long Groups => Bytes / 16;

    /// <summary>Requests of all strangers together.</summary>
    public long Requests => Math.Clamp(Bytes / 32, 4 * OneLongText, 16 * Megabyte);

    /// <summary>Requests of one stranger.</summary>
    public long OneStranger => Math.Clamp(Requests / 8, OneLongText, 2 * Megabyte);

    /// <summary>Erased messages that are remembered, so that they do not come back as new ones.</summary>
    public int Erased => (int)Math.Clamp(Bytes / 64 / 48, 1024, 65_536);

    /// <summary>
    /// What is configured, but at most half of what the data directory has: the log and other programs need room too.
    /// </summary>
    /// <param name="configured">Bytes; 0 for <see cref="Usual"/>.</param>
    /// <param name="free">Free bytes of the disk.</param>
    /// <param name="used">Bytes that the store takes already.</param>
    public static DiskQuota Of(long configured, long free, long used) =>
        new(Math.Min(configured > 0 ? configured : Usual, (free + used) / 2));
}
