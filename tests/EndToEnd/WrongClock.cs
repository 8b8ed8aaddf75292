using System.Globalization;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// A static binary loads no library that could lie to it about the time, and the kernel's time namespaces leave the
/// calendar alone; so the node with the wrong clock is the dynamic binary under faketime, built from the same sources.
/// Only the calendar is wrong: no router's monotonic clock is off by years.
/// </summary>
public class WrongClock
{
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
        JsonNode sent = (await relay.AskAsync("messages")).AsArray().Single(m => (string)m!["direction"]! == "out")!;
        var claimed = DateTimeOffset.Parse((string)sent["createdAt"]!, CultureInfo.InvariantCulture);
        // That the clock really was wrong.
        Assert.InRange((claimed - DateTimeOffset.UtcNow).TotalDays, days - 1, days + 1);
    }

    private static void SetWrong(NodeProcess node, string offset)
    {
        // Not by the faketime command: that stays in between, and a signal would end it instead of the node.
        string library = Directory.GetDirectories("/usr/lib", "*-linux-gnu*").Select(d => Path.Combine(d, "faketime", "libfaketimeMT.so.1")).Single(File.Exists);
        node.Program = Binary.Dynamic;
        node.Under = ["env", $"LD_PRELOAD={library}", $"FAKETIME={offset}", "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"];
    }
}
