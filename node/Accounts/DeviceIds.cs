using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>What a server calls a device: the address of its key, so that no other name has to be kept.</summary>
internal static class DeviceIds
{
    /// <summary>The name of a device, 16 bytes.</summary>
    internal static byte[] Of(ReadOnlySpan<byte> key)
    {
        byte[] id = new byte[NodeAddress.Size];
        NodeAddress.Of(key).Write(id);
        return id;
    }
}
