namespace QuicProChat.Mesh.Mls.Messages;

/// <summary>Proposal types (RFC 9420, section 17.4).</summary>
public static class ProposalType
{
    /// <summary>add.</summary>
    public const ushort Add = 1;

    /// <summary>update.</summary>
    public const ushort Update = 2;

    /// <summary>remove.</summary>
    public const ushort Remove = 3;

    /// <summary>psk.</summary>
    public const ushort Psk = 4;

    /// <summary>reinit.</summary>
    public const ushort ReInit = 5;

    /// <summary>external_init.</summary>
    public const ushort ExternalInit = 6;

    /// <summary>group_context_extensions.</summary>
    public const ushort GroupContextExtensions = 7;

    /// <summary>
    /// self_remove (draft-ietf-mls-extensions): a client lists it among its capabilities to take part.
    /// </summary>
    public const ushort SelfRemove = 0x000a;

    /// <summary>Whether this library can read a type that is no default one.</summary>
    internal static bool IsSupported(ushort type) => type == SelfRemove;

    /// <summary>Whether every client supports the type without listing it (section 7.2).</summary>
    internal static bool IsDefault(ushort type) => type is >= Add and <= GroupContextExtensions;
}
