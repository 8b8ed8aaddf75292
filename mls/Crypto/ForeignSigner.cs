namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>A key that is kept elsewhere.</summary>
internal sealed class ForeignSigner(byte[] publicKey, int maxSignatureSize, SignCallback sign) : Signer
{
    internal override byte[] PublicKey { get; } = publicKey;

    internal override bool IsForeign => true;

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
