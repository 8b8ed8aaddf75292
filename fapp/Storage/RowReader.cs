using System.Text;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Storage;

/// <summary>
/// Reads a row that this program wrote: values in their order. After the first that does not fit all are empty.
/// </summary>
/// <param name="bytes">The row.</param>
internal ref struct RowReader(ReadOnlySpan<byte> bytes)
{
    private MessagePackReader _reader = new(bytes);

    /// <summary>Everything fitted so far.</summary>
    internal bool IsWhole { get; private set; } = true;

    /// <summary>Everything fitted, and nothing is left.</summary>
    internal readonly bool IsDone => IsWhole && _reader.AtEnd;

    internal ulong Number()
    {
        ulong value = 0;
        IsWhole = IsWhole && _reader.TryReadUInt64(out value);
        return value;
    }

    internal long Signed()
    {
        long value = 0;
        IsWhole = IsWhole && _reader.TryReadInt64(out value);
        return value;
    }

    internal bool Flag()
    {
        bool value = false;
        IsWhole = IsWhole && _reader.TryReadBoolean(out value);
        return value;
    }

    internal byte[] Bytes()
    {
        ReadOnlySpan<byte> value = default;
        IsWhole = IsWhole && _reader.TryReadBinary(out value);
        return value.ToArray();
    }

    /// <summary>Bytes of one size, or none.</summary>
    internal byte[] Bytes(int size)
    {
        byte[] value = Bytes();
        IsWhole = IsWhole && value.Length == size;
        return IsWhole ? value : new byte[size];
    }

    internal string Text()
    {
        ReadOnlySpan<byte> value = default;
        IsWhole = IsWhole && _reader.TryReadString(out value);
        return Encoding.UTF8.GetString(value);
    }

    /// <summary>How many of something follow, up to a bound.</summary>
    internal int Count(int most)
    {
        int count = 0;
        IsWhole = IsWhole && _reader.TryReadArrayHeader(out count) && count <= most;
        return IsWhole ? count : 0;
    }

    internal bool Slot(out Records.Slot slot)
    {
        slot = default;
        IsWhole = IsWhole && Records.Slot.TryRead(ref _reader, out slot);
        return IsWhole;
    }
}
