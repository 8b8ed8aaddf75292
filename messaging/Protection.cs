// Without a default arm the compiler names the protection that is missing.
#pragma warning disable CS8524

namespace QuicProChat.Mesh.Messaging;

/// <summary>How a message was protected on its way. The numbers are kept on disk.</summary>
public enum Protection : byte
{
    /// <summary>Sealed to one receiver (docs/reference/protocol.md, section 4.1).</summary>
    Sealed = 0,

    /// <summary>By the keys of an MLS-Lite group: the sender is some member of it.</summary>
    MlsLite = 1,

    /// <summary>
    /// By the keys of an MLS-Lite group, or of the twin of an MLS group's state, with the sender's signature.
    /// </summary>
    MlsLiteSigned = 2,

    /// <summary>By the keys of an MLS group, with the sender's signature (docs/reference/groups.md).</summary>
    Mls = 3,

    /// <summary>By the key of a channel, with the sender's signature: whoever has the key reads it, for ever.</summary>
    Channel = 4,

    /// <summary>As <see cref="Mls"/>, in a group whose keys are post-quantum ones.</summary>
    MlsPostQuantum = 5,
}

/// <summary>What a protection promises.</summary>
public static class Protections
{
    /// <summary>The last number that means something.</summary>
    public const Protection Last = Protection.MlsPostQuantum;

    /// <summary>Whoever is named as the sender wrote it, and nobody else can have.</summary>
    public static bool ProvesSender(this Protection protection) => protection switch
    {
        Protection.Sealed or Protection.MlsLiteSigned or Protection.Mls or Protection.Channel
            or Protection.MlsPostQuantum => true,
        Protection.MlsLite => false,
    };
}
