using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace QuicProChat.Mesh.Messaging;

/// <summary>One of the values that a state keeps beside its main one, as it is to be written.</summary>
/// <param name="Name">What the state calls it.</param>
/// <param name="Slot">Its number among those of the state, which the store finds it by.</param>
/// <param name="Bytes">Name and value, secret; null: the piece goes.</param>
public readonly record struct PieceWrite(string Name, int Slot, byte[]? Bytes);

/// <summary>A piece as it was saved.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="Bytes">What <see cref="PieceWrite.Bytes"/> was, secret; null where the row is damaged.</param>
public readonly record struct SavedPiece(int Slot, byte[]? Bytes);

// A piece:  name size 1 | name | value

/// <summary>
/// The values that a state keeps beside its main one, as they were stored last: what a text changes is small, and is
/// written without the rest. The store sees numbers, and no names.
/// </summary>
public sealed class StatePieces
{
    /// <summary>Longest name in bytes; ASCII.</summary>
    public const int MaxName = byte.MaxValue;

    private readonly Dictionary<string, Piece> _pieces = new(StringComparer.Ordinal);
    private readonly SortedSet<int> _free = [];
    private int _next;

    private sealed class Piece(int slot)
    {
        internal int Slot { get; } = slot;

        /// <summary>As it was stored; empty if it never was.</summary>
        internal byte[] Bytes { get; set; } = [];
    }

    /// <summary>The pieces that are stored, without order.</summary>
    public IEnumerable<(string Name, ReadOnlyMemory<byte> Value)> All =>
        from piece in _pieces
        where piece.Value.Bytes.Length > 0
        select (piece.Key, ValueOf(piece.Value.Bytes));

    /// <summary>Takes back what was saved, and the arrays with it.</summary>
    /// <param name="saved">The pieces.</param>
    /// <param name="pieces">Receives them.</param>
    /// <returns>False if one is damaged or there are two of a name.</returns>
    public static bool TryLoad(IReadOnlyList<SavedPiece> saved, [NotNullWhen(true)] out StatePieces? pieces)
    {
        ArgumentNullException.ThrowIfNull(saved);
        pieces = null;
        var loaded = new StatePieces();
        foreach ((int slot, byte[]? bytes) in saved)
        {
            if (slot < 0 || bytes is not { Length: > 0 } || bytes.Length <= bytes[0]
                || !loaded._pieces.TryAdd(
                    Encoding.ASCII.GetString(bytes, 1, bytes[0]), new Piece(slot) { Bytes = bytes }))
                return false;
        }

        foreach (int slot in loaded._pieces.Values.Select(static p => p.Slot).Order())
        {
            // Two of one number, or one far beyond all that were given, are none of ours.
            if (slot < loaded._next || slot > loaded._next + MostFree)
                return false;
            for (; loaded._next < slot; loaded._next++)
                loaded._free.Add(loaded._next);
            loaded._next = slot + 1;
        }

        pieces = loaded;
        return true;
    }

    /// <summary>Most numbers in a row that nothing has. Arbitrary: a large group that shrank leaves so many.</summary>
    private const int MostFree = 1 << 16;

    /// <summary>The value of a piece as it was stored; null if there is none.</summary>
    public ReadOnlyMemory<byte>? Find(string name)
    {
        // An array that is null would become an empty value here, and no null.
        if (_pieces.TryGetValue(name, out Piece? piece) && piece.Bytes.Length > 0)
            return ValueOf(piece.Bytes);
        return null;
    }

    /// <summary>What is to be written so that the pieces become others.</summary>
    /// <param name="changes">New values, which are copied and not kept; null: the piece goes.</param>
    /// <param name="all">There are no others: what is not named goes.</param>
    internal IReadOnlyList<PieceWrite> Change(IReadOnlyDictionary<string, byte[]?> changes, bool all)
    {
        if (changes.Count == 0 && !all)
            return [];
        var writes = new List<PieceWrite>(changes.Count);
        foreach ((string name, byte[]? value) in changes)
        {
            bool isKnown = _pieces.TryGetValue(name, out Piece? piece);
            if (value is null)
            {
                if (isKnown)
                    writes.Add(new PieceWrite(name, piece!.Slot, null));
                continue;
            }

            if (isKnown && piece!.Bytes.Length > 0 && value.AsSpan().SequenceEqual(ValueOf(piece.Bytes).Span))
                continue;
            if (!isKnown)
                _pieces[name] = piece = new Piece(TakeSlot());
            writes.Add(new PieceWrite(name, piece!.Slot, Encode(name, value)));
        }

        if (all)
        {
            foreach ((string name, Piece piece) in _pieces)
            {
                if (!changes.ContainsKey(name))
                    writes.Add(new PieceWrite(name, piece.Slot, null));
            }
        }

        return writes;
    }

    /// <summary>It is on disk; takes the bytes over.</summary>
    internal void Written(IReadOnlyList<PieceWrite> writes)
    {
        foreach ((string name, _, byte[]? bytes) in writes)
        {
            Piece piece = _pieces[name];
            CryptographicOperations.ZeroMemory(piece.Bytes);
            if (bytes is null)
                Remove(name, piece);
            else
                piece.Bytes = bytes;
        }
    }

    /// <summary>It is not on disk; the bytes are zeroed.</summary>
    internal void NotWritten(IReadOnlyList<PieceWrite> writes)
    {
        foreach ((string name, _, byte[]? bytes) in writes)
        {
            CryptographicOperations.ZeroMemory(bytes);
            if (_pieces.TryGetValue(name, out Piece? piece) && piece.Bytes.Length == 0)
                Remove(name, piece);
        }
    }

    /// <summary>Zeroes all of them.</summary>
    internal void Clear()
    {
        foreach (Piece piece in _pieces.Values)
            CryptographicOperations.ZeroMemory(piece.Bytes);
        _pieces.Clear();
        _free.Clear();
        _next = 0;
    }

    private static ReadOnlyMemory<byte> ValueOf(byte[] bytes) => bytes.AsMemory(1 + bytes[0]);

    private static byte[] Encode(string name, byte[] value)
    {
        byte[] bytes = new byte[1 + name.Length + value.Length];
        bytes[0] = checked((byte)name.Length);
        Encoding.ASCII.GetBytes(name, bytes.AsSpan(1));
        value.CopyTo(bytes.AsSpan(1 + name.Length));
        return bytes;
    }

    private int TakeSlot()
    {
        if (_free.Count == 0)
            return _next++;
        int slot = _free.Min;
        _free.Remove(slot);
        return slot;
    }

    private void Remove(string name, Piece piece)
    {
        _pieces.Remove(name);
        _free.Add(piece.Slot);
    }
}
