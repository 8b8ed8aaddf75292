using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Servers;

// docs/reference/server-conversations.md, section 10:
//
//  54 | device's key 32
//
/// <summary>
/// A device says to the others of its account that it is there. It proves nothing, and does no more than that they look
/// for its KeyPackages. No MLS message begins with its first byte.
/// </summary>
/// <param name="Device">The device's key, 32 bytes. Unverified.</param>
internal readonly record struct DeviceNotice(ReadOnlyMemory<byte> Device)
{
    /// <summary>The first byte.</summary>
    internal const byte Mark = 0x54;

    private const int Size = 1 + Ed25519.PublicKeySize;

    /// <summary>Its bytes.</summary>
    internal byte[] ToBytes() => [Mark, .. Device.Span];

    /// <summary>Reads one; false if it is none.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out DeviceNotice notice)
    {
        bool isOne = bytes.Length == Size && bytes[0] == Mark;
        notice = isOne ? new DeviceNotice(bytes[1..].ToArray()) : default;
        return isOne;
    }
}
