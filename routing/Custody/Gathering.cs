using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Envelopes that leave in one frame: equal but for their destinations, or receipts for one destination.
/// </summary>
internal struct GatheredFrame
{
    /// <summary>Kind, flags, hops and lifetime of all of them, as they go out.</summary>
    public EnvelopeHeader Header;

    /// <summary>Header and payload of one of them in bytes.</summary>
    public int Size;

    /// <summary>What most of those do not share that do not belong here: spares a look at the bytes.</summary>
    public ulong Tag;

    public FrameClass Class;
    public int Count;
    public Members Entries;

    public readonly bool IsOfReceipts => Header.Kind == EnvelopeKind.Receipt;

    [InlineArray(Limits.MaxBundle)]
    public struct Members
    {
        private int _first;
    }
}

/// <summary>
/// What goes out on a link at the end of the batch: frames that are open for more envelopes of their sort. Whatever is
/// in here is in flight for the rest of the router.
/// </summary>
internal sealed class Gathering
{
    /// <summary>Frames that are open at a time; arbitrary. One more, and all of them go out.</summary>
    internal const int MaxOpen = 8;

    private readonly GatheredFrame[] _open = new GatheredFrame[MaxOpen];

    /// <summary>Frames that are open.</summary>
    public int Count { get; private set; }

    /// <summary>In the list of links with such frames.</summary>
    public bool IsListed { get; set; }

    public ref GatheredFrame this[int index] => ref _open[index];

    public bool IsFull => Count == MaxOpen;

    /// <summary>Opens a frame; there must be room.</summary>
    public ref GatheredFrame Open() => ref _open[Count++];

    /// <summary>Adds an entry to an open frame that has room.</summary>
    public static void Add(ref GatheredFrame frame, int entry) => frame.Entries[frame.Count++] = entry;

    /// <summary>All of them went out, or back.</summary>
    public void Clear() => Count = 0;

    /// <summary>Takes an entry out that is not to go out after all.</summary>
    public void Remove(int entry)
    {
        for (int i = 0; i < Count; i++)
        {
            Span<int> entries = Entries(ref _open[i]);
            int at = entries.IndexOf(entry);
            if (at < 0)
                continue;
            entries[(at + 1)..].CopyTo(entries[at..]);
            _open[i].Count--;
            return;
        }
    }

    /// <summary>The entries of a frame.</summary>
    public static Span<int> Entries(ref GatheredFrame frame) => ((Span<int>)frame.Entries)[..frame.Count];
}
