namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>
/// Sizes in bytes of what OPAQUE-3DH with ristretto255 and SHA-512 sends and keeps (RFC 9807, sections 4 to 6).
/// </summary>
public static class OpaqueSizes
{
    /// <summary>A registration request: blindedMessage(32).</summary>
    public const int RegistrationRequest = 32;

    /// <summary>A registration response: evaluatedMessage(32) serverPublicKey(32).</summary>
    public const int RegistrationResponse = 64;

    /// <summary>A registration record: clientPublicKey(32) maskingKey(64) envelope(96).</summary>
    public const int RegistrationRecord = PublicKey + MaskingKey + Envelope;

    /// <summary>The first message of a login: blindedMessage(32) clientNonce(32) clientKeyshare(32).</summary>
    public const int Ke1 = 96;

    /// <summary>
    /// The second: evaluatedMessage(32) maskingNonce(32) maskedResponse(128) serverNonce(32) serverKeyshare(32)
    /// serverMac(64).
    /// </summary>
    public const int Ke2 = CredentialResponse + Nonce + PublicKey + Mac;

    /// <summary>The third: clientMac(64).</summary>
    public const int Ke3 = Mac;

    /// <summary>A session key (Nx).</summary>
    public const int SessionKey = 64;

    /// <summary>A client's export key (Nh), which the server never learns.</summary>
    public const int ExportKey = 64;

    /// <summary>The server's OPRF seed (Nh).</summary>
    public const int OprfSeed = 64;

    /// <summary>A private key (Nsk).</summary>
    public const int SecretKey = 32;

    /// <summary>A public key (Npk).</summary>
    public const int PublicKey = 32;

    /// <summary>The longest password in bytes (RFC 9497: PrivateInput).</summary>
    public const int MaxPassword = ushort.MaxValue;

    internal const int Nonce = 32;
    internal const int Mac = 64;
    internal const int MaskingKey = 64;
    internal const int Envelope = Nonce + Mac;
    internal const int MaskedResponse = PublicKey + Envelope;
    internal const int CredentialResponse = 32 + Nonce + MaskedResponse;
    internal const int Digest = 64;
    internal const int Seed = 32;
}
