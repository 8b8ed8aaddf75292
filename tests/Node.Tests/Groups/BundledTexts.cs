using System.Collections.Concurrent;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Groups;

/// <summary>Texts of groups on the links between nodes (docs/reference/protocol.md, section 4.6).</summary>
public class BundledTexts
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_text_for_three_members_behind_one_link_crosses_it_once_where_the_neighbour_reads_bundles(
        bool reads)
    {
        await using var hub = new TestNode("hub");
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        var frames = new ConcurrentQueue<byte[]>();
        await TestNode.JoinAsync(alice, hub, bundles: reads, passes: frame =>
        {
            frames.Enqueue(frame);
            return true;
        });
        await GroupsBetweenNodes.ConnectAsync(hub, bob);
        await GroupsBetweenNodes.ConnectAsync(hub, carol);
        TestNode[] all = [hub, alice, bob, carol];
        await GroupsBetweenNodes.InviteAsync("1", all);
        frames.Clear();

        SendInfo sent = await GroupsBetweenNodes.SendAsync(alice, "once for all");
        Assert.Equal(("delivered", 3, 3), (sent.State, sent.Recipients, sent.DeliveredTo));
        byte[][] seen = [.. frames];
        Assert.Equal(reads ? 1 : 0, seen.Count(static frame => IsBundleOfTexts(frame, 3)));
        Assert.Equal(reads ? 0 : 3, seen.Count(IsText));
        foreach (TestNode node in all)
            Assert.Equal("once for all", Assert.Single(await GroupsBetweenNodes.MessagesAsync(node)).Text);
    }

    // An MLSMessage begins with 0, what is sealed for one with 1.
    private static bool IsBundleOfTexts(byte[] frame, int members) =>
        frame[0] == (byte)FrameKind.Bundle && Bundle.TryRead(frame.AsSpan(1), out Bundle bundle)
        && bundle.Header.Kind == EnvelopeKind.Mls && bundle.Payload[0] == 0 && bundle.Count == members;

    private static bool IsText(byte[] frame) =>
        frame[0] == (byte)FrameKind.Envelope && Envelope.TryRead(frame.AsSpan(1), out Envelope envelope)
        && envelope.Header.Kind == EnvelopeKind.Mls && envelope.Payload[0] == 0;
}
