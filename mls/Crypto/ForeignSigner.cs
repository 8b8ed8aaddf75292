namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>A key that is kept elsewhere.</summary>
/// <param name="publicKey">The public key.</param>
/// <param name="maxSignatureSize">The longest signature of the scheme, in bytes.</param>
/// <param name="sign">Signs.</param>
/// <param name="isTrusted">Whether what it signs is taken as it is.</param>
internal sealed class ForeignSigner(byte[] publicKey, int maxSignatureSize, SignCallback sign, bool isTrusted) : Signer
{
    internal override byte[] PublicKey { get; } = publicKey;

    internal override bool IsForeign => !isTrusted;

    internal override byte[] Sign(ReadOnlySpan<byte> message)
    {
        byte[] signature = new byte[maxSignatureSize];
        int size = sign(message, signature);
        return signature[..size];
    }

    internal override byte[] ExportPrivateKey() =>
        throw new InvalidOperationException("The private key is kept elsewhere; only its owner can export it.");

    public override void Dispose()
    {
        // The key is its owner's.
    }
}
