namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  count 2 | bundles
//
/// <summary>Commits, parents before children.</summary>
internal sealed record CommitsBody(IReadOnlyList<CommitBundle> Bundles)
{
    /// <summary>Most bundles in one frame. Arbitrary.</summary>
    internal const int MaxBundles = 64;

    internal int Size => sizeof(ushort) + Bundles.Sum(b => CommitBundle.SizeOf(b.Commit.Length));

    internal void Write(FrameWriter writer)
    {
        writer.UInt16((ushort)Bundles.Count);
        foreach (CommitBundle bundle in Bundles)
            bundle.Write(writer);
    }

    internal static bool TryRead(ref FrameReader reader, out CommitsBody body)
    {
        body = null!;
        if (!reader.TryUInt16(out ushort count) || count > MaxBundles)
            return false;
        List<CommitBundle> bundles = [];
        for (int i = 0; i < count; i++)
        {
            if (!CommitBundle.TryRead(ref reader, out CommitBundle bundle))
                return false;
            bundles.Add(bundle);
        }

        body = new CommitsBody(bundles);
        return reader.AtEnd;
    }
}
