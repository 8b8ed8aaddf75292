namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>How many envelopes, and how many bytes.</summary>
internal struct Tally
{
    public int Count;
    public long Bytes;

    public void Add(int size)
    {
        Count++;
        Bytes += size;
    }

    public void Subtract(int size)
    {
        Count--;
        Bytes -= size;
    }
}

/// <summary>Head and tail of a list through entries, plus one each, so that zero is empty.</summary>
internal struct ListEnds
{
    public int HeadPlusOne;
    public int TailPlusOne;
}
