using System.Runtime.InteropServices;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// The generation that was accepted of each id, and where it went; bounded, first in first out. 24 bytes an id in
/// chunks, and 8 bytes a slot of the index: 3 MB when full with 100,000, nothing when unused.
/// </summary>
internal sealed class SeenSet(int capacity, HashSecret secret)
{
    private const int ChunkBits = 10;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly List<Item[]> _chunks = [];
    private HashIndex _index;
    private int _count;
    private int _oldest;

    /// <summary>Ids remembered.</summary>
    public int Count => _count;

    /// <summary>The number of an id; -1 if it is not remembered. Good until the next <see cref="Accept"/>.</summary>
    public int Find(in EnvelopeId id)
    {
        uint hash = secret.Hash(id.High, id.Low);
        int cursor = _index.Start(hash);
        while (_index.Next(hash, ref cursor, out int item))
        {
            ref Item seen = ref At(item);
            if (seen.High == id.High && seen.Low == id.Low)
                return item;
        }

        return -1;
    }

    /// <summary>The accepted generation of a number.</summary>
    public Generation GenerationOf(int number) => new(At(number).Generation);

    /// <summary>True if the copy that was accepted has been taken back: any copy is new.</summary>
    public bool IsVoid(int number) => At(number).Void;

    /// <summary>The link that the id last went to; <see cref="LinkId.None"/> if unknown.</summary>
    public LinkId SentTo(int number) => new(At(number).SentToPlusOne - 1);

    /// <summary>Remembers an accepted generation; returns the number.</summary>
    public int Accept(in EnvelopeId id, Generation generation, int number)
    {
        if (number < 0)
            number = Add(id);
        ref Item seen = ref At(number);
        seen.Generation = generation.Value;
        seen.Void = false;
        return number;
    }

    /// <summary>Takes an acceptance back, because custody was refused after all.</summary>
    public void Void(in EnvelopeId id)
    {
        int number = Find(id);
        if (number >= 0)
            At(number).Void = true;
    }

    /// <summary>Goes back to a generation that was accepted earlier.</summary>
    public void Revert(in EnvelopeId id, Generation generation)
    {
        int number = Find(id);
        if (number >= 0)
            At(number).Generation = generation.Value;
    }

    /// <summary>Notes the link that an id was sent to.</summary>
    public void NoteSent(in EnvelopeId id, LinkId link)
    {
        int number = Find(id);
        if (number >= 0)
            At(number).SentToPlusOne = (ushort)Math.Min(link.Value + 1, ushort.MaxValue);
    }

    private int Add(in EnvelopeId id)
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
            number = _oldest;
            _oldest = (_oldest + 1) % capacity;
            ref Item old = ref At(number);
            _index.Remove(secret.Hash(old.High, old.Low), number);
        }

        At(number) = new Item { High = id.High, Low = id.Low };
        _index.Add(secret.Hash(id.High, id.Low), number);
        return number;
    }

    private ref Item At(int number) => ref _chunks[number >> ChunkBits][number & (ChunkSize - 1)];

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Item
    {
        public ulong High;
        public ulong Low;
        public ushort SentToPlusOne;
        public ushort Generation;
        public bool Void;
    }
}
