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

    /// <summary>Whether every client supports the type without listing it (section 7.2).</summary>
    internal static bool IsDefault(ushort type) => type is >= Add and <= GroupContextExtensions;
}
