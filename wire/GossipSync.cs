using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 8.3:
//
//  session(1) round(1) [key(16) in round 0] ranges
//  range:  mode(2) 0(1) length(5)  bound(length)  content
//          content: Skip none     Fingerprint count(3) sum(8)     Ids count(1) count x id(16)
//  bound:  the first bytes of the id at which the range ends, the last of them not zero; length 0: the end of all ids

/// <summary>A view of the body of a message of reconciliation: what one side has, range by range.</summary>
public readonly ref struct GossipSync
{
    /// <summary>Bytes of the session's key.</summary>
    public const int KeySize = 16;

    /// <summary>Messages of a session, at most.</summary>
    public const int MaxRounds = 8;

    /// <summary>Most ids that one range lists.</summary>
    public const int MaxIdsOfRange = byte.MaxValue;

    /// <summary>Most ids that a fingerprint can count.</summary>
    public const int MaxCount = (1 << 24) - 1;

    private const int HeadSize = 2;
    private const int FingerprintSize = 3 + sizeof(ulong);
    private const int ModeShift = 6;
    private const int LengthMask = 0x1F;
    private const int ReservedMask = 0x20;
    private readonly ReadOnlySpan<byte> _ranges;

    private GossipSync(ReadOnlySpan<byte> body, int ranges)
    {
        Session = body[0];
        Round = body[1];
        Key = body[HeadSize..ranges];
        _ranges = body[ranges..];
    }

    /// <summary>Tells sessions of a link apart.</summary>
    public byte Session { get; }

    /// <summary>Number of the message, from 0; even ones come from the side that began.</summary>
    public byte Round { get; }

    /// <summary>The session's key; empty but in round 0.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>Walks the ranges.</summary>
    public Enumerator GetEnumerator() => new(_ranges);

    /// <summary>Reads a body and checks every range of it; false if it is not exactly one valid encoding.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out GossipSync sync)
    {
        sync = default;
        if (body.Length < HeadSize || body[1] >= MaxRounds)
            return false;
        int ranges = HeadSize + (body[1] == 0 ? KeySize : 0);
        if (body.Length <= ranges)
            return false;
        var walk = new Enumerator(body[ranges..]);
        while (walk.MoveNext())
        {
        }

        if (!walk.IsComplete)
            return false;
        sync = new GossipSync(body, ranges);
        return true;
    }

    /// <summary>Walks the ranges of a message, and stops at the first that is not valid.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _left;
        private GossipId _lower;
        private bool _ended;

        internal Enumerator(ReadOnlySpan<byte> ranges) => _left = ranges;

        /// <summary>The range.</summary>
        public GossipRange Current { get; private set; }

        /// <summary>All bytes were read, and the last range reached to the end.</summary>
        internal readonly bool IsComplete => _ended && _left.IsEmpty;

        /// <summary>Goes on to the next.</summary>
        public bool MoveNext()
        {
            if (_ended || _left.IsEmpty || (_left[0] & ReservedMask) != 0)
                return false;
            var mode = (GossipRangeMode)(_left[0] >> ModeShift);
            int length = _left[0] & LengthMask;
            if (length > GossipId.Size || _left.Length < 1 + length
                || !TryReadBound(_left.Slice(1, length), out GossipId upper))
                return false;
            ReadOnlySpan<byte> rest = _left[(1 + length)..];
            bool isLast = length == 0;
            if (!TryReadContent(mode, rest, upper, isLast, out int size))
                return false;
            _left = rest[size..];
            _lower = upper;
            _ended = isLast;
            return true;
        }

        private readonly bool TryReadBound(ReadOnlySpan<byte> bound, out GossipId upper)
        {
            Span<byte> whole = stackalloc byte[GossipId.Size];
            whole.Clear();
            bound.CopyTo(whole);
            upper = GossipId.Read(whole);
            return bound.IsEmpty || (bound[^1] != 0 && upper > _lower);
        }

        private bool TryReadContent(
            GossipRangeMode mode, ReadOnlySpan<byte> rest, in GossipId upper, bool isLast, out int size)
        {
            size = 0;
            if (mode == GossipRangeMode.Skip)
            {
                Current = new GossipRange(mode, _lower, upper, isLast, 0, 0, []);
                return true;
            }

            if (mode == GossipRangeMode.Fingerprint)
            {
                size = FingerprintSize;
                if (rest.Length < size)
                    return false;
                int counted = rest[0] << 16 | BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
                Current = new GossipRange(mode, _lower, upper, isLast, counted,
                    BinaryPrimitives.ReadUInt64BigEndian(rest[3..]), []);
                return true;
            }

            if (mode != GossipRangeMode.Ids || rest.IsEmpty)
                return false;
            int count = rest[0];
            size = 1 + count * GossipId.Size;
            if (rest.Length < size)
                return false;
            ReadOnlySpan<byte> ids = rest[1..size];
            Current = new GossipRange(mode, _lower, upper, isLast, count, 0, ids);
            return AreOrdered(ids, upper, isLast);
        }

        private readonly bool AreOrdered(ReadOnlySpan<byte> ids, in GossipId upper, bool isLast)
        {
            GossipId least = _lower;
            for (int i = 0; i < ids.Length; i += GossipId.Size)
            {
                var id = GossipId.Read(ids[i..]);
                if (i == 0 ? id < least : id <= least)
                    return false;
                least = id;
            }

            return isLast || ids.IsEmpty || least < upper;
        }
    }

    /// <summary>Writes a message, range by range; ranges that are skipped one after another become one.</summary>
    public ref struct Writer
    {
        private readonly Span<byte> _body;
        private int _length;
        private GossipId _skippedTo;
        private bool _skipsLast;
        private bool _isSkipping;
        private bool _ended;

        /// <summary>Begins a message.</summary>
        /// <param name="body">Where to.</param>
        /// <param name="session">The session.</param>
        /// <param name="round">The number of the message.</param>
        /// <param name="key">16 bytes in round 0, else empty.</param>
        public Writer(Span<byte> body, byte session, byte round, ReadOnlySpan<byte> key)
        {
            if (round >= MaxRounds || key.Length != (round == 0 ? KeySize : 0))
                throw new ArgumentException("The first message has a key, and there are 8 at most.", nameof(round));
            _body = body;
            body[0] = session;
            body[1] = round;
            key.CopyTo(body[HeadSize..]);
            _length = HeadSize + key.Length;
        }

        /// <summary>Ranges that say something.</summary>
        public int Ranges { get; private set; }

        /// <summary>A range about which nothing is to be said.</summary>
        public void Skip(in GossipId upper, bool isLast)
        {
            _isSkipping = true;
            _skippedTo = upper;
            _skipsLast = isLast;
        }

        /// <summary>A range by its fingerprint; false if there is no room.</summary>
        public bool TryAddFingerprint(in GossipId upper, bool isLast, int count, ulong sum)
        {
            if (!HasRoom(FingerprintSize))
                return false;
            Begin(GossipRangeMode.Fingerprint, upper, isLast);
            int counted = Math.Min(count, MaxCount);
            _body[_length] = (byte)(counted >> 16);
            BinaryPrimitives.WriteUInt16BigEndian(_body[(_length + 1)..], (ushort)counted);
            BinaryPrimitives.WriteUInt64BigEndian(_body[(_length + 3)..], sum);
            _length += FingerprintSize;
            return true;
        }

        /// <summary>A range by its ids; false if there is no room.</summary>
        /// <param name="upper">Where it ends.</param>
        /// <param name="isLast">It ends with all ids.</param>
        /// <param name="ids">At most <see cref="MaxIdsOfRange"/>, ascending, all within the range.</param>
        public bool TryAddIds(in GossipId upper, bool isLast, ReadOnlySpan<GossipId> ids)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Length, MaxIdsOfRange);
            if (!HasRoom(1 + ids.Length * GossipId.Size))
                return false;
            Begin(GossipRangeMode.Ids, upper, isLast);
            _body[_length++] = (byte)ids.Length;
            foreach (GossipId id in ids)
            {
                id.Write(_body[_length..]);
                _length += GossipId.Size;
            }

            return true;
        }

        /// <summary>Ends the message, and returns its size.</summary>
        public int Finish()
        {
            if (!_ended)
                WriteHead(GossipRangeMode.Skip, default, isLast: true);
            _ended = true;
            return _length;
        }

        // Two heads with the longest bounds, and the one that ends the message.
        private readonly bool HasRoom(int content) => _length + 2 * (1 + GossipId.Size) + content + 1 <= _body.Length;

        private void Begin(GossipRangeMode mode, in GossipId upper, bool isLast)
        {
            if (_isSkipping)
                WriteHead(GossipRangeMode.Skip, _skippedTo, _skipsLast);
            _isSkipping = false;
            WriteHead(mode, upper, isLast);
            _ended = isLast;
            Ranges++;
        }

        private void WriteHead(GossipRangeMode mode, in GossipId upper, bool isLast)
        {
            Span<byte> bound = stackalloc byte[GossipId.Size];
            upper.Write(bound);
            ReadOnlySpan<byte> kept = isLast ? [] : bound.TrimEnd((byte)0);
            _body[_length++] = (byte)((int)mode << ModeShift | kept.Length);
            kept.CopyTo(_body[_length..]);
            _length += kept.Length;
        }
    }
}
