using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>What a node does for appointments.</summary>
public enum FappMode
{
    /// <summary>It carries records like all others, and reads none.</summary>
    Off,

    /// <summary>It follows regions, and passes requests of others on.</summary>
    Relay,

    /// <summary>It follows regions.</summary>
    Follow,
}

/// <summary>What an operator sets about appointments.</summary>
public sealed record AppointmentOptions
{
    /// <summary>Regions followed in all.</summary>
    public const int Regions = 8;

    /// <summary>Longest wait of a forwarder, in seconds.</summary>
    public const int LongestDelay = 60;

    /// <summary>What the node does.</summary>
    public FappMode Mode { get; init; }

    /// <summary>The regions of its own; others are drawn until there are <see cref="Regions"/>.</summary>
    public IReadOnlyList<Region> Own { get; init; } = [];

    /// <summary>Relays that may be named; arbitrary.</summary>
    public const int MaxRelays = 32;

    /// <summary>
    /// Relays that are asked where only radios reach this node: radios spread no announces, so they have to be named.
    /// </summary>
    public IReadOnlyList<NodeAddress> Relays { get; init; } = [];

    /// <summary>How often a practice publishes by day, in seconds.</summary>
    public long PublishEvery { get; init; } = FappTime.Hour;

    /// <summary>
    /// Mean time between two envelopes to forwarders, requests and dummies alike, in seconds; 0: requests go at once,
    /// which ties them to their sender.
    /// </summary>
    public long Cover { get; init; } = CoverTraffic.StandardMean;

    /// <summary>
    /// Longest wait before a request of somebody else is passed on, in seconds; less ties it to its sender.
    /// </summary>
    public int ForwardDelay { get; init; } = LongestDelay;
}
