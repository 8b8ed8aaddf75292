using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// A static binary loads no library that could lie to it about the time, and the kernel's time namespaces leave the
/// calendar alone; so the node with the wrong clock is the dynamic binary under faketime, built from the same sources.
/// Only the calendar is wrong: no router's monotonic clock is off by years.
/// </summary>
public class WrongClock
{
    private const string Name = "lake";

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("+3650d", 3650)]
    [InlineData("-3650d", -3650)]
    public async Task A_node_whose_clock_is_ten_years_off_sends_receives_and_relays(string offset, int days)
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess relay, NodeProcess bob) = (trio.Alice, trio.Relay, trio.Bob);
        SetWrong(relay, offset);
        await trio.StartAsync();
        await alice.HasRouteAsync(relay);
        await relay.HasRouteAsync(alice);

        await alice.SendAsync(bob, "through the wrong time", wait: "delivered");
        await alice.SendAsync(relay, "to the wrong time", wait: "delivered");
        await relay.SendAsync(alice, "from the wrong time", wait: "delivered");

        Assert.Equal(["through the wrong time"], await bob.ReceivedAsync(alice));
        Assert.Equal(["to the wrong time"], await relay.ReceivedAsync(alice));
        Assert.Equal(["from the wrong time"], await alice.ReceivedAsync(relay));
        DateTimeOffset claimed = (await relay.AskAsync(Commands.Messages)).Single(m => m.Direction == "out").CreatedAt;
        // That the clock really was wrong.
        Assert.InRange((claimed - DateTimeOffset.UtcNow).TotalDays, days - 1, days + 1);
    }

    /// <summary>
    /// The node between two others loses its time for a while. What depends on the calendar waits until the clock is
    /// right; the rest does not notice.
    /// </summary>
    [Theory]
    [InlineData("+20d")]
    [InlineData("-20d")]
    [InlineData("+29000d")]
    public async Task A_clock_that_jumps_while_the_node_runs_costs_no_text_and_no_message_of_a_channel(string jump)
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess relay, NodeProcess bob) = (trio.Alice, trio.Relay, trio.Bob);
        var clock = new Clock(Path.Combine(trio.Net.Directory, "clock"));
        clock.Rule(relay);
        await trio.StartAsync();
        await relay.HasRouteAsync(alice);
        await alice.AskAsync(Commands.GroupCreate, new() { Name = Name });
        await InviteAsync(alice, bob);
        await JoinedAsync(bob);
        Assert.Equal(0, alice.Ctl("channel", "create", Name).ExitCode);
        string uri = alice.Ctl(Commands.ChannelInvite, Name).Uri;
        foreach (NodeProcess reader in new[] { bob, relay })
            Assert.Equal(0, reader.Ctl("channel", "join", uri).ExitCode);

        clock.Set(jump);
        await SayAsync(alice, $"channel:{Name}", "a record");
        await SayAsync(alice, $"group:{Name}", "a text");
        await alice.SendAsync(bob, "a message", wait: "delivered");
        await HasAsync(bob, "a text");

        clock.Set("+0");
        // What the clock said is used for a second: a link that begins within it still knows the record as one of
        // another time.
        await Task.Delay(TimeSpan.FromSeconds(3));
        // Links begin with what both sides have; without that it takes five minutes.
        alice.Ctl("disconnect", relay.Address);
        await HasAsync(relay, "a record");
        await HasAsync(bob, "a record");
    }

    private static async Task SayAsync(NodeProcess node, string to, string text) =>
        await node.AskAsync(Commands.Send, new() { To = to, Text = text });

    private static Task HasAsync(NodeProcess node, string text) => node.EventuallyAsync(text, async () =>
        (await node.AskAsync(Commands.Messages, new() { Limit = 100 }))
            .Any(m => m.Text == text), _patience);

    private static async Task InviteAsync(NodeProcess admin, NodeProcess node) =>
        await admin.AskAsync(Commands.GroupInvite, new() { Group = Name, To = [node.Address] });

    private static async Task JoinedAsync(NodeProcess node)
    {
        await node.EventuallyAsync(
            "invited", async () => (await node.AskAsync(Commands.GroupList)).Invitations.Count == 1, _patience);
        await node.AskAsync(Commands.GroupAccept, new() { Group = Name });
        await node.EventuallyAsync("a member", async () =>
            (await node.AskAsync(Commands.GroupShow, new() { Group = Name })).Status
                == "current", _patience);
    }

    private static void SetWrong(NodeProcess node, string offset) => new Clock(node.DataDirectory + ".clock", offset)
        .Rule(node);

    /// <summary>The calendar of a node, as a file that faketime reads whenever the node asks for the time.</summary>
    private sealed class Clock
    {
        private readonly string _file;

        internal Clock(string file, string offset = "+0")
        {
            _file = file;
            Set(offset);
        }

        /// <summary>Moves it: faketime never sees half of a file.</summary>
        internal void Set(string offset)
        {
            File.WriteAllText(_file + ".new", offset + "\n");
            File.Move(_file + ".new", _file, overwrite: true);
        }

        /// <summary>Has a node live by it.</summary>
        internal void Rule(NodeProcess node)
        {
            // Not by the faketime command: that stays in between, and a signal would end it instead of the node.
            string library = Directory.GetDirectories("/usr/lib", "*-linux-gnu*")
                .Select(d => Path.Combine(d, "faketime", "libfaketimeMT.so.1")).Single(File.Exists);
            node.Program = Binary.Dynamic;
            node.Under =
            [
                "env", $"LD_PRELOAD={library}", $"FAKETIME_TIMESTAMP_FILE={_file}", "FAKETIME_NO_CACHE=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1",
            ];
        }
    }
}
