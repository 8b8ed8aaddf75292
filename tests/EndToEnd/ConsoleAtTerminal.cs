using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>The console at a real pseudo terminal.</summary>
public class ConsoleAtTerminal
{
    private const string Escape = "\u001b";
    private const string Redraw = "\r\u001b[K";

    [Fact]
    public async Task A_line_survives_what_arrives_a_paste_is_one_message_and_the_terminal_is_left_as_it_was()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening(), bob = net.Node("bob");
        bob.Dialling(net.Connect(alice.Machine, bob.Machine).AddressA);
        await alice.StartAsync();
        await bob.StartAsync();
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        foreach ((NodeProcess node, NodeProcess other) in new[] { (alice, bob), (bob, alice) })
            await node.AskAsync(Commands.Alias, new() { Alias = other.Name, To = other.Address });
        await bob.SendAsync(alice, "before anybody looked", wait: "delivered");
        string home = Path.Combine(net.Directory, "home");
        Directory.CreateDirectory(home);

        using (var terminal = new Terminal(home, 100, [], Binary.Static, "repl", "--control", alice.Control))
        {
            // What is unread is said first, and counted in the prompt; both are set off by colours.
            await terminal.SeesAsync($"{Escape}[33munread: bob 1{Escape}[0m");
            await terminal.SeesAsync($"{Escape}[1m[1] mesh> {Escape}[0m");
            await terminal.TypeAsync("/dm b\t\r");
            await terminal.SeesAsync("1 message unread");
            await terminal.SeesAsync("[1] bob> ");

            // A message arrives in the middle of a line: it stands above, and the line goes on.
            await terminal.TypeAsync("half a li");
            await terminal.SeesAsync("half a li");
            await bob.SendAsync(alice, $"{Escape}[31mred{Escape}]0;title\u0007", wait: "delivered");
            await terminal.SeesAsync($"from bob{Escape}[0m: \u241B[31mred\u241B]0;title\u2407");
            await terminal.SeesAsync("half a li");
            await terminal.TypeAsync("ne\r");
            await bob.EventuallyAsync("the line", async () => (await bob.ReceivedAsync(alice)).Contains("half a line"));
            // Whoever answers has read.
            await terminal.SeesAsync($"{Redraw}{Escape}[1mbob> ");

            // Several lines at once are one message, sent by Enter.
            await terminal.TypeAsync($"{Escape}[200~first\r/quit\tnot\r{Escape}[201~");
            await terminal.SeesAsync("first\u23CE/quit not\u23CE");
            Assert.DoesNotContain("first\n/quit not", await bob.ReceivedAsync(alice));
            await terminal.TypeAsync("\r");
            await bob.EventuallyAsync("the lines", async () => (await bob.ReceivedAsync(alice))
                .Contains("first\n/quit not"));

            // Tab completes, says what may follow, and what it takes.
            await terminal.TypeAsync("/mesh con\t");
            await terminal.SeesAsync("/mesh connect ");
            await terminal.TypeAsync("\t");
            await terminal.SeesAsync("dial a peer");
            await terminal.TypeAsync("\u0003");
            await terminal.SeesAsync("^C");
            await terminal.SeesAsync("bob> ");
            await terminal.TypeAsync("/help group\r");
            Assert.DoesNotContain("/mesh", await terminal.SeesAsync("/group leave"), StringComparison.Ordinal);

            // A narrow window shows the part with the cursor.
            await terminal.TypeAsync(new string('x', 70) + "end");
            await terminal.SeesAsync("xend");
            terminal.Resize(30);
            string drawn = await terminal.SeesAsync("xend");
            Assert.InRange(drawn[(drawn.LastIndexOf("[0m", StringComparison.Ordinal) + 3)..].Length, 5, 26);
            await terminal.TypeAsync("\u0015\u0004");
            await terminal.SeesAsync($"{Escape}[?2004l");
            await terminal.SeesAsync("ended with 0");
            await SaneAsync(terminal);
        }

        string history = Path.Combine(home, ".local", "state", "qpc-mesh", "history");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(history));
        Assert.Equal(["/dm bob", "/help group"], File.ReadAllLines(history));

        using (var terminal = new Terminal(home, 80, ["NO_COLOR=1"], Binary.Static, "repl", "--control", alice.Control))
        {
            await terminal.SeesAsync("mesh> ");
            await terminal.TypeAsync($"{Escape}[A{Escape}[A\r");
            await terminal.SeesAsync("bob> ");
            await bob.SendAsync(alice, "without colours", wait: "delivered");
            await terminal.SeesAsync("from bob: without colours");
            Assert.DoesNotContain($"{Escape}[1m", terminal.Shown, StringComparison.Ordinal);
            await terminal.TypeAsync("never sent");
            await terminal.SeesAsync("never sent");
            terminal.Signal("TERM");
            await terminal.SeesAsync("ended with");
            await SaneAsync(terminal);
        }

        using (var terminal = new Terminal(home, 80, [], Binary.Static, "repl", "--control", alice.Control))
        {
            await terminal.SeesAsync("mesh> ");
            await alice.KillAsync();
            // Nobody has to type to learn it.
            await terminal.SeesAsync("the daemon went away");
            await terminal.SeesAsync("ended with 3");
            await SaneAsync(terminal);
        }

        Assert.DoesNotContain("never sent", await bob.ReceivedAsync(alice));
    }

    private static async Task SaneAsync(Terminal terminal)
    {
        string[] modes = (await terminal.SeesAsync("echoke"))
            .Split((char[])[' ', '\r', '\n', ';'], StringSplitOptions.RemoveEmptyEntries);
        foreach (string mode in (string[])["icanon", "isig", "echo"])
            Assert.Contains(mode, modes);
    }
}
