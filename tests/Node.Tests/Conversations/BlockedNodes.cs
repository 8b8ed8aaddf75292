using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

/// <summary>What a blocked node writes comes neither now nor later.</summary>
public class BlockedNodes
{
    [Fact]
    public async Task What_was_written_while_its_sender_was_blocked_does_not_come_when_it_is_heard_again()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        SendInfo known = await bob.SendAsync(alice, "before", "delivered");
        await alice.AskAsync(Commands.Alias, new() { Alias = "bob", To = bob.Address });
        Assert.Empty(await alice.AskAsync(Commands.Blocked));
        await alice.AskAsync(Commands.Block, new() { To = "bob" });
        Assert.Equal([new BlockedInfo(bob.Address, "bob")], await alice.AskAsync(Commands.Blocked));

        long before = alice.Node.Direct.NotKept;
        SendInfo blocked = await bob.SendAsync(alice, "while blocked");
        SendInfo edit = await bob.AskAsync(Commands.Edit, new() { Id = known.Id, Text = "changed while blocked" });
        while (alice.Node.Direct.NotKept < before + 2)
            await Task.Yield();
        await alice.AskAsync(Commands.Unblock, new() { To = "bob" });
        Assert.Empty(await alice.AskAsync(Commands.Blocked));

        // Its sender tries it again: the envelopes are the same.
        foreach (SendInfo again in (SendInfo[])[blocked, edit])
            await ComesAgainAsync(bob, alice, again.Id);
        await bob.SendAsync(alice, "after", "delivered");
        Assert.Equal(["before", "after"], (await alice.AskAsync(Commands.Messages, new() { With = "bob" }))
            .Select(m => m.Text));
        Assert.NotEqual("delivered", (await bob.AskAsync(Commands.Message, new() { Id = blocked.Id })).State);
    }

    /// <summary>An envelope of a node arrives once more, by the door that all envelopes come in at.</summary>
    private static async Task ComesAgainAsync(TestNode from, TestNode to, string id)
    {
        var envelope = Wire.EnvelopeId.Read(Convert.FromHexString(id));
        byte[] bytes = from.Store.Reader.FindEnvelope(envelope)
            ?? throw new InvalidOperationException("It is not held any more: nothing would be tried again.");
        _ = Wire.EnvelopeHeader.TryRead(bytes, out Wire.EnvelopeHeader header);
        long before = to.Node.Direct.NotKept;
        await to.Node.AskAsync(now =>
        {
            to.Node.Conversations.Deliver(0, envelope, header, bytes.AsSpan(Wire.EnvelopeHeader.Size));
            to.Node.Conversations.OpenArrived(now);
            return true;
        });
        while (to.Node.Direct.NotKept == before)
            await Task.Yield();
    }
}
