using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>A DHKEM of RFC 9180, section 4.1, base mode only.</summary>
internal abstract class DhKem : Kem
{
    /// <summary>The longest shared x-coordinate: 66 bytes, of P-521.</summary>
    internal const int MaxDhSize = 66;

    /// <summary>The longest public key: an uncompressed point of P-521.</summary>
    internal const int MaxPublicKeySize = 133;

    /// <summary>The KEM's own hash, which also sizes the shared secret.</summary>
    internal abstract HashKind Hash { get; }

    internal abstract int DhSize { get; }

    internal override int SharedSecretSize => Hashing.Size(Hash);

    internal override int OutputSize => PublicKeySize;

    /// <summary>The shared x-coordinate; false if the public key is invalid.</summary>
    internal abstract bool TryAgree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> dh);

    /// <summary>
    /// Encap: an ephemeral key, agreed and bound to both public keys; false for an invalid public key.
    /// </summary>
    internal override bool TryEncapsulate(
        ReadOnlySpan<byte> publicKey, RandomFill random, Span<byte> shared, out byte[] kemOutput)
    {
        HpkeKeyPair ephemeral = Generate(random);
        kemOutput = ephemeral.PublicKey;
        bool ok = TryFinish(ephemeral.PrivateKey, publicKey, kemOutput, publicKey, shared);
        Secrets.Zero(ephemeral.PrivateKey);
        return ok;
    }

    /// <summary>Decap.</summary>
    internal override bool TryDecapsulate(
        ReadOnlySpan<byte> kemOutput, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> shared) =>
        TryFinish(privateKey, kemOutput, kemOutput, publicKey, shared);

    private bool TryFinish(
        ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> peer, ReadOnlySpan<byte> kemOutput,
        ReadOnlySpan<byte> recipient, Span<byte> shared)
    {
        Span<byte> dh = stackalloc byte[MaxDhSize];
        dh = dh[..DhSize];
        if (peer.Length != PublicKeySize || !TryAgree(privateKey, peer, dh))
            return false;

        // ExtractAndExpand of RFC 9180, section 4.1, with kem_context = enc || pkRm.
        Span<byte> suite = stackalloc byte[5];
        "KEM"u8.CopyTo(suite);
        suite[3] = (byte)(Id >> 8);
        suite[4] = (byte)Id;
        Span<byte> context = stackalloc byte[2 * MaxPublicKeySize];
        kemOutput.CopyTo(context);
        recipient.CopyTo(context[kemOutput.Length..]);
        Span<byte> prk = stackalloc byte[Hashing.MaxSize];
        prk = prk[..Hashing.Size(Hash)];
        LabeledKdf.Extract(Hash, suite, default, "eae_prk"u8, dh, prk);
        LabeledKdf.Expand(Hash, suite, prk, "shared_secret"u8,
            context[..(kemOutput.Length + recipient.Length)], shared);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(dh);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(prk);
        return true;
    }
}
