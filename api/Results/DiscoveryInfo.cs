namespace QuicProChat.Mesh.Api;

/// <summary>How discovery stands.</summary>
/// <param name="Mode"><c>off</c>, <c>announce</c>, <c>browse</c> or <c>both</c>.</param>
/// <param name="Links">The links on which it works, or should.</param>
/// <param name="Found">What was found on them.</param>
public sealed record DiscoveryInfo(string Mode, IReadOnlyList<DiscoveryLinkInfo> Links, IReadOnlyList<FoundInfo> Found);

/// <summary>A link.</summary>
/// <param name="Interface">What its interface is called.</param>
/// <param name="Announces">This node lets itself be found there.</param>
/// <param name="Browses">Others are looked for there.</param>
/// <param name="Problem">Why it does not work; null if it does.</param>
public sealed record DiscoveryLinkInfo(string Interface, bool Announces, bool Browses, string? Problem);

/// <summary>What was found.</summary>
/// <param name="Service"><c>node</c>, or <c>server</c>, which is shown and never dialled.</param>
/// <param name="Instance">The name of its instance: anybody may have made it up.</param>
/// <param name="State"><c>waiting</c>, <c>dialled</c>, <c>linked</c> or <c>failed</c>.</param>
/// <param name="Why">Why it is not dialled; null if it is.</param>
/// <param name="Interfaces">Where it was heard.</param>
/// <param name="Uris">How it is dialled.</param>
/// <param name="Address">Who proved to be there; null if nobody did.</param>
/// <param name="Server">What a server is called; null without it.</param>
/// <param name="Domain">Its domain; null without it.</param>
public sealed record FoundInfo(
    string Service, string Instance, string State, string? Why, IReadOnlyList<string> Interfaces,
    IReadOnlyList<string> Uris,
    string? Address, string? Server, string? Domain);
