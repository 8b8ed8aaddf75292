namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  wants 1 (1: answer with commits and a line) | your last order 32 | count 2 | entries | count 2 | tips
//
/// <summary>
/// The states that the sender has followed, some or all of them, and what it heard of where others stand: two members
/// with different tips find out by it where their ways part.
/// </summary>
/// <param name="WantsAnswer">The sender asks for the receiver's.</param>
/// <param name="LastOrder">The last order about the receiver in the sender's state: what a rejoin has to
/// follow.</param>
/// <param name="Entries">By epoch, the oldest first.</param>
/// <param name="Tips">Signed by their members.</param>
internal sealed record LineBody(
    bool WantsAnswer, Digest LastOrder, IReadOnlyList<LineEntry> Entries, IReadOnlyList<SignedTip> Tips)
{
    /// <summary>Most entries, which are 22 kB.</summary>
    internal const int MaxEntries = 1024;

    /// <summary>Most tips that travel in one frame, which are 35 kB; a majority of 250 is among them.</summary>
    internal const int MaxTips = 200;

    internal void Write(FrameWriter writer)
    {
        writer.Byte(WantsAnswer ? (byte)1 : (byte)0);
        LastOrder.Write(writer.Take(Digest.Size));
        writer.UInt16((ushort)Entries.Count);
        foreach (LineEntry entry in Entries)
            entry.Write(writer);
        writer.UInt16((ushort)Tips.Count);
        foreach (SignedTip tip in Tips)
            tip.Write(writer);
    }

    internal static bool TryRead(ref FrameReader reader, out LineBody body)
    {
        body = null!;
        if (!reader.TryByte(out byte wants) || wants > 1 || !reader.TryTake(Digest.Size, out ReadOnlySpan<byte> last)
            || !reader.TryUInt16(out ushort count) || count > MaxEntries)
            return false;
        List<LineEntry> entries = [];
        for (int i = 0; i < count; i++)
        {
            if (!LineEntry.TryRead(ref reader, out LineEntry entry) || (i > 0 && entry.Epoch <= entries[^1].Epoch))
                return false;
            entries.Add(entry);
        }

        if (!reader.TryUInt16(out ushort tipCount) || tipCount > MaxTips)
            return false;
        List<SignedTip> tips = [];
        for (int i = 0; i < tipCount; i++)
        {
            if (!SignedTip.TryRead(ref reader, out SignedTip tip))
                return false;
            tips.Add(tip);
        }

        body = new LineBody(wants == 1, Digest.Read(last), entries, tips);
        return reader.AtEnd;
    }
}
