using System.Diagnostics.CodeAnalysis;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Servers;

// docs/reference/server-conversations.md, section 2:
//
//  version 1 = 1 | order 1 = 0: the server's | founder's key 32 | size 1, name
//  version 1 = 2 | the same | size 1, domain of the server that orders commits
//
/// <summary>
/// What the members of a group on a server agree on beyond MLS: an extension of the group context, of a type for
/// private use.
/// A conversation of two has none.
/// </summary>
/// <param name="Founder">Who founded it: an Ed25519 key, 32 bytes.</param>
/// <param name="Name">What the founder calls it.</param>
internal sealed record ServerTerms(ReadOnlyMemory<byte> Founder, string Name)
{
    /// <summary>The extension's type, of those for private use (RFC 9420, section 17.3).</summary>
    internal const ushort Type = 0xf4d6;

    /// <summary>
    /// The domain of the server that puts commits in order, the founder's; empty where all members are on one server.
    /// </summary>
    internal string Domain { get; init; } = "";

    /// <summary>The name of a group of one person's devices. No other group is without a name.</summary>
    internal const string OfDevices = "";

    /// <summary>Bytes of a name at most.</summary>
    internal const int MaxName = 64;

    private const byte Version = 1;
    private const byte VersionWithDomain = 2;
    private const byte OrderedByServer = 0;

    /// <summary>The extensions of a group with these terms.</summary>
    internal ExtensionList ToExtensions()
    {
        var writer = new FrameWriter();
        writer.Byte(Domain.Length == 0 ? Version : VersionWithDomain);
        writer.Byte(OrderedByServer);
        writer.Raw(Founder.Span);
        byte[] name = Encoding.UTF8.GetBytes(Name);
        writer.Byte((byte)name.Length);
        writer.Raw(name);
        if (Domain.Length > 0)
            ServerAccount.WriteText(writer, Domain);
        return new ExtensionList(
            [new RequiredCapabilities { Extensions = [Type] }.ToExtension(), new Extension(Type, writer.ToArray())]);
    }

    /// <summary>Reads the terms of a group; false if it has none, or those of another version.</summary>
    internal static bool TryRead(ExtensionList extensions, [NotNullWhen(true)] out ServerTerms? terms)
    {
        terms = null;
        if (!extensions.TryFind(Type, out ReadOnlyMemory<byte> data))
            return false;
        var reader = new FrameReader(data.Span);
        if (!reader.TryByte(out byte version)
            || version is not (Version or VersionWithDomain) || !reader.TryByte(out byte order)
            || order != OrderedByServer || !reader.TryTake(Ed25519.PublicKeySize, out ReadOnlySpan<byte> founder)
            || !reader.TryByte(out byte size) || size > MaxName || !reader.TryTake(size, out ReadOnlySpan<byte> name)
            || !System.Text.Unicode.Utf8.IsValid(name))
            return false;
        string domain = "";
        if ((version == VersionWithDomain
                && (!ServerAccount.TryReadText(ref reader, out domain) || !ServerNames.IsServer(domain)))
            || !reader.AtEnd)
            return false;
        terms = new ServerTerms(founder.ToArray(), Encoding.UTF8.GetString(name)) { Domain = domain };
        return true;
    }
}
