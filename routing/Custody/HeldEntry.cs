using System.Runtime.CompilerServices;
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
    public int Account;

    /// <summary>Grows with each use of the slot and each rewrite, so that late completions are recognised.</summary>
    public uint Serial;

    /// <summary>Since when the lifetime below counts.</summary>
    public Instant Arrived;
    public ushort LifetimeUnits;

    public EnvelopeKind Kind;
    public Priority Priority;
    public bool WantsReceipt;
    public byte Attempt;

    /// <summary>Hops left in the frame that goes out.</summary>
    public ushort HopsLeft;

    public Generation Accepted;
    public Generation AcceptedBefore;
    public bool HasAcceptedBefore;

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

    // Its neighbour's list of what may be evicted.
    public bool Evictable;
    public int AccountPrevious;
    public int AccountNext;

    // In flight.
    public int Link;
    public uint LinkEpoch;
    public ulong Name;
    public Instant SentAt;
    public byte Repeats;
    public bool PatienceLost;

    /// <summary>The next hop that it last went to, plus one.</summary>
    public int TriedPlusOne;

    /// <summary>That next hop brought no receipt: prefer others.</summary>
    public bool AvoidTried;

    public Instant PersistAt;
    public Instant RetryAt;

    public int OwedCount;
    public OwedAnswers Owed;

    public readonly Instant Deadline => Arrived + EnvelopeHeader.LifetimeUnit * LifetimeUnits;

    public readonly Instant Due => Instant.Min(Deadline, Instant.Min(PersistAt, RetryAt));

    public readonly LinkId Tried => new(TriedPlusOne - 1);
}
