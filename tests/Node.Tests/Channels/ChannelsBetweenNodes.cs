using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Channels;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Channels;

/// <summary>Channels between whole nodes, with a relay between them that reads none, and hostile members.</summary>
public sealed class ChannelsBetweenNodes
{
    [Fact]
    public async Task A_message_reaches_all_readers_and_somebody_who_joins_later_reads_what_was_said_before()
    {
        await using var alice = new TestNode("alice");
        await using var relay = new TestNode("relay");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        await TestNode.JoinAsync(alice, relay);
        await TestNode.JoinAsync(relay, bob);
        ChannelConversation news = await alice.Node.Channels.CreateAsync("news");
        string uri = await alice.Node.Channels.InviteAsync("news");
        await bob.Node.Channels.JoinAsync(uri, "what-is-new");
        Assert.Equal("forwarded", (await SayAsync(alice, "news", "one")).State);
        await ReadsAsync(bob, "one");
        await SayAsync(bob, "what-is-new", "two");
        await ReadsAsync(alice, "two");

        // The relay carried them, and then begins to read.
        await relay.Node.Channels.JoinAsync(uri, null);
        await ReadsAsync(relay, "one", "two");
        await TestNode.JoinAsync(carol, relay);
        await carol.Node.Channels.JoinAsync(uri, null);
        await ReadsAsync(carol, "one", "two");
        MessageInfo message = (await carol.MessagesAsync()).Single(m => m.Text == "one");
        Assert.Equal(
            (alice.Address, "news", "channel", "in"),
            (message.Peer, message.Group, message.Security, message.Direction));
        Assert.Equal(news.Id, (await carol.Node.Channels.ShowAsync("news")).Id);
    }

    [Fact]
    public async Task A_restart_keeps_the_channel_its_messages_and_the_numbers_that_were_used()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-channel-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        string uri;
        await using (var first = new TestNode("bob", lives: (directory, identity)))
        {
            await first.Node.Channels.JoinPublicAsync("flood", "high water");
            uri = await first.Node.Channels.InviteAsync("flood");
            await SayAsync(first, "flood", "one");
            await first.Node.Actions.MuteAsync(first.Node.Channels.Find("flood")!.Value, true);
        }

        await using (var second = new TestNode("bob", lives: (directory, identity)))
        {
            ChannelConversation flood = await second.Node.Channels.ShowAsync("flood");
            Assert.Equal((true, 1U), (flood.IsMuted, flood.Made));
            Assert.Equal(uri, await second.Node.Channels.InviteAsync("flood"));
            await SayAsync(second, "flood", "two");
            Assert.Equal(2U, (await second.Node.Channels.ShowAsync("flood")).Made);
            await using var alice = new TestNode("alice");
            await TestNode.JoinAsync(alice, second);
            await alice.Node.Channels.JoinPublicAsync("flood", "high water");
            await ReadsAsync(alice, "one", "two");
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_writer_whose_files_were_put_back_goes_on_behind_what_it_wrote()
    {
        using LocalIdentity identity = LocalIdentity.Generate();
        string now = Directory.CreateTempSubdirectory("qpc-channel-").FullName;
        string before = Directory.CreateTempSubdirectory("qpc-channel-").FullName;
        await using var alice = new TestNode("alice");
        await alice.Node.Channels.CreateAsync("news");
        string uri = await alice.Node.Channels.InviteAsync("news");
        await using (var writer = new TestNode("bob", lives: (now, identity)))
            await writer.Node.Channels.JoinAsync(uri, null);
        foreach (string file in Directory.GetFiles(now))
            File.Copy(file, Path.Combine(before, Path.GetFileName(file)), overwrite: true);
        await using (var writer = new TestNode("bob", lives: (now, identity)))
        {
            await TestNode.JoinAsync(alice, writer);
            foreach (string text in (string[])["one", "two", "three"])
                await SayAsync(writer, "news", text);
            await ReadsAsync(alice, "one", "two", "three");
        }

        await using (var writer = new TestNode("bob", lives: (before, identity)))
        {
            await TestNode.JoinAsync(alice, writer);
            while ((await writer.Node.Channels.ShowAsync("news")).Made < 3)
                await Task.Delay(20);
            await SayAsync(writer, "news", "four");
            await ReadsAsync(alice, "one", "two", "three", "four");
        }

        Directory.Delete(now, recursive: true);
        Directory.Delete(before, recursive: true);
    }

    [Fact]
    public Task A_fault_over_a_message_loses_it_for_nobody() => ComesAgainAsync(FaultPlace.Keep);

    [Fact]
    public Task A_message_that_could_not_be_written_comes_again() => ComesAgainAsync(FaultPlace.Write);

    private static async Task ComesAgainAsync(FaultPlace place)
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        MemoryLink cable = await TestNode.JoinAsync(alice, bob);
        await alice.Node.Channels.CreateAsync("news");
        await bob.Node.Channels.JoinAsync(await alice.Node.Channels.InviteAsync("news"), null);
        bob.Node.Faults.Probe = at =>
        {
            if (at == place)
                throw new InvalidOperationException("a fault of a test");
        };
        await SayAsync(alice, "news", "one");
        // It came, and is as if it had never come.
        await UntilAsync(bob, gossip => gossip.Counters[GossipCounter.RecordsAccepted] > 0 && gossip.RecordCount == 0);
        bob.Node.Faults.Probe = null;
        Assert.Empty(await bob.MessagesAsync());
        cable.Close(new LinkEnd(LinkEndCode.Closed));
        await TestNode.JoinAsync(alice, bob);
        await ReadsAsync(bob, "one");
    }

    [Fact]
    public async Task What_a_crash_left_unread_is_read_at_the_next_start_and_only_then()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-channel-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        await using var alice = new TestNode("alice");
        await alice.Node.Channels.CreateAsync("news");
        Assert.True(ChannelKey.TryParse(await alice.Node.Channels.InviteAsync("news"), out ChannelKey? key,
            out _, out _));
        await SayAsync(alice, "news", "one");
        await using (var carrier = new TestNode("bob", lives: (directory, identity)))
        {
            await TestNode.JoinAsync(alice, carrier);
            await UntilAsync(carrier, gossip => gossip.RecordCount == 1);
            // A crash after the channel was written, and before what was said in it.
            using var channel = new ChannelState(key, "news");
            byte[] state = channel.Save();
            await carrier.Node.AskAsync(_ =>
            {
                carrier.Store.PutConversation(channel.Id, state, spent: true);
                return true;
            });
        }

        await using (var reader = new TestNode("bob", lives: (directory, identity)))
        {
            await ReadsAsync(reader, "one");
            await UntilAsync(reader, static _ => true);
            Assert.Equal(1, reader.Node.Channels.Counters[ChannelEvent.Received]);
        }

        await using (var again = new TestNode("bob", lives: (directory, identity)))
        {
            await ReadsAsync(again, "one");
            Assert.Equal((0, 0),
                (again.Node.Channels.Counters[ChannelEvent.Received],
                    again.Node.Channels.Counters[ChannelEvent.Repeated]));
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_hostile_member_forges_replays_and_moves_nothing_and_its_floods_end()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await alice.Node.Channels.CreateAsync("news");
        string uri = await alice.Node.Channels.InviteAsync("news");
        await bob.Node.Channels.JoinAsync(uri, null);
        Assert.True(ChannelKey.TryParse(uri, out ChannelKey? key, out _, out _));
        ushort day = await alice.Node.AskAsync(_ => (ushort)((alice.Node.GossipClock ?? 0) / 86_400));

        // Bob's program is not honest: it publishes what it likes.
        Task<bool> PublishAsync(byte[] record) => bob.Node.AskAsync(now => bob.Node.Gossip.Publish(now, record));
        byte[] honest = ChannelPayload.Seal(key, bob.Identity, false, day, day, 24, 1, "mine"u8);
        Assert.True(await PublishAsync(honest));
        await ReadsAsync(alice, "mine");

        // The same message in another record, as of another lifetime: shown once.
        Assert.True(await PublishAsync(ChannelPayload.Seal(key, bob.Identity, false, day, day, 48, 1, "mine"u8)));
        // Under the name of Alice: it has no signature of hers.
        byte[] forged = ChannelPayload.Seal(key, bob.Identity, false, day, day, 24, 9, "forged"u8);
        Assert.True(await PublishAsync(
            Resealed(key, forged, plain => alice.Identity.PublicKey.Span.CopyTo(plain.AsSpan(1)))));
        // An old text of its own as a new one: its signature covers the number.
        Assert.True(await PublishAsync(Resealed(key, honest, plain => plain[36] = 77)));
        // Not encrypted with the key at all.
        byte[] noise = (byte[])honest.Clone();
        noise[^1] ^= 1;
        Assert.True(await PublishAsync(noise));
        Assert.True(await PublishAsync(ChannelPayload.Seal(key, bob.Identity, false, day, day, 24, 2, "last"u8)));
        await ReadsAsync(alice, "mine", "last");
        Assert.Equal(3, alice.Node.Channels.Counters[ChannelEvent.Refused]);
        Assert.Equal(1, alice.Node.Channels.Counters[ChannelEvent.Repeated]);

        for (uint i = 10; i < 3000; i++)
            await PublishAsync(
                ChannelPayload.Seal(key, bob.Identity, false, day, day, 24, i,
                    System.Text.Encoding.UTF8.GetBytes(new string('x', 2000))));
        await SayAsync(alice, "news", "still here");
        await ReadsAsync(bob, "still here");
        key.Dispose();
    }

    [Theory]
    [InlineData("channel-create", "{\"name\":\"a b\"}", "usage")]
    [InlineData("channel-join", "{\"uri\":\"qpc-channel:AAAA\"}", "usage")]
    [InlineData("channel-show", "{\"channel\":\"nothing\"}", "refused")]
    [InlineData("channel-leave", "{}", "usage")]
    public async Task A_command_that_makes_no_sense_is_refused(string command, string arguments, string code)
    {
        await using var alice = new TestNode("alice");
        string line = $"{{\"command\":\"{command}\",{arguments[1..]}".Replace(",}", "}", StringComparison.Ordinal)
            + "\n";
        JsonNode reply = await alice.RawAsync(System.Text.Encoding.UTF8.GetBytes(line));
        Assert.False((bool)reply["ok"]!);
        Assert.Equal(code, (string)reply["code"]!);
    }

    // Opens a record with the channel's key, as a member can, changes what is inside and seals it again.
    private static byte[] Resealed(ChannelKey key, byte[] record, Action<byte[]> change)
    {
        const int associated = GossipRecord.HeaderSize + 2, cipherAt = associated + ChaChaPoly.NonceSize;
        byte[] plain = new byte[record.Length - cipherAt - ChaChaPoly.TagSize];
        byte[] changed = (byte[])record.Clone();
        byte[] messageKey = new byte[HmacSha256.MacSize];
        HmacSha256.Compute(key.Bytes, "qpc-mesh/1 channel message"u8, messageKey);
        Assert.True(ChaChaPoly.TryOpen(
            messageKey, record.AsSpan(associated, ChaChaPoly.NonceSize), record.AsSpan(0, associated),
            record.AsSpan(cipherAt), plain));
        change(plain);
        changed[associated] ^= 1;
        ChaChaPoly.Seal(
            messageKey, changed.AsSpan(associated, ChaChaPoly.NonceSize), changed.AsSpan(0, associated), plain,
            changed.AsSpan(cipherAt));
        return changed;
    }

    private static Task<SendInfo> SayAsync(TestNode node, string channel, string text) =>
        node.AskAsync(Commands.Send, new() { To = "channel:" + channel, Text = text });

    private static async Task UntilAsync(TestNode node, Func<GossipProtocol, bool> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await node.Node.AskAsync(_ => isSo(node.Node.Gossip)))
            limit.Token.ThrowIfCancellationRequested();
    }

    private static async Task ReadsAsync(TestNode node, params string[] texts)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            string[] there = [.. (await node.MessagesAsync()).Select(m => m.Text)];
            if (texts.All(t => there.Contains(t)))
                break;
            limit.Token.ThrowIfCancellationRequested();
        }

        string[] all = [.. (await node.MessagesAsync()).Select(m => m.Text).Where(t => texts.Contains(t))];
        Assert.Equal(texts.Order(), all.Order());
    }
}
