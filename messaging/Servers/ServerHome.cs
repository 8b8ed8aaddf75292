using System.Text;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Servers;

// docs/reference/server-conversations.md, section 2:
//
//  version 1 = 1 | size 1, domain
//
/// <summary>
/// Where a member's inbox is: an extension of its leaf node, of a type for private use. The member has signed it; it
/// says where to send to, and nothing else follows from it.
/// </summary>
internal static class ServerHome
{
    /// <summary>The extension's type, of those for private use (RFC 9420, section 17.3).</summary>
    internal const ushort Type = 0xf4d7;

    private const byte Version = 1;

    /// <summary>The extensions of a leaf whose inbox is on the server of a domain; none for an empty one.</summary>
    internal static ExtensionList ToExtensions(string domain)
    {
        if (domain.Length == 0)
            return ExtensionList.Empty;
        byte[] text = Encoding.ASCII.GetBytes(domain);
        return new ExtensionList([new Extension(Type, (byte[])[Version, (byte)text.Length, .. text])]);
    }

    /// <summary>The domain of a leaf's server; empty if the leaf names none.</summary>
    internal static string Of(LeafNode leaf)
    {
        if (!leaf.Extensions.TryFind(Type, out ReadOnlyMemory<byte> data) || data.Length < 3 || data.Span[0] != Version
            || data.Span[1] != data.Length - 2)
            return "";
        string domain = Encoding.ASCII.GetString(data.Span[2..]);
        return ServerNames.IsServer(domain) ? domain : "";
    }
}
