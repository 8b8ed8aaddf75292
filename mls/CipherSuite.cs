namespace QuicProChat.Mesh.Mls;

/// <summary>The cipher suites that this library implements: of RFC 9420, section 17.1, and a later one.</summary>
public enum CipherSuite : ushort
{
    /// <summary>MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519.</summary>
    X25519Aes128GcmSha256Ed25519 = 1,

    /// <summary>MLS_128_DHKEMP256_AES128GCM_SHA256_P256.</summary>
    P256Aes128GcmSha256P256 = 2,

    /// <summary>MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519.</summary>
    X25519ChaCha20Poly1305Sha256Ed25519 = 3,

    /// <summary>MLS_256_DHKEMP521_AES256GCM_SHA512_P521.</summary>
    P521Aes256GcmSha512P521 = 5,

    /// <summary>MLS_256_DHKEMP384_AES256GCM_SHA384_P384.</summary>
    P384Aes256GcmSha384P384 = 7,

    /// <summary>
    /// MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519 (draft-ietf-mls-pq-ciphersuites): keys by ML-KEM-768 and X25519
    /// together, signatures by Ed25519 alone. The number is one for private use until the draft has its own.
    /// </summary>
    MlKem768X25519Aes256GcmSha384Ed25519 = 0xf47a,
}
