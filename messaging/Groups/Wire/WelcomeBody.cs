using System.Text;
using QuicProChat.Mesh.Messaging.Groups.Policy;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  rank 4 | name size 1 | name | size 4 | order table | size 4 | Welcome
//
/// <summary>
/// What a newcomer needs: the Welcome, the order table that the group context only has the hash of, and a name.
/// </summary>
/// <param name="Rank">The rank of the commit that let the newcomer in, which it cannot know.</param>
/// <param name="Name">What the inviter calls the group; the newcomer may call it otherwise.</param>
/// <param name="Table">The order table of the state that the Welcome leads to.</param>
/// <param name="Welcome">An MLSMessage.</param>
internal sealed record WelcomeBody(CommitRank Rank, string Name, OrderTable Table, ReadOnlyMemory<byte> Welcome)
{
    /// <summary>Longest name in bytes of UTF-8.</summary>
    internal const int MaxName = 64;

    internal void Write(FrameWriter writer)
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);
        Rank.Write(writer);
        writer.Byte((byte)name.Length);
        writer.Raw(name);
        var table = new FrameWriter();
        Table.Write(table);
        writer.Block(table.ToArray());
        writer.Block(Welcome.Span);
    }

    internal static bool TryRead(ref FrameReader reader, out WelcomeBody body)
    {
        body = null!;
        if (!CommitRank.TryRead(ref reader, out CommitRank rank) || !reader.TryByte(out byte size) || size > MaxName
            || !reader.TryTake(size, out ReadOnlySpan<byte> name)
            || !System.Text.Unicode.Utf8.IsValid(name)
            || !reader.TryBlock(OrderTable.MaxSize, out ReadOnlySpan<byte> tableBytes)
            || !reader.TryBlock(GroupFrame.MaxSize, out ReadOnlySpan<byte> welcome) || !reader.AtEnd)
            return false;
        var tableReader = new FrameReader(tableBytes);
        if (!OrderTable.TryRead(ref tableReader, out OrderTable table) || !tableReader.AtEnd)
            return false;
        body = new WelcomeBody(rank, Encoding.UTF8.GetString(name), table, welcome.ToArray());
        return true;
    }
}
