using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups.Pairs;

/// <summary>
/// With whom this node wants a pair and has none that works. In memory: the next message wants it again.
/// </summary>
internal sealed class PairWants
{
    /// <summary>Most of them; the others wait for their next message. Arbitrary.</summary>
    internal const int Max = 256;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(6);

    private readonly Dictionary<NodeAddress, Want> _wants = [];
    private readonly RecentSet<NodeAddress> _heard = new(Max);

    /// <summary>A pair that is wanted.</summary>
    internal sealed class Want
    {
        /// <summary>When something is to be done for it.</summary>
        internal Instant Next { get; set; }

        /// <summary>The other was asked for a KeyPackage just now.</summary>
        internal bool IsAsked { get; private set; }

        /// <summary>It was asked at some time: an answer is welcome.</summary>
        internal bool WasAsked { get; private set; }

        private TimeSpan Pause { get; set; } = FirstPause;

        private Instant TriedAt { get; set; }

        /// <summary>The other was asked for a KeyPackage, and has some time to answer.</summary>
        internal void Asked(Instant now, TimeSpan patience) =>
            (IsAsked, WasAsked, Next) = (true, true, now + patience);

        /// <summary>The other was heard of: what was lost on the way to it is worth another try.</summary>
        internal void HeardAgain(Instant now)
        {
            if (Next > now)
                Next = Instant.Min(Next, TriedAt + FirstPause < now ? now : TriedAt + FirstPause);
        }

        /// <summary>Nothing came of it: again later, ever more seldom.</summary>
        internal void PutOff(Instant now)
        {
            (IsAsked, TriedAt) = (false, now);
            Next = now + Pause;
            Pause = Pause * 2 < LongestPause ? Pause * 2 : LongestPause;
        }

        /// <summary>The other cannot: it is asked again in some hours, if somebody writes.</summary>
        internal void PutOffLong(Instant now)
        {
            Pause = LongestPause;
            PutOff(now);
        }
    }

    /// <summary>How many there are.</summary>
    internal int Count => _wants.Count;

    /// <summary>When something is to be done.</summary>
    internal Instant NextDue
    {
        get
        {
            Instant due = Instant.Never;
            foreach (Want want in _wants.Values)
                due = Instant.Min(due, want.Next);
            return due;
        }
    }

    /// <summary>A message came from a node. The latest of them are remembered.</summary>
    internal void Heard(in NodeAddress peer) => _heard.Add(peer);

    /// <summary>Whether a message came from a node not long ago.</summary>
    internal bool HasHeard(in NodeAddress peer) => _heard.Contains(peer);

    internal Want? Find(NodeAddress peer) => _wants.GetValueOrDefault(peer);

    /// <summary>A pair is wanted from now on, if there is room.</summary>
    internal void Add(Instant now, NodeAddress peer)
    {
        if (_wants.Count < Max)
            _wants.TryAdd(peer, new Want { Next = now });
    }

    internal void Remove(NodeAddress peer) => _wants.Remove(peer);

    /// <summary>Those for whom something is to be done; a copy.</summary>
    internal IReadOnlyList<NodeAddress> Due(Instant now) =>
        [.. _wants.Where(w => w.Value.Next <= now).Select(static w => w.Key)];
}

/// <summary>
/// Welcomes to pairs of those whom the owner does not know yet: opened when it does. In memory, nothing of them is
/// looked at, and whoever comes too late offers itself.
/// </summary>
internal sealed class PairWelcomes
{
    /// <summary>Most of them, one of each sender. Arbitrary.</summary>
    internal const int Max = 16;

    /// <summary>Largest one in bytes. A Welcome to a pair has about two thousand.</summary>
    internal const int MaxSize = 8 << 10;

    private readonly Dictionary<NodeAddress, (ulong Number, byte[] Frame)> _early = [];

    internal int Count => _early.Count;

    /// <summary>Keeps one; false if there is no room, or a later one of its sender is here.</summary>
    internal bool Keep(in NodeAddress sender, ulong number, ReadOnlySpan<byte> frame)
    {
        bool isHere = _early.TryGetValue(sender, out (ulong Number, byte[] Frame) known);
        if (frame.Length > MaxSize || (isHere ? known.Number >= number : _early.Count >= Max))
            return false;
        _early[sender] = (number, frame.ToArray());
        return true;
    }

    /// <summary>Takes out what a node sent; null if nothing is here.</summary>
    internal (ulong Number, byte[] Frame)? Take(in NodeAddress sender) =>
        _early.Remove(sender, out (ulong Number, byte[] Frame) kept) ? kept : null;
}
