using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>Destinations that wait for one link get the same number of bytes.</summary>
public sealed class FairnessTests
{
    private const int Large = 30_000;
    private const int Small = 400;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 4)]
    [InlineData(5, 2)]
    public void However_large_the_envelopes_of_a_destination_are(int bulky, int chatty)
    {
        var network = new RouterNetwork(1);
        // All of it in memory: what is read from disk comes a little out of turn.
        RouterNode sender = network.Add(new RouterOptions { MemoryBudget = 8 << 20 }), hop = network.Add(),
            filler = network.Add();
        network.Join(sender, hop, RouterLinkKind.Stream);
        RouterNode[] receivers = [.. Enumerable.Range(0, bulky + chatty).Select(_ => network.Add())];
        foreach (RouterNode receiver in receivers.Append(filler))
            sender.RouteVia(receiver, hop);
        // The window is full when the others begin, so that all of them wait.
        for (int i = 0; i < 64; i++)
            sender.Send(filler, i);
        List<(NodeAddress To, int Bytes)> sent = [];
        network.Observe = (from, _, frame) =>
        {
            if (from == sender && frame[0] == (byte)FrameKind.Envelope
                && Envelope.TryRead(frame.AsSpan(1), out Envelope envelope))
                sent.Add((envelope.Header.Destination, frame.Length - 1));
        };
        const int BytesEach = 300_000;
        for (int i = 0; i < receivers.Length; i++)
        {
            int size = i < bulky ? Large : Small;
            for (int n = 0; n < BytesEach / size; n++)
                Assert.Equal(SendStatus.Queued, sender.Send(receivers[i], 1000 * i + n, size).Status);
        }

        Assert.Empty(sent);
        network.Run(TimeSpan.FromSeconds(20));

        Dictionary<NodeAddress, int> bytes = receivers.ToDictionary(receiver => receiver.Address, _ => 0);
        int looked = 0;
        foreach ((NodeAddress to, int size) in sent)
        {
            bytes[to] += size;
            // While all of them have something to send.
            if (bytes.Values.Max() > BytesEach - Large)
                break;
            looked++;
            Assert.InRange(bytes.Values.Max() - bytes.Values.Min(), 0, Envelope.SizeOf(Large) + 2 * 1024);
        }

        Assert.True(looked > chatty * (BytesEach - 3 * Large) / (Small + 100), $"{looked} envelopes");
        Assert.Equal(bulky * (BytesEach / Large) + chatty * (BytesEach / Small), sent.Count);
    }
}
