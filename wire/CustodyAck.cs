using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 4.3:
//
//  groups x { code(1) count(1) count x name(8) }        count 1..255
//
//  name: idPrefix(6) 0000 attempt(2) 1023-hops(10)

/// <summary>One frame's answer.</summary>
/// <param name="Code">Taken, or why not.</param>
/// <param name="Name">The frame's name: 6 bytes of the envelope's id, and the copy's generation.</param>
public readonly record struct CustodyAnswer(CustodyCode Code, ulong Name)
{
    private const int HopBits = 10;
    private const ulong GenerationMask = 0xFFFF;

    /// <summary>
    /// The name of a frame. A late answer to an earlier copy is so never taken for one to the present copy.
    /// </summary>
    /// <param name="id">The envelope's id.</param>
    /// <param name="attempt">Its end-to-end attempt, 0 to 3.</param>
    /// <param name="hopsLeft">Hops left as the frame carried them; more than 1023 count as 1023.</param>
    public static ulong NameOf(in EnvelopeId id, int attempt, int hopsLeft) =>
        id.Prefix & ~GenerationMask
            | (uint)(attempt << HopBits | (Limits.LargestHops - Math.Min(hopsLeft, Limits.LargestHops)));
}

/// <summary>A view of a CustodyAck frame's body, checked as a whole before the first answer is read.</summary>
public readonly ref struct CustodyAck
{
    private const int GroupHeaderSize = 2;
    private const int NameSize = sizeof(ulong);

    private readonly ReadOnlySpan<byte> _body;

    private CustodyAck(ReadOnlySpan<byte> body, int count)
    {
        _body = body;
        Count = count;
    }

    /// <summary>How many answers there are.</summary>
    public int Count { get; }

    /// <summary>
    /// Reads a body; false if it is cut, empty, has an empty group or too many ids. A code that this version does not
    /// know is read as it is: it refuses.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out CustodyAck ack)
    {
        ack = default;
        int total = 0;
        for (ReadOnlySpan<byte> rest = body; !rest.IsEmpty;)
        {
            if (rest.Length < GroupHeaderSize || rest[1] == 0)
                return false;
            int group = GroupHeaderSize + rest[1] * NameSize;
            if (rest.Length < group)
                return false;
            total += rest[1];
            rest = rest[group..];
        }

        if (total is 0 or > Limits.Arbitrary.MaxCustodyIds)
            return false;
        ack = new CustodyAck(body, total);
        return true;
    }

    /// <summary>Goes through the answers in order.</summary>
    public Enumerator GetEnumerator() => new(_body);

    /// <summary>Goes through the answers of one frame.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;
        private CustodyCode _code;
        private int _left;

        internal Enumerator(ReadOnlySpan<byte> body) => _rest = body;

        /// <summary>The answer at hand.</summary>
        public CustodyAnswer Current { get; private set; }

        /// <summary>Moves on; false after the last answer.</summary>
        public bool MoveNext()
        {
            if (_left == 0)
            {
                if (_rest.IsEmpty)
                    return false;
                _code = (CustodyCode)_rest[0];
                _left = _rest[1];
                _rest = _rest[GroupHeaderSize..];
            }

            Current = new CustodyAnswer(_code, BinaryPrimitives.ReadUInt64BigEndian(_rest));
            _rest = _rest[NameSize..];
            _left--;
            return true;
        }
    }

    /// <summary>
    /// Writes answers one by one into a body, opening a group where the code changes or a group is full.
    /// </summary>
    /// <param name="body">Room for the body; its length bounds the frame.</param>
    public ref struct Writer(Span<byte> body)
    {
        private readonly Span<byte> _body = body;
        private int _group = -1;
        private int _count;

        /// <summary>Bytes written so far.</summary>
        public int Length { get; private set; }

        /// <summary>Adds an answer; false if there is no room for it (nothing was written).</summary>
        public bool TryAdd(CustodyCode code, ulong name)
        {
            bool open = _group < 0 || _body[_group] != (byte)code || _body[_group + 1] == byte.MaxValue;
            int needed = NameSize + (open ? GroupHeaderSize : 0);
            if (_count == Limits.Arbitrary.MaxCustodyIds || _body.Length - Length < needed)
                return false;
            if (open)
            {
                _group = Length;
                _body[_group] = (byte)code;
                _body[_group + 1] = 0;
                Length += GroupHeaderSize;
            }

            BinaryPrimitives.WriteUInt64BigEndian(_body[Length..], name);
            Length += NameSize;
            _body[_group + 1]++;
            _count++;
            return true;
        }
    }
}
