namespace QuicProChat.Mesh.Transports.Lora.Modems.RNode;

/// <summary>Command bytes of the RNode firmware (Framing.h of the firmware).</summary>
internal static class RNodeCommand
{
    internal const byte Data = 0x00, Frequency = 0x01, Bandwidth = 0x02, TxPower = 0x03, SpreadingFactor = 0x04;
    internal const byte CodingRate = 0x05, RadioState = 0x06, Detect = 0x08, Leave = 0x0A;
    internal const byte ShortAirtimeLimit = 0x0B, LongAirtimeLimit = 0x0C, Promiscuous = 0x0E, Ready = 0x0F;
    internal const byte StatRssi = 0x23, StatSnr = 0x24, StatChannel = 0x25;
    internal const byte Platform = 0x48, Mcu = 0x49, FirmwareVersion = 0x50, Reset = 0x55, Error = 0x90;

    internal const byte DetectRequest = 0x73, DetectReply = 0x46, ResetMagic = 0xF8, Query = 0xFF;

    /// <summary>Error codes.</summary>
    internal const byte ErrorRadio = 0x01, ErrorTransmit = 0x02, ErrorEeprom = 0x03, ErrorQueueFull = 0x04;
}
