using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>Ed25519 (RFC 8032): raw keys, signatures R followed by S.</summary>
internal sealed class Ed25519Scheme : SignatureScheme
{
    internal static readonly Ed25519Scheme Instance = new();

    internal override int PublicKeySize => Ed25519.PublicKeySize;

    internal override string KeyAlgorithm => "1.3.101.112";

    internal override ReadOnlySpan<byte> KeyParameters => [];

    internal override int MaxSignatureSize => Ed25519.SignatureSize;

    internal override int PrivateKeySize => Ed25519.SeedSize;

    internal override Signer? CreateSigner(ReadOnlySpan<byte> privateKey) =>
        privateKey.Length == Ed25519.SeedSize ? new Ed25519Signer(privateKey) : null;

    internal override byte[] GeneratePrivateKey(RandomFill random) => random.Bytes(Ed25519.SeedSize);

    internal override bool Verify(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        Ed25519.Verify(message, publicKey, signature);

    private sealed class Ed25519Signer : Signer
    {
        private readonly byte[] _secret = GC.AllocateArray<byte>(Ed25519.SecretKeySize, pinned: true);

        internal Ed25519Signer(ReadOnlySpan<byte> seed)
        {
            PublicKey = new byte[Ed25519.PublicKeySize];
            Ed25519.KeyPairFromSeed(seed, PublicKey, _secret);
        }

        internal override byte[] PublicKey { get; }

        internal override byte[] Sign(ReadOnlySpan<byte> message)
        {
            byte[] signature = new byte[Ed25519.SignatureSize];
            Ed25519.Sign(message, _secret, signature);
            return signature;
        }

        // libsodium's secret key is the seed and the public key.
        internal override byte[] ExportPrivateKey() => _secret[..Ed25519.SeedSize];

        public override void Dispose() => Secrets.Zero(_secret);
    }
}
