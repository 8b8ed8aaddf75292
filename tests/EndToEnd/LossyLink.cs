using System.Diagnostics;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// What <c>tc netem loss 20% delay 200ms</c> at both ends does, by <see cref="BadCable"/>, on every kernel and with a
/// seed.
/// </summary>
public class LossyLink
{
    private const int Seed = 20;
    private const int Messages = 30;

    private static readonly TimeSpan _delay = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task Twenty_percent_loss_and_two_hundred_milliseconds_cost_time_but_no_message()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening();
        NodeProcess bob = net.Node("bob");
        BadCable cable = net.Own(new BadCable(
            alice.Machine, "10.78.0.1", bob.Machine, "10.78.0.2", loss: 0.2, _delay, Seed));
        bob.Dialling("10.78.0.1");
        await alice.StartAsync();
        await bob.StartAsync();
        var patience = TimeSpan.FromSeconds(120);
        await alice.HasRouteAsync(bob, patience);
        await bob.HasRouteAsync(alice, patience);

        string[] texts = [.. Enumerable.Range(0, Messages).Select(i => $"message {i}")];
        string[] there = await Task.WhenAll(texts.Select(text => alice.SendAsync(bob, text)));
        string[] back = await Task.WhenAll(texts.Select(text => bob.SendAsync(alice, text)));
        foreach (string id in there)
            await alice.HasStateAsync(id, "delivered", patience);
        foreach (string id in back)
            await bob.HasStateAsync(id, "delivered", patience);

        Assert.Equal(texts.Order(), (await bob.ReceivedAsync(alice)).Order());
        Assert.Equal(texts.Order(), (await alice.ReceivedAsync(bob)).Order());
        Assert.True(cable.Lost > 0, "nothing was lost: the cable is too good");
        var asked = Stopwatch.StartNew();
        await alice.SendAsync(bob, "one more", wait: "delivered", patience);
        Assert.True(asked.Elapsed >= 2
            * _delay, $"{asked.Elapsed.TotalMilliseconds} ms there and back: the cable is too fast");
    }
}
