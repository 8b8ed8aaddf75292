namespace QuicProChat.Mesh.Mls.Messages;

/// <summary>Numbers that RFC 9420 assigns.</summary>
internal static class Protocol
{
    /// <summary>mls10, the only protocol version (section 6).</summary>
    internal const ushort Version = 1;

    /// <summary>Whether a value belongs to the GREASE set (section 13.5).</summary>
    internal static bool IsGrease(ushort value) => (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff)
        && value != 0xfafa;
}
