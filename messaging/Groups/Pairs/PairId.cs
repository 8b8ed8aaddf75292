using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Groups.Pairs;

/// <summary>
/// The group id of the pair of two nodes: SHA-256 of a label and both addresses, the lower first; 16 bytes of it. It is
/// the same for both and for every founding, so that a message keeps its id when keys begin anew.
/// </summary>
internal static class PairId
{
    /// <summary>The id of a pair.</summary>
    internal static MeshGroupId Of(in NodeAddress a, in NodeAddress b)
    {
        ReadOnlySpan<byte> label = "qpc-mesh/1 pair"u8;
        bool inOrder = Founds(a, b);
        Span<byte> message = stackalloc byte[label.Length + (2 * NodeAddress.Size)];
        label.CopyTo(message);
        (inOrder ? a : b).Write(message[label.Length..]);
        (inOrder ? b : a).Write(message[(label.Length + NodeAddress.Size)..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, digest);
        return MeshGroupId.Read(digest);
    }

    /// <summary>Whether the first of two founds their pair: the lower address does.</summary>
    internal static bool Founds(in NodeAddress a, in NodeAddress b) => a.CompareTo(b) < 0;
}
