namespace QuicProChat.Mesh.Mls.Messages;

/// <summary>Extension types (RFC 9420, section 17.3).</summary>
public static class ExtensionType
{
    /// <summary>application_id, in leaf nodes.</summary>
    public const ushort ApplicationId = 1;

    /// <summary>ratchet_tree, in GroupInfo.</summary>
    public const ushort RatchetTree = 2;

    /// <summary>required_capabilities, in the group context.</summary>
    public const ushort RequiredCapabilities = 3;

    /// <summary>external_pub, in GroupInfo.</summary>
    public const ushort ExternalPub = 4;

    /// <summary>external_senders, in the group context.</summary>
    public const ushort ExternalSenders = 5;

    /// <summary>last_resort, in key packages (draft-ietf-mls-extensions): a marker with empty data.</summary>
    public const ushort LastResort = 10;

    /// <summary>Whether every client supports the type without listing it (section 7.2).</summary>
    internal static bool IsDefault(ushort type) => type is >= ApplicationId and <= ExternalSenders;
}
