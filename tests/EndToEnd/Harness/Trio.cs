namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>alice - relay - bob; both dial the relay.</summary>
internal sealed class Trio : IAsyncDisposable
{
    internal Trio()
    {
        Relay = Net.Node("relay").Listening();
        Alice = Net.Node("alice");
        Bob = Net.Node("bob");
        Alice.Dialling(CableTo(Alice.Machine).AddressA);
        ToBob = CableTo(Bob.Machine);
        Bob.Dialling(ToBob.AddressA);
    }

    internal TestNet Net { get; } = new();

    internal NodeProcess Alice { get; }

    internal NodeProcess Relay { get; }

    internal NodeProcess Bob { get; }

    /// <summary>The cable between the relay and bob.</summary>
    internal Cable ToBob { get; }

    /// <summary>Connects another machine with the relay, which is its end A.</summary>
    internal Cable CableTo(string machine) => Net.Connect(Relay.Machine, machine);

    /// <summary>Starts all three and waits until alice and bob reach each other.</summary>
    internal async Task StartAsync()
    {
        foreach (NodeProcess node in new[] { Relay, Alice, Bob })
            await node.StartAsync();
        await ReachEachOtherAsync();
    }

    internal async Task ReachEachOtherAsync()
    {
        await Alice.HasRouteAsync(Bob);
        await Bob.HasRouteAsync(Alice);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Net.DisposeAsync();
}
