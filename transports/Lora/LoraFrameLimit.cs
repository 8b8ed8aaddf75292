using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>The longest frame that modem, band and shares let through.</summary>
public static class LoraFrameLimit
{
    /// <summary>Arbitrary: below this a text of 40 characters does not fit into one frame.</summary>
    public const int Useful = 80;

    /// <summary>
    /// The RNode firmware takes a transmission of 20 s for a hung radio and reboots; arbitrary distance from it.
    /// </summary>
    internal static readonly TimeSpan RadioTimeout = TimeSpan.FromSeconds(18);

    /// <summary>Bytes that fit into one frame under these options.</summary>
    public static int Of(LoraOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ILoraModem modem = ModemFactory.Create(options, options.Modem, new Random(0));
        TimeSpan most = new DutyLedger(options.Band, null, null, TimeSpan.Zero).LongestFrame(TrafficClass.Message);
        most = most < RadioTimeout ? most : RadioTimeout;
        int length = modem.MaxFrame;
        while (length > 0 && modem.Airtime(length) > most)
            length--;
        return length;
    }
}
