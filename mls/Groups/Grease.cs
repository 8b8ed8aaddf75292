using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>Values that others have to ignore, sent to make sure that they do (RFC 9420, section 13.5).</summary>
internal static class Grease
{
    /// <summary>One of 0x0A0A, 0x1A1A, ... 0xEAEA.</summary>
    internal static ushort Value(RandomFill random)
    {
        Span<byte> choice = stackalloc byte[1];
        random(choice);
        int high = choice[0] % 15;
        return (ushort)(((high << 4) | 0xA) * 0x0101);
    }

    internal static void WriteExtension(MlsWriter writer, RandomFill random)
    {
        Extension extension = Extension(random);
        writer.UInt16(extension.Type);
        writer.Vector(extension.Data);
    }

    internal static Extension Extension(RandomFill random)
    {
        byte[] data = random.Bytes(8);
        return new Extension(Value(random), data.AsMemory(0, data[0] % 8));
    }

    /// <summary>
    /// Capabilities with a value of chance in each list, and in the extensions one that the leaf carries.
    /// </summary>
    internal static Capabilities Add(Capabilities capabilities, ushort leafExtension, RandomFill random) => new()
    {
        Versions = capabilities.Versions,
        CipherSuites = [.. capabilities.CipherSuites, Value(random)],
        Extensions = [.. capabilities.Extensions, leafExtension],
        Proposals = [.. capabilities.Proposals, Value(random)],
        Credentials = [.. capabilities.Credentials, Value(random)],
    };
}
