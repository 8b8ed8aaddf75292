namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>
/// What each table of the node may take, as parts of one budget. On a router with 64 MB of memory the budget is 21 MB;
/// TLS and SQLite (13 MB under siege) and the binary's own pages (14 MB, which the kernel may drop and read again) come
/// on top. What the parts leave, a fifth, is for the collector and for the many small things that have bounds in
/// number.
/// </summary>
internal sealed record MemoryPlan
{
    /// <summary>Below this a node could not talk to a handful of neighbours.</summary>
    internal const long Least = 8 << 20;

    /// <summary>More would serve nobody: the bounds in number are reached before.</summary>
    internal const long Most = 1L << 30;

    /// <summary>The budget where the machine has room for it.</summary>
    internal const long Usual = 64 << 20;

    /// <summary>
    /// A held envelope with its places in the tables of custody: measured 400 bytes at most, and as much again while
    /// they grow.
    /// </summary>
    private const long PerHeld = 800;

    /// <summary>
    /// An id that was seen (26 bytes and 8 of the index), here and once more in what is written to disk.
    /// </summary>
    private const long PerSeen = 80;

    /// <summary>A gossip record without its bytes: measured 250 bytes, and rounded up.</summary>
    private const long PerRecord = 320;

    /// <summary>A gossip id without a record, here and in what is written to disk.</summary>
    private const long PerRemembered = 128;

    /// <summary>
    /// The plan where nothing is configured: a third of the memory of this machine, and <see cref="Usual"/> at most.
    /// </summary>
    internal static readonly MemoryPlan OfMachine = new(UsualOn(MachineMemory.Find()));

    /// <param name="total">The budget in bytes; brought between <see cref="Least"/> and <see cref="Most"/>.</param>
    internal MemoryPlan(long total) => Total = Math.Clamp(total, Least, Most);

    /// <summary>The whole.</summary>
    internal long Total { get; }

    /// <summary>Routes and the records of nodes.</summary>
    internal long Routes => Total / 8;

    /// <summary>What all links have waiting, in both directions.</summary>
    internal long Links => Total / 16;

    /// <summary>Envelopes that are on disk as well; half as much again is for what is not on disk yet.</summary>
    internal long Queue => Total / 32;

    /// <summary>Requests and replies of the clients of the control socket.</summary>
    internal long Control => Total / 8;

    /// <summary>Envelopes that are held, in number: a fifth of the budget.</summary>
    internal int HeldCount => (int)(Total / 5 / PerHeld);

    /// <summary>Ids that are remembered, in number: an eighth of the budget.</summary>
    internal int SeenCount => (int)(Total / 8 / PerSeen);

    /// <summary>Gossip records that are kept, in number: a twentieth of the budget.</summary>
    internal int GossipCount => (int)(Total / 20 / PerRecord);

    /// <summary>Gossip ids that are remembered without their records, in number: a 128th of the budget.</summary>
    internal int GossipRemembered => (int)(Total / 128 / PerRemembered);

    /// <summary>
    /// Gossip records that neighbours announced and that are not here, in number: another 128th of the budget.
    /// </summary>
    internal int GossipAnnounced => GossipRemembered / 2;

    /// <summary>
    /// Chunks of files that are put together and written at a time, 64 KiB each: a 128th of the budget, 32 at most. A
    /// quarter as many are read for others, and a quarter as many lists of hashes kept.
    /// </summary>
    internal int FileChunks => (int)Math.Clamp(Total / 128 / FileChunkBytes, 1, MostFileChunks);

    private const int FileChunkBytes = 64 << 10;
    private const int MostFileChunks = 32;

    /// <summary>Bytes of gossip records that are on disk as well.</summary>
    internal long GossipCache => Total / 128;

    /// <summary>States of MLS groups as they are stored; as they are used they take as much again.</summary>
    internal long Groups => Total / 32;

    /// <summary>The budget on a machine: a third of its memory, and what is usual at most.</summary>
    /// <param name="machine">Bytes that this process may use, null if nobody knows.</param>
    internal static long UsualOn(long? machine) => Math.Min(Usual, (machine ?? long.MaxValue) / 3);
}
