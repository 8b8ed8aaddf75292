using System.Net.Sockets;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>alice - relay - bob, a machine of mallory's with a cable to the relay, and the relay's counters.</summary>
internal sealed class HostileScene : IAsyncDisposable
{
    private readonly Trio _trio = new();
    private readonly string _machine;
    private readonly string _relayAddress;

    private HostileScene()
    {
        _machine = Net.Machine("mallory");
        _relayAddress = CableTo(_machine);
    }

    internal TestNet Net => _trio.Net;

    internal NodeProcess Relay => _trio.Relay;

    internal NodeProcess Alice => _trio.Alice;

    internal NodeProcess Bob => _trio.Bob;

    internal LocalIdentity Mallory { get; } = LocalIdentity.Generate();

    internal static async Task<HostileScene> StartAsync()
    {
        var scene = new HostileScene();
        await scene._trio.StartAsync();
        return scene;
    }

    /// <summary>Connects another machine with the relay; the relay's address on that cable.</summary>
    internal string CableTo(string machine) => _trio.CableTo(machine).AddressA;

    /// <summary>Mallory connects and says nothing yet.</summary>
    internal Socket Connect() => Namespaces.Connect(_machine, _relayAddress);

    /// <summary>Mallory connects and authenticates.</summary>
    internal Task<HostilePeer> AuthenticateAsync() => HostilePeer.AuthenticateAsync(_machine, _relayAddress, Mallory);

    /// <summary>Mallory becomes the relay's neighbour, and the relay says so.</summary>
    internal async Task<HostilePeer> LinkAsync()
    {
        HostilePeer peer = await HostilePeer.LinkAsync(_machine, _relayAddress, Mallory);
        await Relay.EventuallyAsync("mallory a neighbour", async () =>
            (await Relay.AskAsync(Commands.Peers)).Any(p => p.Address == Mallory.Address.ToString()));
        return peer;
    }

    /// <summary>Mallory's announce.</summary>
    internal byte[] Announce(uint sequence) => AnnounceOf(Mallory, sequence);

    internal static byte[] AnnounceOf(LocalIdentity identity, uint sequence) =>
        Wire.Announce.Create(sequence, identity.PublicKey.Span, Capabilities.Relay, keyPackage: null, "mallory",
            identity.Sign).Bytes.ToArray();

    internal static Task<double> RouterCountAsync(NodeProcess node, string what) =>
        node.MetricAsync($"qpc_router_events_total{{event=\"{what}\"}}");

    internal Task<double> RouteCountAsync(string what) =>
        Relay.MetricAsync($"qpc_route_events_total{{event=\"{what}\"}}");

    internal Task<double> RefusedCountAsync(string reason) => RefusedCountAsync(Relay, reason);

    /// <summary>Waits until the relay's router counted something so often.</summary>
    internal Task CountedAsync(string what, double least) =>
        Relay.EventuallyAsync($"{what} counted", async () => await RouterCountAsync(Relay, what) >= least);

    /// <summary>Waits until the relay's routes counted something so often.</summary>
    internal Task RouteCountedAsync(string what, double least) =>
        Relay.EventuallyAsync($"{what} counted", async () => await RouteCountAsync(what) >= least);

    /// <summary>Waits until the relay refused so many connections for a reason.</summary>
    internal Task RefusedAsync(string reason, double least) => RefusedAsync(Relay, reason, least);

    internal static Task RefusedAsync(NodeProcess node, string reason, double least) =>
        node.EventuallyAsync($"{reason} counted", async () => await RefusedCountAsync(node, reason) >= least);

    /// <summary>How many of the relay's links ended for a reason.</summary>
    internal Task<double> EndedCountAsync(string reason) =>
        Relay.MetricAsync($"qpc_links_ended_total{{reason=\"{reason}\"}}");

    /// <summary>Waits until so many of the relay's links ended for a reason.</summary>
    internal Task EndedAsync(string reason, double least) =>
        Relay.EventuallyAsync($"{reason} counted", async () => await EndedCountAsync(reason) >= least);

    /// <summary>Alice and bob notice nothing.</summary>
    internal async Task OthersAreFineAsync(string text)
    {
        await Alice.SendAsync(Bob, text, wait: "delivered");
        await Bob.SendAsync(Alice, text, wait: "delivered");
    }

    public async ValueTask DisposeAsync()
    {
        await _trio.DisposeAsync();
        Mallory.Dispose();
    }

    private static Task<double> RefusedCountAsync(NodeProcess node, string reason) =>
        node.MetricAsync($"qpc_connections_refused_total{{reason=\"{reason}\"}}");
}
