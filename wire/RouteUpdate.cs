using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 5.2:
//
//  number(2) flags(1) entries x { abbreviation(8) sequence(2) metric(2) }
//
//  flags: 000000 first-of-table(1) acknowledge(1)

/// <summary>What a route update asks of its receiver besides its entries.</summary>
[Flags]
public enum RouteUpdateFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Answer with a <see cref="ControlAck"/>.</summary>
    Acknowledge = 1,

    /// <summary>First part of a full table: forget what I told you before.</summary>
    FirstOfTable = 2,
}

/// <summary>A view of a route update's body.</summary>
public readonly ref struct RouteUpdate
{
    /// <summary>Size of what precedes the entries, in bytes.</summary>
    public const int HeaderSize = 3;

    private const RouteUpdateFlags KnownFlags = RouteUpdateFlags.Acknowledge | RouteUpdateFlags.FirstOfTable;

    private readonly ReadOnlySpan<byte> _entries;

    private RouteUpdate(ReadOnlySpan<byte> body)
    {
        Number = BinaryPrimitives.ReadUInt16BigEndian(body);
        Flags = (RouteUpdateFlags)body[2];
        _entries = body[HeaderSize..];
    }

    /// <summary>The update's number on this link; what a <see cref="ControlAck"/> repeats.</summary>
    public ushort Number { get; }

    /// <summary>What it asks for.</summary>
    public RouteUpdateFlags Flags { get; }

    /// <summary>How many entries there are; may be 0.</summary>
    public int Count => _entries.Length / RouteEntry.Size;

    /// <summary>The entry at an index from 0 to <see cref="Count"/> - 1.</summary>
    public RouteEntry this[int index] => RouteEntry.Read(_entries.Slice(index * RouteEntry.Size, RouteEntry.Size));

    /// <summary>Size in bytes of a body with a number of entries.</summary>
    public static int SizeOf(int entries) => HeaderSize + entries * RouteEntry.Size;

    /// <summary>Reads a body; false if it is cut, has an unknown flag or too many entries.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out RouteUpdate update)
    {
        update = default;
        if (body.Length < HeaderSize || (body.Length - HeaderSize) % RouteEntry.Size != 0
            || body.Length > SizeOf(Limits.Arbitrary.MaxRoutesInUpdate) || (body[2] & (byte)~KnownFlags) != 0)
            return false;
        update = new RouteUpdate(body);
        return true;
    }

    /// <summary>Goes through the entries in order.</summary>
    public Enumerator GetEnumerator() => new(_entries);

    /// <summary>Goes through the entries of one update.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;

        internal Enumerator(ReadOnlySpan<byte> entries) => _rest = entries;

        /// <summary>The entry at hand.</summary>
        public RouteEntry Current { get; private set; }

        /// <summary>Moves on; false after the last entry.</summary>
        public bool MoveNext()
        {
            if (_rest.IsEmpty)
                return false;
            Current = RouteEntry.Read(_rest);
            _rest = _rest[RouteEntry.Size..];
            return true;
        }
    }

    /// <summary>Writes an update entry by entry.</summary>
    public ref struct Writer
    {
        private readonly Span<byte> _body;

        /// <summary>Starts an update.</summary>
        /// <param name="body">Room for the body; at least <see cref="HeaderSize"/>; its length bounds the
        /// frame.</param>
        /// <param name="number">The update's number.</param>
        /// <param name="flags">What it asks for.</param>
        public Writer(Span<byte> body, ushort number, RouteUpdateFlags flags)
        {
            _body = body;
            BinaryPrimitives.WriteUInt16BigEndian(body, number);
            body[2] = (byte)flags;
            Length = HeaderSize;
        }

        /// <summary>Bytes written so far.</summary>
        public int Length { get; private set; }

        /// <summary>Adds an entry; false if there is no room for it (nothing was written).</summary>
        public bool TryAdd(in RouteEntry entry)
        {
            if (_body.Length - Length < RouteEntry.Size || Length >= SizeOf(Limits.Arbitrary.MaxRoutesInUpdate))
                return false;
            entry.Write(_body[Length..]);
            Length += RouteEntry.Size;
            return true;
        }
    }
}
