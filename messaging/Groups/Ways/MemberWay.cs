using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Groups.Ways;

/// <summary>How an envelope gets to a member: by the router where neither is named.</summary>
/// <param name="Server">Into its inbox on this server.</param>
/// <param name="Carrier">This member carries it on.</param>
internal readonly record struct MemberWay(string? Server, NodeAddress? Carrier)
{
    /// <summary>The router has it.</summary>
    internal bool IsRouted => Server is null && Carrier is null;
}
