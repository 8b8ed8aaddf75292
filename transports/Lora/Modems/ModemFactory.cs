using QuicProChat.Mesh.Transports.Lora.Modems.Ebyte;
using QuicProChat.Mesh.Transports.Lora.Modems.Reyax;
using QuicProChat.Mesh.Transports.Lora.Modems.RNode;

namespace QuicProChat.Mesh.Transports.Lora.Modems;

/// <summary>Makes drivers.</summary>
public static class ModemFactory
{
    /// <summary>The driver of a kind of modem.</summary>
    public static ILoraModem Create(LoraOptions options, ModemKind kind, Random random) => kind switch
    {
        ModemKind.RNode => new RNodeModem(options),
        ModemKind.Reyax => new ReyaxModem(options, random),
        ModemKind.E22 or ModemKind.E22HighPower => new E22Modem(options),
        _ => new ProbingModem(options, random),
    };
}
