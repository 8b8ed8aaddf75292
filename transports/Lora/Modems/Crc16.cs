namespace QuicProChat.Mesh.Transports.Lora.Modems;

/// <summary>
/// CRC-16/CCITT-FALSE: polynomial 1021h, start FFFFh, not reflected. Guards serial framing, not content.
/// </summary>
internal static class Crc16
{
    internal static ushort Of(ReadOnlySpan<byte> bytes)
    {
        int crc = 0xFFFF;
        foreach (byte b in bytes)
        {
            crc ^= b << 8;
            for (int i = 0; i < 8; i++)
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        }
        return (ushort)crc;
    }
}
