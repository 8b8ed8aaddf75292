namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>A KEM's key pair in the encodings of RFC 9180, section 7.1.</summary>
internal readonly record struct HpkeKeyPair(byte[] PrivateKey, byte[] PublicKey);
