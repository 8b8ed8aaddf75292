namespace QuicProChat.Mesh.Mls.Messages;

/// <summary>Credential types (RFC 9420, section 17.5).</summary>
public static class CredentialType
{
    /// <summary>A bare identity.</summary>
    public const ushort Basic = 1;

    /// <summary>A chain of X.509 certificates.</summary>
    public const ushort X509 = 2;
}
