using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Storage;

/// <summary>Whole nodes on data directories that an earlier version wrote, or that are worn.</summary>
public sealed class DamagedStores : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-node-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_node_on_the_store_of_an_earlier_version_says_what_that_version_said()
    {
        using LocalIdentity identity = CopyVersion3();
        JsonNode expected = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_directory, "expected.json")))!;
        await using var node = new TestNode("f", lives: (_directory, identity));
        Assert.Equal((string)expected["identity"]!["address"]!, node.Address);
        JsonNode aliases = await node.RawAsync(Commands.Alias.ToLine(new AliasRequest()));
        Assert.True(JsonNode.DeepEquals(expected["aliases"], aliases["result"]), aliases.ToJsonString());
        // The groups' wire and states changed before the first release: they have to be founded anew, and that is said.
        Assert.Empty(await node.AskAsync(Commands.LiteList));
        string metrics = (await node.AskAsync(Commands.Metrics)).Text;
        Assert.Contains("qpc_store_damaged_rows_total 1\n", metrics, StringComparison.Ordinal);

        JsonArray messages = (await node.RawAsync(Commands.Messages.ToLine(new MessagesRequest { Limit = 1000 })))
            ["result"]!.AsArray();
        Assert.Equal(expected["messages"]!.AsArray().Count, messages.Count);
        for (int i = 0; i < messages.Count; i++)
            Assert.True(JsonNode.DeepEquals(Plain(expected["messages"]![i]!), Plain(messages[i]!)),
                messages[i]!.ToJsonString());
        // Its own name is not in what others announced: everything else is.
        Assert.Equal((int)expected["queue"]!["count"]!, (await node.AskAsync(Commands.Queue)).Count);
    }

    [Fact]
    public async Task A_node_whose_every_row_is_damaged_starts_answers_and_goes_on()
    {
        using LocalIdentity identity = CopyVersion3();
        using (Database file = Database.Open(Path.Combine(_directory, MeshStore.FileName)))
        {
            file.Execute(
                "UPDATE message SET text = zeroblob(length(text)) WHERE seq % 2 = 0; UPDATE message SET created = "
                    + "9223372036854775807 WHERE seq % 7 = 0;"
                + "UPDATE envelope SET payload = zeroblob(length(payload)), proof = NULL; UPDATE alias SET address = "
                + "x'01';"
                + "UPDATE announce SET bytes = zeroblob(20); UPDATE seen SET entries = x'010203'; UPDATE lite_group "
                + "SET state = zeroblob(length(state));"
                + "UPDATE lite_copy SET state = 99; UPDATE lite_waiting SET payload = zeroblob(length(payload)); "
                + "UPDATE lite_seen SET sender = x'01';"
                + "UPDATE value SET value = zeroblob(length(value))");
        }

        await using var node = new TestNode("f", lives: (_directory, identity));
        await using var other = new TestNode("other");
        await TestNode.JoinAsync(node, other);
        await node.HasRouteAsync(other);
        await other.HasRouteAsync(node);
        Assert.Equal("delivered", (await node.SendAsync(other, "still here", "delivered")).State);
        Assert.Equal("delivered", (await other.SendAsync(node, "so am I", "delivered")).State);
        IReadOnlyList<MessageInfo> messages = await node.AskAsync(Commands.Messages, new() { Limit = 1000 });
        Assert.Contains(messages, m => m.Damaged);
        Assert.Contains(messages, m => m.Text == "so am I");
        MessageInfo lost = messages.First(m => m.Damaged);
        Assert.Equal(ErrorCode.Refused, (await node.RefusalAsync(Commands.Message, new() { Id = lost.Id })).Code);
        string metrics = (await node.AskAsync(Commands.Metrics)).Text;
        Assert.DoesNotContain("qpc_store_damaged_rows_total 0\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_held_envelope_that_is_damaged_is_lost_and_the_next_one_arrives()
    {
        using var identity = LocalIdentity.Generate();
        await using var bob = new TestNode("bob");
        await using (var alice = new TestNode("alice", lives: (_directory, identity)))
        {
            MemoryLink link = await TestNode.JoinAsync(alice, bob);
            await alice.HasRouteAsync(bob);
            using var watching = new EventReader(alice);
            link.Close(new LinkEnd(LinkEndCode.Closed));
            await watching.UntilAsync(Events.PeerDown);
            await alice.SendAsync(bob, "will be damaged");
            await alice.SendAsync(bob, "arrives");
        }

        using (Database file = Database.Open(Path.Combine(_directory, MeshStore.FileName)))
        {
            file.Execute("UPDATE envelope SET payload = zeroblob(length(payload)) WHERE seq = (SELECT min(seq) FROM "
                + "envelope)");
            Assert.Equal(1, file.Changes);
        }

        await using var again = new TestNode("alice", lives: (_directory, identity));
        using var events = new EventReader(bob);
        await TestNode.JoinAsync(again, bob);
        await events.UntilAsync(Events.Message, e => e.Message.Text == "arrives");
        Assert.Single(await bob.MessagesAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await again.AskAsync(Commands.Queue)).Count > 0)
            limit.Token.ThrowIfCancellationRequested();
        Assert.Equal(["failed", "delivered"], (await again.MessagesAsync()).Select(m => m.State));
    }

    /// <summary>A message with its times as numbers: how they are written is not the store's.</summary>
    private static JsonNode Plain(JsonNode message)
    {
        JsonNode plain = message.DeepClone();
        foreach (string time in (string[])["createdAt", "updatedAt"])
            plain[time] = ((DateTimeOffset)message[time]!).ToUnixTimeMilliseconds();
        // A group that is no longer known is shown by its id instead of its name.
        if (plain["group"] is not null)
            plain["group"] = "a group";
        // Earlier versions knew texts alone, and did not say where they belong.
        plain.AsObject().Remove("conversation");
        if ((string?)plain["content"]?["type"] == "text")
            plain.AsObject().Remove("content");
        return plain;
    }

    private LocalIdentity CopyVersion3()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Inputs", "version3")))
        {
            string copy = Path.Combine(_directory, Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return KeyFile.Load(Path.Combine(_directory, "identity.key"));
    }
}
