using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// What an operator can set of gossip. Sizes in bytes; the defaults fit a router with 64 MB of memory.
/// </summary>
public sealed record GossipOptions
{
    /// <summary>
    /// Records kept in all. Half is for topics that this node reads or writes; of the other half, links that this node
    /// did not choose get half.
    /// </summary>
    public long MaxBytes { get; init; } = 16L << 20;

    /// <summary>The same in number.</summary>
    public int MaxCount { get; init; } = 10_000;

    /// <summary>Records survive a restart, and their bytes need not stay in memory.</summary>
    public bool HasDisk { get; init; } = true;

    /// <summary>Bytes of records that stay in memory once they are on disk.</summary>
    public long CacheBytes { get; init; } = 512 << 10;

    /// <summary>
    /// Ids of records that are gone and must not come back; the oldest of the source that has most goes first.
    /// </summary>
    public int MaxRemembered { get; init; } = 10_000;

    /// <summary>Records that neighbours announced and that are not here yet.</summary>
    public int MaxAnnounced { get; init; } = 4_096;

    /// <summary>It passes on what others wrote; a leaf keeps and sends only what it reads or writes.</summary>
    public bool Relays { get; init; } = true;

    /// <summary>How long an announced record may take to be pushed by somebody else before it is asked for.</summary>
    public TimeSpan GraftAfter { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a record that was asked for may take on a stream.</summary>
    public TimeSpan AskPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same on a radio.</summary>
    public TimeSpan AskPatienceOnRadio { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long announcements of a link gather.</summary>
    public TimeSpan AnnounceDelay { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How often a link is reconciled by whoever dialled it.</summary>
    public TimeSpan SyncEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest wait after sessions that brought nothing.</summary>
    public TimeSpan SyncAtMost { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The shortest time between two sessions of a link.</summary>
    public TimeSpan SyncAtLeast { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Bytes of a session beyond the records that it brings, both directions together.</summary>
    public int SyncBytes { get; init; } = 32 << 10;

    /// <summary>How often topics are asked for on a radio: what was lost is offered again then.</summary>
    public TimeSpan InterestEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Bytes of records a second that a source may bring, on average; a chosen link brings eight times as much.
    /// </summary>
    public int SourceBytesPerSecond { get; init; } = 32 << 10;

    /// <summary>The same at once above the average.</summary>
    public int SourceBurst { get; init; } = 1 << 20;

    /// <summary>What relays check of records of a class; null: nothing. Called for records of strangers.</summary>
    public Func<GossipClass, IGossipClassRules?> Rules { get; init; } = static _ => null;

    /// <summary>How long an id is remembered from its first sight on: longer than any record lives.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(14);

    /// <summary>
    /// What gossip takes of memory at most, in bytes, whatever neighbours do: a test fills everything at once and
    /// measures.
    /// </summary>
    public long MemoryInAll => (HasDisk ? CacheBytes * 2 : MaxBytes) + (long)MaxCount * BytesOfRecord
        + (long)MaxRemembered * BytesOfRemembered + (long)MaxAnnounced * BytesOfAnnounced + BytesOfLinks;

    // Measured, and rounded up.
    private const int BytesOfRecord = 320;
    private const int BytesOfRemembered = 128;
    private const int BytesOfAnnounced = 256;
    private const int BytesOfLinks = 4 << 20;
}
