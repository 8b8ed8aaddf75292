namespace QuicProChat.Mesh.Store;

/// <summary>How much a crash may cost, against how much is written to flash.</summary>
public enum Durability
{
    /// <summary>
    /// Every commit is on the medium before it returns (synchronous=FULL): a power cut costs nothing.
    /// </summary>
    Full,

    /// <summary>
    /// A killed process costs nothing; a power cut may cost the last seconds, never consistency (synchronous=NORMAL).
    /// </summary>
    Normal,

    /// <summary>
    /// As normal for messages, aliases and values; held envelopes, seen ids, announces and routes are not written at
    /// all: for routers whose flash is to last.
    /// </summary>
    Memory,
}

/// <summary>How a store is opened.</summary>
public sealed record StoreOptions
{
    /// <summary>How much a crash may cost.</summary>
    public Durability Durability { get; init; } = Durability.Normal;

    /// <summary>Ids of the seen set that survive a restart, first in first out.</summary>
    public int SeenCapacity { get; init; } = 100_000;

    /// <summary>
    /// Messages kept, requests not counted; above it the oldest of the largest conversation go whose state is final.
    /// Arbitrary.
    /// </summary>
    public int MaxMessages { get; init; } = 100_000;

    /// <summary>The quota of the data directory in bytes (<see cref="DiskQuota"/>); 0 for the usual one.</summary>
    public long DiskBytes { get; init; }

    /// <summary>
    /// Largest database file in bytes; 0: as large as the disk allows. Commits beyond it fail as
    /// <see cref="StoreError.Full"/>.
    /// </summary>
    public long MaxBytes { get; init; }
}
