using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Storage;

/// <summary>
/// A conversation may be longer than memory: whoever lists it takes it a page at a time, and so does the node.
/// </summary>
public sealed class LongConversations
{
    private const int Messages = 20_000;

    /// <summary>What one small page may allocate, wherever it lies: some rows and a reply.</summary>
    private const long Small = 2 << 20;

    /// <summary>
    /// So often a page is read: the least is its cost, the rest is what else the process did meanwhile.
    /// </summary>
    private const int Readings = 8;

    private static readonly NodeAddress _peer = new(7, 7);

    [Fact]
    public async Task Every_message_of_twenty_thousand_is_on_one_page_and_a_page_costs_what_it_holds()
    {
        await using var node = new TestNode("alice");
        await node.Node.WriteAsync(static store =>
        {
            for (int i = 0; i < Messages; i++)
                Assert.NotEqual(Inserted.NoRoom, store.Insert(Written(i)));
        });

        var read = new List<string>();
        string? from = null;
        do
        {
            (IReadOnlyList<MessageInfo> page, from) = await PageAsync(node, from, 10_000);
            read.InsertRange(0, page.Select(static m => m.Text));
            // A page is full, or it is the last.
            Assert.True(from is not null || read.Count == Messages);
        }
        while (from is not null);
        Assert.Equal(Enumerable.Range(0, Messages).Select(TextOf), read);

        string oldest = Written(60).Id.ToString();
        long least = long.MaxValue;
        for (int i = 0; i < Readings; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            (IReadOnlyList<MessageInfo> last, from) = await PageAsync(node, oldest, 50);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            Assert.Equal(Enumerable.Range(10, 50).Select(TextOf), last.Select(static m => m.Text));
            Assert.Null(from);
        }

        Assert.InRange(least, 1, Small);
    }

    [Fact]
    public async Task A_page_behind_a_message_that_is_gone_is_refused_and_not_taken_for_the_end()
    {
        await using var node = new TestNode("alice");
        await node.Node.WriteAsync(static store => store.Insert(Written(1)));
        Assert.Equal(ErrorCode.Refused,
            (await node.RefusalAsync(Commands.Messages, new() { From = Written(2).Id.ToString() })).Code);
        Assert.Equal(ErrorCode.Usage,
            (await node.RefusalAsync(Commands.Messages, new() { From = "the beginning" })).Code);
    }

    private static StoredMessage Written(int number) => new(
        new EnvelopeId((ulong)(number + 1) * 0x9E3779B97F4A7C15, (ulong)number), Outgoing: true, _peer, TextOf(number),
        MessageState.Delivered, Reason: 0, Hops: 1, Priority.Normal, DateTimeOffset.UnixEpoch.AddSeconds(number),
        DateTimeOffset.UnixEpoch);

    private static string TextOf(int number) => $"{number} ".PadRight(200, 'x');

    private static async Task<(IReadOnlyList<MessageInfo> Page, string? More)> PageAsync(
        TestNode node, string? from, int limit)
    {
        Reply<IReadOnlyList<MessageInfo>> reply = await node.ReplyAsync(
            Commands.Messages, new() { With = _peer.ToString(), From = from, Limit = limit });
        return (reply.Done, reply.More);
    }
}
