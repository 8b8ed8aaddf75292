using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// Three daemons and an MLS group: one of them is reached over a radio alone, or listens elsewhere too.
/// </summary>
public class GroupOverRadio(ITestOutputHelper output)
{
    private const string Name = "lake";
    private const string To = "group:" + Name;
    private const string Compact = "mls-lite-signed";
    private const string Full = "mls";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    [Fact]
    public async Task One_member_behind_a_radio_gets_the_texts_of_its_group_in_their_compact_form()
    {
        await using var net = new TestNet();
        RadioAir air = net.Own(new RadioAir(Path.Combine(net.Directory, "dev"), "a", "b"));
        (NodeProcess a, NodeProcess b, NodeProcess c) = await StartAsync(net, air, isBehindRadio: true);

        // One text, two forms: each member has it once.
        await MeasuredAsync(air, c, a, new string('t', 40), "compact");
        await a.EventuallyAsync("the text", async () => (await MessagesAsync(a)).Count == 1, Patience);
        await b.EventuallyAsync("the text", async () => (await MessagesAsync(b)).Count == 1, Patience);
        Assert.Equal(Compact, (await MessagesAsync(a)).Single().Security);
        Assert.Equal(Full, (await MessagesAsync(b)).Single().Security);
        Assert.Equal(Compact, (await MessagesAsync(c)).Single().Security);

        // From behind the radio the same form goes to everybody.
        await a.AskAsync(Commands.Send, new() { To = To, Text = "from behind the radio" });
        foreach (NodeProcess node in (NodeProcess[])[b, c])
        {
            await node.EventuallyAsync("the answer", async () => (await MessagesAsync(node)).Count == 2, Patience);
            Assert.Equal(
                Compact, (await MessagesAsync(node)).Single(static m => m.Text == "from behind the radio").Security);
        }

        // Killed in the middle of it, a member reads on, and writes with keys that nobody has seen.
        await c.AskAsync(Commands.Send, new() { To = To, Text = "before" });
        await a.KillAsync();
        await c.KillAsync();
        await c.StartAsync();
        await c.AskAsync(Commands.Send, new() { To = To, Text = "after" });
        await a.StartAsync();
        await a.EventuallyAsync("all texts", async () => (await MessagesAsync(a)).Count == 4, Patience);
        await a.AskAsync(Commands.Send, new() { To = To, Text = "back" });
        string[] said = [new string('t', 40), "from behind the radio", "before", "after", "back"];
        foreach (NodeProcess node in (NodeProcess[])[a, b, c])
        {
            await node.EventuallyAsync(
                "every text once",
                async () => (await MessagesAsync(node)).Select(static m => m.Text).Order().SequenceEqual(said.Order()),
                Patience);
        }

        Assert.All(
            (await MessagesAsync(a)).Where(static m => m.Text is "before" or "after"),
            static m => Assert.Equal(Compact, m.Security));
    }

    [Fact]
    public async Task A_member_with_other_links_beside_its_radio_gets_them_in_full()
    {
        await using var net = new TestNet();
        RadioAir air = net.Own(new RadioAir(Path.Combine(net.Directory, "dev"), "a", "b"));
        (NodeProcess a, NodeProcess _, NodeProcess c) = await StartAsync(net, air, isBehindRadio: false);
        await MeasuredAsync(air, c, a, new string('t', 40), "full");
        await a.EventuallyAsync("the text", async () => (await MessagesAsync(a)).Count == 1, Patience);
        Assert.Equal(Full, (await MessagesAsync(a)).Single().Security);
    }

    private static async Task<(NodeProcess A, NodeProcess B, NodeProcess C)> StartAsync(
        TestNet net, RadioAir air, bool isBehindRadio)
    {
        NodeProcess a = net.Node("a").With("--listen", air.Uri("a"));
        if (!isBehindRadio)
            a.Listening();
        NodeProcess b = net.Node("b").With("--listen", air.Uri("b")).Listening();
        NodeProcess c = net.Node("c");
        c.Dialling(net.Connect(b.Machine, c.Machine).AddressA);
        foreach (NodeProcess node in new[] { a, b, c })
            await node.StartAsync();
        await c.HasRouteAsync(a, Patience);
        await c.AskAsync(Commands.GroupCreate, new() { Name = Name });
        await c.AskAsync(Commands.GroupInvite, new() { Group = Name, To = [a.Address, b.Address] });
        foreach (NodeProcess node in new[] { a, b })
        {
            await node.EventuallyAsync(
                "invited", async () => (await node.AskAsync(Commands.GroupList)).Invitations.Count == 1, Patience);
            await node.AskAsync(Commands.GroupAccept, new() { Group = Name });
        }

        await c.EventuallyAsync("all agree", async () =>
        {
            List<GroupInfo> groups = [];
            foreach (NodeProcess node in (NodeProcess[])[a, b, c])
                groups.Add(await node.AskAsync(Commands.GroupShow, new() { Group = Name }));
            return groups.TrueForAll(g => g.Status == "current" && g.State == groups[0].State && g.Members.Count == 3);
        }, Patience);
        return (a, b, c);
    }

    private async Task MeasuredAsync(RadioAir air, NodeProcess from, NodeProcess to, string text, string form)
    {
        await air.QuietAsync();
        (int frames, int bytes) = air.Transmitted();
        await from.AskAsync(Commands.Send, new() { To = To, Text = text });
        await to.EventuallyAsync(
            "the text", async () => (await MessagesAsync(to)).Any(m => m.Text == text), Patience);
        await air.QuietAsync();
        (int framesThen, int bytesThen) = air.Transmitted();
        output.WriteLine(
            $"a text of {text.Length} over the radio, {form} form: {framesThen - frames} frames, "
                + $"{bytesThen - bytes} bytes in all");
    }

    private static Task<IReadOnlyList<MessageInfo>> MessagesAsync(NodeProcess node) =>
        node.AskAsync(Commands.Messages, new() { With = To });
}
