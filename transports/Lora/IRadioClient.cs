using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>Who uses a radio. All calls come from the radio's own thread, one at a time.</summary>
public interface IRadioClient
{
    /// <summary>Something happened: a frame, the end of a send, a change of state.</summary>
    void Happened(ModemAction what, TimeSpan now);

    /// <summary>Called after everything that happens and when its own time has come; may send.</summary>
    /// <returns>When to call again at the latest; <see cref="TimeSpan.MaxValue"/> for never.</returns>
    TimeSpan Run(ILoraModem modem, TimeSpan now);
}
