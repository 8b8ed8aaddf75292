using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// A block's entries:
//
//  count x { id(16) generation(1) }        count 1..256
//
/// <summary>
/// The seen set on disk: a ring of blocks of 256 ids, one row each, so that ten thousand ids a second are forty rows
/// and no index. The newest entry of an id counts. Losing the last ids in a crash is harmless: a message is told from
/// its repetition by the message table, and a relayed envelope merely travels again.
/// </summary>
internal sealed class SeenLog
{
    internal const int EntrySize = EnvelopeId.Size + 1;
    internal const int BlockEntries = 256;

    /// <summary>New ids that are worth rewriting the unfinished block for. Arbitrary.</summary>
    private const int WorthWriting = 64;

    private readonly int _slots;
    private readonly Queue<Block> _finished = new();
    private Block _current = new(0);
    private int _written;

    internal SeenLog(int capacity)
    {
        Capacity = capacity;
        // One block more than the capacity needs, because the oldest one is overwritten as a whole.
        _slots = (capacity + BlockEntries - 1) / BlockEntries + 1;
    }

    /// <summary>Ids that survive a restart.</summary>
    internal int Capacity { get; }

    /// <summary>Continues behind the block that was written last.</summary>
    internal void Restore(long number, ReadOnlySpan<byte> entries)
    {
        _current = new Block(number);
        entries.CopyTo(_current.Bytes);
        _current.Count = _written = entries.Length / EntrySize;
        if (_current.Count == BlockEntries)
            StartNext();
    }

    internal void Add(in EnvelopeId id, byte generation)
    {
        Span<byte> entry = _current.Bytes.AsSpan(_current.Count * EntrySize, EntrySize);
        id.Write(entry);
        entry[EnvelopeId.Size] = generation;
        if (++_current.Count < BlockEntries)
            return;
        // While the disk fails, finished blocks gather; more than the ring holds would overwrite each other anyway.
        if (_finished.Count == _slots)
            _finished.Dequeue();
        _finished.Enqueue(_current);
        StartNext();
    }

    /// <summary>The blocks to write with the transaction at hand.</summary>
    /// <param name="all">Also the unfinished one, however little is new in it.</param>
    internal IEnumerable<Block> Pending(bool all)
    {
        foreach (Block block in _finished)
            yield return block;
        if (_current.Count - _written >= (all ? 1 : WorthWriting))
            yield return _current;
    }

    /// <summary>The transaction with the pending blocks was committed.</summary>
    internal void WasWritten(bool all)
    {
        _finished.Clear();
        if (_current.Count - _written >= (all ? 1 : WorthWriting))
            _written = _current.Count;
    }

    internal long Slot(Block block) => block.Number % _slots;

    private void StartNext()
    {
        _current = new Block(_current.Number + 1);
        _written = 0;
    }

    internal sealed class Block(long number)
    {
        internal long Number { get; } = number;

        internal byte[] Bytes { get; } = new byte[BlockEntries * EntrySize];

        internal int Count { get; set; }

        internal ReadOnlySpan<byte> Entries => Bytes.AsSpan(0, Count * EntrySize);
    }
}
