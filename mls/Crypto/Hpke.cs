using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>
/// HPKE (RFC 9180) in base mode, single-shot: SealBase, OpenBase, and the export that external commits use.
/// One message a context, so the sequence number is always 0 and the nonce is the base nonce.
/// </summary>
internal sealed class Hpke
{
    private readonly Kem _kem;
    private readonly HashKind _hash;
    private readonly AeadKind _aead;
    private readonly byte[] _suite;
    private readonly byte[] _pskIdHash;

    internal Hpke(Kem kem, HashKind hash, AeadKind aead)
    {
        _kem = kem;
        _hash = hash;
        _aead = aead;
        ushort kdf = hash switch { HashKind.Sha256 => 1, HashKind.Sha384 => 2, _ => 3 };
        _suite =
        [
            (byte)'H', (byte)'P', (byte)'K', (byte)'E',
            (byte)(kem.Id >> 8), (byte)kem.Id, 0, (byte)kdf, 0, (byte)aead,
        ];
        _pskIdHash = new byte[Hashing.Size(hash)];
        LabeledKdf.Extract(hash, _suite, default, "psk_id_hash"u8, default, _pskIdHash);
    }

    /// <summary>SealBase (section 6.1); false if the public key is invalid.</summary>
    internal bool TrySeal(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext,
        RandomSource random, out HpkeCiphertext ciphertext)
    {
        Span<byte> shared = stackalloc byte[Hashing.MaxSize];
        shared = shared[..Hashing.Size(_kem.Hash)];
        if (!_kem.TryEncapsulate(publicKey, random, shared, out byte[] kemOutput))
        {
            ciphertext = default;
            return false;
        }
        byte[] sealedBytes = new byte[plaintext.Length + AeadCipher.TagSize];
        Span<byte> key = stackalloc byte[32];
        key = key[..AeadCipher.KeySize(_aead)];
        Span<byte> nonce = stackalloc byte[AeadCipher.NonceSize];
        Schedule(shared, info, key, nonce);
        AeadCipher.Seal(_aead, key, nonce, aad, plaintext, sealedBytes);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(shared);
        ciphertext = new HpkeCiphertext(kemOutput, sealedBytes);
        return true;
    }

    /// <summary>OpenBase (section 6.1); null if anything is wrong.</summary>
    internal byte[]? Open(
        ReadOnlySpan<byte> kemOutput, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext)
    {
        Span<byte> shared = stackalloc byte[Hashing.MaxSize];
        shared = shared[..Hashing.Size(_kem.Hash)];
        if (ciphertext.Length < AeadCipher.TagSize || !_kem.TryDecapsulate(kemOutput, privateKey, publicKey, shared))
            return null;
        byte[] plaintext = new byte[ciphertext.Length - AeadCipher.TagSize];
        Span<byte> key = stackalloc byte[32];
        key = key[..AeadCipher.KeySize(_aead)];
        Span<byte> nonce = stackalloc byte[AeadCipher.NonceSize];
        Schedule(shared, info, key, nonce);
        bool ok = AeadCipher.TryOpen(_aead, key, nonce, aad, ciphertext, plaintext);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(shared);
        return ok ? plaintext : null;
    }

    /// <summary>SetupBaseS and Export (section 5.3); false if the public key is invalid.</summary>
    internal bool TryExportToSender(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info, ReadOnlySpan<byte> exporterContext, Span<byte> exported,
        RandomSource random, out byte[] kemOutput)
    {
        Span<byte> shared = stackalloc byte[Hashing.MaxSize];
        shared = shared[..Hashing.Size(_kem.Hash)];
        if (!_kem.TryEncapsulate(publicKey, random, shared, out kemOutput))
            return false;
        Export(shared, info, exporterContext, exported);
        CryptographicOperations.ZeroMemory(shared);
        return true;
    }

    /// <summary>SetupBaseR and Export (section 5.3); false if the encapsulated key is invalid.</summary>
    internal bool TryExportToReceiver(
        ReadOnlySpan<byte> kemOutput, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> exporterContext, Span<byte> exported)
    {
        Span<byte> shared = stackalloc byte[Hashing.MaxSize];
        shared = shared[..Hashing.Size(_kem.Hash)];
        if (!_kem.TryDecapsulate(kemOutput, privateKey, publicKey, shared))
            return false;
        Export(shared, info, exporterContext, exported);
        CryptographicOperations.ZeroMemory(shared);
        return true;
    }

    // KeySchedule (section 5.1) with mode_base and no PSK.
    private void Schedule(ReadOnlySpan<byte> shared, ReadOnlySpan<byte> info, Span<byte> key, Span<byte> nonce)
    {
        Span<byte> secret = stackalloc byte[Hashing.MaxSize];
        Span<byte> context = stackalloc byte[1 + 2 * Hashing.MaxSize];
        (secret, context) = SecretAndContext(shared, info, secret, context);
        LabeledKdf.Expand(_hash, _suite, secret, "key"u8, context, key);
        LabeledKdf.Expand(_hash, _suite, secret, "base_nonce"u8, context, nonce);
        CryptographicOperations.ZeroMemory(secret);
    }

    private void Export(ReadOnlySpan<byte> shared, ReadOnlySpan<byte> info, ReadOnlySpan<byte> exporterContext, Span<byte> exported)
    {
        Span<byte> secret = stackalloc byte[Hashing.MaxSize];
        Span<byte> context = stackalloc byte[1 + 2 * Hashing.MaxSize];
        (secret, context) = SecretAndContext(shared, info, secret, context);
        Span<byte> exporter = stackalloc byte[Hashing.MaxSize];
        exporter = exporter[..Hashing.Size(_hash)];
        LabeledKdf.Expand(_hash, _suite, secret, "exp"u8, context, exporter);
        LabeledKdf.Expand(_hash, _suite, exporter, "sec"u8, exporterContext, exported);
        CryptographicOperations.ZeroMemory(secret);
        CryptographicOperations.ZeroMemory(exporter);
    }

    private SpanPair SecretAndContext(ReadOnlySpan<byte> shared, ReadOnlySpan<byte> info, Span<byte> secret, Span<byte> context)
    {
        int size = Hashing.Size(_hash);
        context[0] = 0;
        _pskIdHash.CopyTo(context[1..]);
        LabeledKdf.Extract(_hash, _suite, default, "info_hash"u8, info, context.Slice(1 + size, size));
        LabeledKdf.Extract(_hash, _suite, shared, "secret"u8, default, secret[..size]);
        return new SpanPair(secret[..size], context[..(1 + 2 * size)]);
    }

    private readonly ref struct SpanPair(Span<byte> first, Span<byte> second)
    {
        private readonly Span<byte> _first = first;
        private readonly Span<byte> _second = second;

        internal void Deconstruct(out Span<byte> a, out Span<byte> b)
        {
            a = _first;
            b = _second;
        }
    }
}
