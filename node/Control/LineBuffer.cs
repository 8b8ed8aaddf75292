namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// What a client has sent and not ended with a line feed yet. Small by itself; for a long line it grows at the cost of
/// a budget that all clients share, and shrinks again behind it.
/// </summary>
internal sealed class LineBuffer(ByteBudget budget) : IDisposable
{
    /// <summary>Bytes that every client has to itself.</summary>
    internal const int OwnBytes = 16 << 10;

    /// <summary>Longest request line in bytes: the longest text, fully escaped, and a little.</summary>
    internal const int MaxLineBytes = 6 * ushort.MaxValue + 4096;

    private byte[] _bytes = new byte[4096];
    private int _filled;

    /// <summary>Why a line cannot be taken.</summary>
    internal enum Refusal
    {
        None,

        /// <summary>It is longer than a line may be.</summary>
        TooLong,

        /// <summary>All clients together hold too much.</summary>
        NoRoom,
    }

    /// <summary>A long line has begun and is not whole.</summary>
    internal bool IsLarge => _bytes.Length > OwnBytes;

    /// <summary>What is not yet taken.</summary>
    internal ReadOnlySpan<byte> Pending => _bytes.AsSpan(0, _filled);

    /// <summary>Sees to it that there is room to read into.</summary>
    internal Refusal MakeRoom()
    {
        if (_filled < _bytes.Length)
            return Refusal.None;
        if (_bytes.Length >= MaxLineBytes)
            return Refusal.TooLong;
        int size = Math.Min(_bytes.Length * 2, MaxLineBytes);
        int more = Math.Max(0, size - OwnBytes) - Math.Max(0, _bytes.Length - OwnBytes);
        if (more > 0 && !budget.TryTake(more))
            return Refusal.NoRoom;
        byte[] larger = new byte[size];
        _bytes.CopyTo(larger, 0);
        _bytes.AsSpan().Clear();
        _bytes = larger;
        return Refusal.None;
    }

    /// <summary>Where the next bytes go.</summary>
    internal Memory<byte> Room => _bytes.AsMemory(_filled);

    internal void Add(int bytes) => _filled += bytes;

    /// <summary>The next line without its end, from a place on; false if there is no whole one.</summary>
    internal bool TryFind(int start, out Range line)
    {
        int length = _bytes.AsSpan(start, _filled - start).IndexOf((byte)'\n');
        line = length < 0 ? default : new Range(start, start + length);
        return length >= 0;
    }

    internal ReadOnlySpan<byte> this[Range line] => _bytes.AsSpan(line);

    /// <summary>Forgets what stands before a place.</summary>
    internal void Consume(int end)
    {
        int left = _filled - end;
        if (IsLarge && left <= OwnBytes && end > 0)
        {
            byte[] small = new byte[OwnBytes];
            _bytes.AsSpan(end, left).CopyTo(small);
            GiveBack();
            _bytes.AsSpan().Clear();
            _bytes = small;
        }
        else if (end > 0)
        {
            _bytes.AsSpan(end, left).CopyTo(_bytes);
            // What was taken may have been a password.
            _bytes.AsSpan(left, _filled - left).Clear();
        }

        _filled = left;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GiveBack();
        _bytes.AsSpan().Clear();
        _bytes = [];
        _filled = 0;
    }

    private void GiveBack() => budget.Return(Math.Max(0, _bytes.Length - OwnBytes));
}
