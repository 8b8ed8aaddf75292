using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>How discovery stands.</summary>
/// <param name="Mode">What is wanted.</param>
/// <param name="Links">The links on which it works, or should.</param>
/// <param name="Found">What was found on them.</param>
public sealed record DiscoveryReport(
    DiscoveryMode Mode, IReadOnlyList<DiscoveryLink> Links, IReadOnlyList<FoundInstance> Found);

/// <summary>A link.</summary>
/// <param name="Interface">What its interface is called.</param>
/// <param name="Announces">This node lets itself be found there.</param>
/// <param name="Browses">Others are looked for there.</param>
/// <param name="Problem">Why it does not work; null if it does.</param>
public sealed record DiscoveryLink(string Interface, bool Announces, bool Browses, string? Problem);

/// <summary>A node or server that was found.</summary>
/// <param name="IsServer">It is a server: shown, never dialled.</param>
/// <param name="Instance">The name of its instance: anybody may have made it up.</param>
/// <param name="Interfaces">Where it was heard.</param>
/// <param name="Uris">The first four ways to dial it.</param>
/// <param name="State"><c>waiting</c>, <c>dialled</c>, <c>linked</c> or <c>failed</c>.</param>
/// <param name="Why">Why it is not dialled; null if it is.</param>
/// <param name="Peer">Who proved to be there; null if nobody did.</param>
/// <param name="Server">What a server is called; null without it.</param>
/// <param name="Domain">Its domain; null without it.</param>
public sealed record FoundInstance(
    bool IsServer, string Instance, IReadOnlyList<string> Interfaces, IReadOnlyList<string> Uris, string State,
    string? Why,
    NodeAddress? Peer, string? Server, string? Domain);

/// <summary>What discovery did since the start.</summary>
/// <param name="Found">Nodes and servers that are remembered.</param>
/// <param name="Received">Messages that came.</param>
/// <param name="Ignored">Those of them that were not looked at.</param>
/// <param name="Announced">Messages about this node.</param>
/// <param name="Asked">Questions.</param>
/// <param name="Displaced">Instances that had no room.</param>
public readonly record struct DiscoveryCounts(
    int Found, long Received, long Ignored, long Announced, long Asked, long Displaced);
