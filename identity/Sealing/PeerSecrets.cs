using System.Buffers.Binary;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// What a node remembers of the peers it lately wrote to or heard from: for one 32-byte key, another form of that key
/// and the static-static secret. Bounded; the one longest unused goes first. Secrets are in locked memory.
/// Safe for several threads.
/// </summary>
internal sealed class PeerSecrets : IDisposable
{
    private const int KeySize = 32;
    private const int RecordSize = 2 * KeySize;

    private readonly object _lock = new();
    private readonly Dictionary<Key, LinkedListNode<(Key Key, int Slot)>> _index;
    private readonly LinkedList<(Key Key, int Slot)> _order = new();
    private readonly SecretBuffer _records;
    private readonly int _capacity;

    internal PeerSecrets(int capacity)
    {
        _capacity = capacity;
        _index = new(capacity);
        _records = new SecretBuffer(capacity * RecordSize);
    }

    internal int Count
    {
        get
        {
            lock (_lock)
                return _index.Count;
        }
    }

    internal bool TryGet(ReadOnlySpan<byte> key, Span<byte> other, Span<byte> shared)
    {
        lock (_lock)
        {
            if (!_index.TryGetValue(Key.Read(key), out LinkedListNode<(Key Key, int Slot)>? node))
                return false;
            _order.Remove(node);
            _order.AddFirst(node);
            using SecretBuffer.Lease lease = _records.Borrow();
            Span<byte> record = lease.Span.Slice(node.Value.Slot * RecordSize, RecordSize);
            record[..KeySize].CopyTo(other);
            record[KeySize..].CopyTo(shared);
            return true;
        }
    }

    internal void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> other, ReadOnlySpan<byte> shared)
    {
        lock (_lock)
        {
            Key id = Key.Read(key);
            if (_index.ContainsKey(id))
                return;
            LinkedListNode<(Key Key, int Slot)> node = TakeNode();
            node.Value = (id, node.Value.Slot);
            _order.AddFirst(node);
            _index.Add(id, node);
            using SecretBuffer.Lease lease = _records.Borrow();
            Span<byte> record = lease.Span.Slice(node.Value.Slot * RecordSize, RecordSize);
            other.CopyTo(record);
            shared.CopyTo(record[KeySize..]);
        }
    }

    public void Dispose() => _records.Dispose();

    private LinkedListNode<(Key Key, int Slot)> TakeNode()
    {
        if (_index.Count < _capacity)
            return new((default, _index.Count));
        LinkedListNode<(Key Key, int Slot)> oldest = _order.Last!;
        _order.RemoveLast();
        _index.Remove(oldest.Value.Key);
        return oldest;
    }

    private readonly record struct Key(UInt128 Low, UInt128 High)
    {
        internal static Key Read(ReadOnlySpan<byte> bytes) => new(
            BinaryPrimitives.ReadUInt128LittleEndian(bytes),
            BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]));
    }
}
