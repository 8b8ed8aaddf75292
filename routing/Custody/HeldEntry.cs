using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Where an envelope is.
/// <code>
///            .--------- refused, silent, link down ---------.
///            v                                              |
///  (new) -> Waiting &lt;-> Loading -> (Waiting) -> InFlight -> taken -> (gone)
///     \                                             \------ taken -> AwaitingReceipt -> receipt -> (gone)
///      '--> Delivering -> (gone)                                          |
///            Waiting &lt;---------------- no receipt in time ----------------'
/// </code>
/// </summary>
internal enum Place : byte
{
    Waiting,
    Loading,
    InFlight,
    Delivering,
    AwaitingReceipt,
}

/// <summary>What of an envelope is on disk.</summary>
internal enum OnDisk : byte
{
    Nothing,
    BeingWritten,
    Stored,
}

/// <summary>A neighbour's frame that still has to be answered.</summary>
internal struct Owed
{
    public int Link;
    public uint Epoch;
    public ulong Name;
}

/// <summary>Two frames of one envelope that wait for the same custody; a third is told to try later.</summary>
[InlineArray(Count)]
internal struct OwedAnswers
{
    public const int Count = 2;
    private Owed _first;
}

/// <summary>The proof that a receipt must carry.</summary>
[InlineArray(Receipt.ProofSize)]
internal struct ProofBytes
{
    private byte _first;
}

/// <summary>An envelope that this node answers for, or is about to.</summary>
internal struct HeldEntry
{
    public EnvelopeId Id;

    /// <summary>Kind byte and envelope; null while the bytes are only on disk.</summary>
    public byte[]? Frame;

    /// <summary>Header and payload in bytes.</summary>
    public int Size;

    public int Destination;

    /// <summary>Who handed it over; this node for what started here.</summary>
    public NodeAddress Upstream;

    /// <summary>The source's share of what is held for the destination; -1 for what started here.</summary>
    public int Share;
    public Room Room;

    /// <summary>It came over a link that this node did not choose.</summary>
    public bool IsStranger;

    /// <summary>Its lifetime is too short to be worth a write: custody in memory is as certain as any.</summary>
    public bool IsShortLived;

    /// <summary>It counts as being in memory only.</summary>
    public bool IsUnsaved;

    /// <summary>Grows with each use of the slot and each rewrite, so that late completions are recognised.</summary>
    public uint Serial;

    /// <summary>Since when the lifetime below counts.</summary>
    public Instant Arrived;
    public ushort LifetimeUnits;

    public EnvelopeKind Kind;
    public Priority Priority;
    public bool WantsReceipt;

    /// <summary>End-to-end repetitions so far; on the wire modulo 4.</summary>
    public int Attempts;

    /// <summary>Hops left in the frame that goes out.</summary>
    public ushort HopsLeft;

    /// <summary>
    /// A second copy with fewer hops that was taken before this one; -1 for none. It follows when this one has passed:
    /// a next hop that says "taken" to this one may have had its turn already, and passed on the other.
    /// </summary>
    public int FewerHops;

    public FrameClass Class;
    public Place Place;
    public OnDisk Disk;

    /// <summary>Header on disk is older than this one: write again when the bytes are at hand.</summary>
    public bool Rewrite;
    public bool Used;

    /// <summary>It started here, receipts included.</summary>
    public bool Own;

    /// <summary>The next hop has no way on either: it is to hold the envelope.</summary>
    public bool Lodged;

    // Originated here, with states to report.
    public bool Originated;
    public MessageState State;
    public StateReason Reason;
    public bool HasProof;
    public ProofBytes Proof;
    public Instant FirstSent;

    // The flow it waits in, and the neighbours in that list; or the link's list of frames in flight.
    public int Flow;
    public int Previous;
    public int Next;

    // In flight.
    public int Link;
    public uint LinkEpoch;
    public ulong Name;
    public Instant SentAt;
    public byte Repeats;
    public bool PatienceLost;

    /// <summary>It goes out with the end of the batch: <see cref="LinkState.Gathering"/> has it.</summary>
    public bool IsGathered;

    /// <summary>The next hop that it last went to, plus one.</summary>
    public int TriedPlusOne;

    /// <summary>That next hop brought no receipt: prefer others.</summary>
    public bool AvoidTried;

    /// <summary>
    /// How many of the next hops to pass over, in their order and round again: each repetition begins with another.
    /// </summary>
    public byte Skip;

    /// <summary>
    /// Its number in the seen set, plus one, if the next hop that it goes to is remembered for the next repetition.
    /// </summary>
    public int SeenPlusOne;

    /// <summary>It started here and was handed back once in this attempt.</summary>
    public bool CameBack;

    public Instant PersistAt;
    public Instant RetryAt;

    public int OwedCount;
    public OwedAnswers Owed;

    public readonly Instant Deadline => Arrived + EnvelopeHeader.LifetimeUnit * LifetimeUnits;

    public readonly Instant Due => Instant.Min(Deadline, Instant.Min(PersistAt, RetryAt));

    /// <summary>As the header says it.</summary>
    public readonly byte Attempt => (byte)(Attempts & Limits.MaxAttempt);

    public readonly LinkId Tried => new(TriedPlusOne - 1);
}
