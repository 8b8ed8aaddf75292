using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>What one neighbour (or this node) has handed over that is still held.</summary>
internal struct Account
{
    public NodeAddress Owner;
    public int Count;
    public long Bytes;
    public EvictionLists Waiting;
}

/// <summary>Ends of the four lists (one a priority) of what waits and may be evicted; -1 for none.</summary>
[System.Runtime.CompilerServices.InlineArray(4)]
internal struct EvictionLists
{
    private ListEnds _first;
}

/// <summary>Head and tail of a list through entries, plus one each, so that zero is empty.</summary>
internal struct ListEnds
{
    public int HeadPlusOne;
    public int TailPlusOne;
}
