using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// Which of two links to one neighbour stays (docs/reference/protocol.md, section 3.2). Both ends see the same facts
/// and come to the same choice in whatever order the links came up.
/// </summary>
internal static class LinkChoice
{
    /// <summary>True if a new link goes before the one that is there.</summary>
    internal static bool Prefers(NodeAddress self, IPendingLink candidate, IPendingLink incumbent)
    {
        ILink newer = candidate.Link, older = incumbent.Link;
        if (newer.PeerBootId != older.PeerBootId)
            return true;
        if (newer.Outbound != older.Outbound)
            return newer.Outbound == self.CompareTo(newer.Peer) < 0;
        return candidate is not ILinkOrigin number || incumbent is not ILinkOrigin other
            || number.DialNumber > other.DialNumber;
    }
}
