using System.Runtime.InteropServices;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>A copy of an envelope as it arrived. Nothing of this is authenticated.</summary>
/// <param name="Attempt">Which end-to-end repetition it says it is, modulo 4.</param>
/// <param name="HopsLeft">Hops left, clamped to this node's limit.</param>
/// <param name="LifetimeUnits">Lifetime left.</param>
/// <param name="From">The link it came by; <see cref="LinkId.None"/> for what starts here.</param>
internal readonly record struct Copy(int Attempt, int HopsLeft, ushort LifetimeUnits, LinkId From)
{
    /// <summary>The source of that link (<see cref="Source.Group"/>).</summary>
    public ulong Group { get; init; }
}

/// <summary>What a copy is beside the copies of the same envelope that were accepted before.</summary>
internal enum Novelty : byte
{
    /// <summary>Nothing is remembered, or what is remembered is too old to say anything about this copy.</summary>
    New,

    /// <summary>
    /// It has fewer hops than any before: it went round, and whoever brings it has nobody else to give it to.
    /// </summary>
    CameRound,

    /// <summary>It can go farther, or lives longer, than what was passed on.</summary>
    Better,

    /// <summary>One at least as good was accepted a moment ago.</summary>
    Repeat,
}

/// <summary>
/// What is remembered of each id (docs/reference/protocol.md, section 4.3); bounded. When it is full, the source that
/// filled most of it gives way with its oldest. 30 bytes an id in chunks, and 8 bytes a slot of the index: 4.1 MB when
/// full with 100,000, nothing when unused.
/// <para>
/// Attempts, hops and lifetimes are claims. So a copy is dropped only while one that was at least as good, and was
/// passed on, is recent; a copy with less never takes the place of one with more; and whatever is claimed, after a
/// while the next copy is new.
/// </para>
/// </summary>
internal sealed class SeenSet(int capacity, HashSecret secret)
{
    /// <summary>A copy of the same attempt is dropped for so long: neighbours repeat frames until then.</summary>
    internal static readonly TimeSpan RepeatWindow = TimeSpan.FromMinutes(5);

    /// <summary>A copy of another attempt is dropped for so long: shorter than the first wait for a receipt.</summary>
    internal static readonly TimeSpan AttemptWindow = TimeSpan.FromSeconds(20);

    /// <summary>A copy with so many hops more is not better: ways differ a little. Arbitrary.</summary>
    internal const int HopSlack = 4;

    /// <summary>
    /// Lifetimes below this set no bound: else one frame of ten seconds could end a message of three days.
    /// </summary>
    internal static readonly TimeSpan LeastBound = TimeSpan.FromMinutes(1);

    private const int ChunkBits = 10;
    private const int ChunkSize = 1 << ChunkBits;

    /// <summary>
    /// Sources are told apart by so many shares, chosen by a keyed hash; the first is for what starts here.
    /// </summary>
    private const int Shares = 256;
    private const int OwnShare = 0;
    private const int OwnWeightShift = 3;

    private readonly List<Item[]> _chunks = [];
    private readonly Share[] _shares = new Share[Shares];
    private HashIndex _index;
    private int _count;

    /// <summary>Ids remembered.</summary>
    public int Count => _count;

    /// <summary>The number of an id; -1 if it is not remembered. Good until the next <see cref="Note"/>.</summary>
    public int Find(in EnvelopeId id)
    {
        uint hash = secret.Hash(id.High, 0);
        int cursor = _index.Start(hash);
        while (_index.Next(hash, ref cursor, out int item))
        {
            ref Item seen = ref At(item);
            if (seen.High == id.High)
                return item;
        }

        return -1;
    }

    /// <summary>Judges a copy by what is remembered under a number, or under none (-1).</summary>
    public Novelty Judge(int number, in Copy copy, Instant now)
    {
        if (number < 0)
            return Novelty.New;
        ref Item seen = ref At(number);
        if (seen.Has(Flags.Ended))
            return Novelty.Repeat;
        if (seen.Has(Flags.Void) || !seen.IsRecent(copy.Attempt, now))
            return Novelty.New;
        if (IsLonger(Deadline(copy, now), seen.TopUntil, now))
            return Novelty.Better;
        if (copy.HopsLeft < seen.Low)
            return Novelty.CameRound;
        return copy.HopsLeft > seen.Top + HopSlack ? Novelty.Better : Novelty.Repeat;
    }

    /// <summary>
    /// Whether a copy for this node itself arrived a moment ago; then it does not matter how good it is.
    /// </summary>
    public bool IsRecent(int number, int attempt, Instant now) =>
        number >= 0 && !At(number).Has(Flags.Void)
            && (At(number).Has(Flags.Ended) || At(number).IsRecent(attempt, now));

    /// <summary>The lifetime that counts for a copy: never more than was accepted for its id before.</summary>
    /// <param name="number">The id's number, or -1.</param>
    /// <param name="copy">As it arrived.</param>
    /// <param name="now">When.</param>
    /// <param name="isCut">It is markedly less than the copy says.</param>
    public ushort LifetimeOf(int number, in Copy copy, Instant now, out bool isCut)
    {
        isCut = false;
        if (number < 0)
            return copy.LifetimeUnits;
        ref Item seen = ref At(number);
        uint deadline = Deadline(copy, now);
        uint bound = seen.Bound;
        if (!seen.Has(Flags.Bounded) || deadline <= bound)
            return copy.LifetimeUnits;
        isCut = IsLonger(deadline, bound, now);
        return (ushort)(bound <= Units(now) ? 0 : Math.Min(copy.LifetimeUnits, bound - Units(now)));
    }

    /// <summary>Remembers an accepted copy; returns its number.</summary>
    /// <param name="id">The envelope's id.</param>
    /// <param name="number">Its number, or -1.</param>
    /// <param name="novelty">What it was judged as.</param>
    /// <param name="copy">With the lifetime that counts.</param>
    /// <param name="now">When.</param>
    /// <param name="counts">The next hop that it goes to is to be remembered (<see cref="NoteSent"/>).</param>
    public int Note(in EnvelopeId id, int number, Novelty novelty, in Copy copy, Instant now, out bool counts)
    {
        bool isKnown = number >= 0 && !At(number).Has(Flags.Void);
        if (number < 0)
            number = Add(id, ShareOf(copy));
        ref Item seen = ref At(number);
        uint deadline = Deadline(copy, now);
        bool isShort = EnvelopeHeader.LifetimeUnit * copy.LifetimeUnits < LeastBound;
        counts = false;
        if (isKnown && novelty == Novelty.CameRound)
        {
            seen.Low = (ushort)copy.HopsLeft;
            return number;
        }

        // What is about to end takes no place of what is not.
        if (isKnown && isShort && seen.TopUntil > deadline)
            return number;
        counts = true;
        uint bound = seen.Has(Flags.Bounded) ? seen.Bound : 0;
        if (!isShort && deadline > bound)
        {
            bound = deadline;
            seen.Set(Flags.Bounded, true);
        }

        seen.Low = (ushort)(isKnown && novelty == Novelty.Better ? Math.Min(seen.Low, copy.HopsLeft) : copy.HopsLeft);
        seen.Top = (ushort)copy.HopsLeft;
        seen.TopUnits = copy.LifetimeUnits;
        seen.SecondPlusOne = (uint)(now.Ticks / TimeSpan.TicksPerSecond) + 1;
        seen.BoundUnits = (ushort)Math.Clamp((long)bound - Units(now), 0, ushort.MaxValue);
        seen.SetAttempt(copy.Attempt, isKnown ? seen.Tries + 1 : 0);
        seen.FromPlusOne = (ushort)(copy.From.Value + 1);
        seen.SentToPlusOne = 0;
        seen.Set(Flags.Void, false);
        return number;
    }

    /// <summary>
    /// How the last copy that counts went: where it came from and went to, when, and how many there were before it.
    /// </summary>
    public (LinkId From, LinkId SentTo, Instant At, int Tries) LastWay(int number)
    {
        ref Item seen = ref At(number);
        return (new LinkId(seen.FromPlusOne - 1), new LinkId(seen.SentToPlusOne - 1), seen.AcceptedAt, seen.Tries);
    }

    /// <summary>True if the copy that was accepted has been taken back: any copy is new.</summary>
    public bool IsVoid(int number) => At(number).Has(Flags.Void);

    /// <summary>Takes an acceptance back, because custody was refused after all.</summary>
    public void Void(in EnvelopeId id)
    {
        int number = Find(id);
        if (number < 0)
            return;
        At(number).Set(Flags.Void, true);
        At(number).Set(Flags.Bounded, false);
    }

    /// <summary>It is over for good: every copy that still goes round is a repeat.</summary>
    public void End(in EnvelopeId id)
    {
        Restore(id);
        At(Find(id)).Set(Flags.Ended, true);
    }

    /// <summary>Remembers an id that was accepted before a restart, for whoever asks; copies of it are new.</summary>
    public void Restore(in EnvelopeId id)
    {
        if (Find(id) < 0)
            Add(id, OwnShare);
    }

    /// <summary>Notes the link that the copy that counts was sent to, if the number is still its id's.</summary>
    public void NoteSent(int number, in EnvelopeId id, LinkId link)
    {
        if (At(number).High == id.High)
            At(number).SentToPlusOne = (ushort)(link.Value + 1);
    }

    private static uint Units(Instant now) => (uint)(now.Ticks / EnvelopeHeader.LifetimeUnit.Ticks);

    private static uint Deadline(in Copy copy, Instant now) => Units(now) + copy.LifetimeUnits;

    // Each node rounds as it charges for the time it held it: an eighth, and a minute, are no difference.
    private static bool IsLonger(uint deadline, uint than, Instant now)
    {
        uint left = than > Units(now) ? than - Units(now) : 0;
        return deadline > than + 6 + left / 8;
    }

    private int ShareOf(in Copy copy) =>
        copy.From == LinkId.None ? OwnShare : 1 + (int)(secret.Hash(copy.Group, OwnShare) % (Shares - 1));

    private int Add(in EnvelopeId id, int share)
    {
        int number;
        if (_count < capacity)
        {
            number = _count++;
            if (number >> ChunkBits == _chunks.Count)
                _chunks.Add(new Item[ChunkSize]);
        }
        else
        {
            number = TakeOldest(ShareToGiveWay(share));
            _index.Remove(secret.Hash(At(number).High, 0), number);
        }

        At(number) = new Item { High = id.High };
        Append(share, number);
        _index.Add(secret.Hash(id.High, 0), number);
        return number;
    }

    /// <summary>The fullest share; where it is the newcomer's own there is no need to look at the others.</summary>
    private int ShareToGiveWay(int newcomer)
    {
        int fullest = newcomer;
        if (Weight(newcomer) * 2 >= capacity)
            return newcomer;
        for (int share = 0; share < Shares; share++)
        {
            if (Weight(share) > Weight(fullest))
                fullest = share;
        }

        return _shares[fullest].Count > 0 ? fullest : OwnShare;
    }

    private int Weight(int share) => share == OwnShare ? _shares[share].Count >> OwnWeightShift : _shares[share].Count;

    private int TakeOldest(int share)
    {
        ref Share from = ref _shares[share];
        int number = from.OldestPlusOne - 1;
        from.OldestPlusOne = At(number).YoungerPlusOne;
        from.Count--;
        return number;
    }

    private void Append(int share, int number)
    {
        ref Share to = ref _shares[share];
        if (to.Count++ == 0)
            to.OldestPlusOne = number + 1;
        else
            At(to.Youngest).YoungerPlusOne = number + 1;
        to.Youngest = number;
    }

    private ref Item At(int number) => ref _chunks[number >> ChunkBits][number & (ChunkSize - 1)];

    private struct Share
    {
        public int Count;
        public int OldestPlusOne;
        public int Youngest;
    }

    [Flags]
    private enum Flags : byte
    {
        None = 0,

        /// <summary>The acceptance was taken back.</summary>
        Void = 1,

        /// <summary>It is over for good.</summary>
        Ended = 2,

        /// <summary><see cref="Item.Bound"/> holds.</summary>
        Bounded = 4,
    }

    // 64 bits of the id: nobody finds a second envelope for them, and two of one sender that share them are that
    // sender's affair.
    [StructLayout(LayoutKind.Sequential, Pack = 2)]
    private struct Item
    {
        private const int AttemptShift = 4;
        private const int TriesShift = 6;

        public ulong High;

        /// <summary>When the copy that counts was accepted, plus one; 0: none was.</summary>
        public uint SecondPlusOne;

        /// <summary>Lifetime that this copy had left then.</summary>
        public ushort TopUnits;

        /// <summary>Lifetime that the id has left at most, from then on.</summary>
        public ushort BoundUnits;

        /// <summary>Fewest hops left of the copies since.</summary>
        public ushort Low;

        /// <summary>Hops left of the copy that counts.</summary>
        public ushort Top;
        public ushort SentToPlusOne;
        public ushort FromPlusOne;

        /// <summary>The next id of the same share, plus one.</summary>
        public int YoungerPlusOne;
        private byte _bits;

        /// <summary>Copies that counted before this one, modulo 4.</summary>
        public readonly int Tries => _bits >> TriesShift;

        /// <summary>When the copy that counts ends, in units of lifetime.</summary>
        public readonly uint TopUntil => Began + TopUnits;

        /// <summary>When the id ends here, whatever later copies say.</summary>
        public readonly uint Bound => Began + BoundUnits;

        /// <summary>When the copy that counts was accepted, to the second.</summary>
        public readonly Instant AcceptedAt => new((SecondPlusOne - 1L) * TimeSpan.TicksPerSecond);

        private readonly uint Began => Units(AcceptedAt);

        public readonly bool Has(Flags flag) => (_bits & (int)flag) != 0;

        public void Set(Flags flag, bool value) => _bits = (byte)(value ? _bits | (int)flag : _bits & ~(int)flag);

        public void SetAttempt(int attempt, int tries) =>
            _bits = (byte)((_bits & 0x0F) | (attempt & 3) << AttemptShift | (tries & 3) << TriesShift);

        public readonly bool IsRecent(int attempt, Instant now) =>
            SecondPlusOne != 0
                && now - AcceptedAt < (attempt == (_bits >> AttemptShift & 3) ? RepeatWindow : AttemptWindow);
    }
}
