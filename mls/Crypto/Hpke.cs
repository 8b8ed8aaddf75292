using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

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

    /// <summary>key_schedule_context (section 5.1) of an info, computed once for many recipients.</summary>
    internal byte[] ContextOf(ReadOnlySpan<byte> info)
    {
        int size = Hashing.Size(_hash);
        byte[] context = new byte[1 + 2 * size];
        _pskIdHash.CopyTo(context, 1);
        LabeledKdf.Extract(_hash, _suite, default, "info_hash"u8, info, context.AsSpan(1 + size));
        return context;
    }

    /// <summary>SealBase (section 6.1); false if the public key is invalid.</summary>
    internal bool TrySeal(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext,
        RandomFill random, out HpkeCiphertext ciphertext) =>
        TrySealIn(publicKey, ContextOf(info), aad, plaintext, random, out ciphertext);

    /// <summary>SealBase with a context from <see cref="ContextOf"/>.</summary>
    internal bool TrySealIn(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> context, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext,
        RandomFill random, out HpkeCiphertext ciphertext)
    {
        Span<byte> shared = stackalloc byte[Kem.MaxSharedSecretSize];
        shared = shared[.._kem.SharedSecretSize];
        if (!_kem.TryEncapsulate(publicKey, random, shared, out byte[] kemOutput))
        {
            ciphertext = default;
            return false;
        }
        byte[] sealedBytes = new byte[plaintext.Length + AeadCipher.TagSize];
        Span<byte> key = stackalloc byte[32];
        key = key[..AeadCipher.KeySize(_aead)];
        Span<byte> nonce = stackalloc byte[AeadCipher.NonceSize];
        Schedule(shared, context, key, nonce);
        AeadCipher.Seal(_aead, key, nonce, aad, plaintext, sealedBytes);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(shared);
        ciphertext = new HpkeCiphertext(kemOutput, sealedBytes);
        return true;
    }

    /// <summary>OpenBase (section 6.1); null if anything is wrong.</summary>
    internal byte[]? Open(
        ReadOnlySpan<byte> kemOutput, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext)
    {
        Span<byte> shared = stackalloc byte[Kem.MaxSharedSecretSize];
        shared = shared[.._kem.SharedSecretSize];
        if (ciphertext.Length < AeadCipher.TagSize || !_kem.TryDecapsulate(kemOutput, privateKey, publicKey, shared))
            return null;
        byte[] plaintext = new byte[ciphertext.Length - AeadCipher.TagSize];
        Span<byte> key = stackalloc byte[32];
        key = key[..AeadCipher.KeySize(_aead)];
        Span<byte> nonce = stackalloc byte[AeadCipher.NonceSize];
        Schedule(shared, ContextOf(info), key, nonce);
        bool ok = AeadCipher.TryOpen(_aead, key, nonce, aad, ciphertext, plaintext);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(shared);
        return ok ? plaintext : null;
    }

    /// <summary>SetupBaseS and Export (section 5.3); false if the public key is invalid.</summary>
    internal bool TryExportToSender(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info, ReadOnlySpan<byte> exporterContext, Span<byte> exported,
        RandomFill random, out byte[] kemOutput)
    {
        Span<byte> shared = stackalloc byte[Kem.MaxSharedSecretSize];
        shared = shared[.._kem.SharedSecretSize];
        if (!_kem.TryEncapsulate(publicKey, random, shared, out kemOutput))
            return false;
        Export(shared, info, exporterContext, exported);
        CryptographicOperations.ZeroMemory(shared);
        return true;
    }

    /// <summary>SetupBaseR and Export (section 5.3); false if the encapsulated key is invalid.</summary>
    internal bool TryExportToReceiver(
        ReadOnlySpan<byte> kemOutput, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> exporterContext, Span<byte> exported)
    {
        Span<byte> shared = stackalloc byte[Kem.MaxSharedSecretSize];
        shared = shared[.._kem.SharedSecretSize];
        if (!_kem.TryDecapsulate(kemOutput, privateKey, publicKey, shared))
            return false;
        Export(shared, info, exporterContext, exported);
        CryptographicOperations.ZeroMemory(shared);
        return true;
    }

    // KeySchedule (section 5.1) with mode_base and no PSK.
    private void Schedule(ReadOnlySpan<byte> shared, ReadOnlySpan<byte> context, Span<byte> key, Span<byte> nonce)
    {
        Span<byte> secret = stackalloc byte[Hashing.MaxSize];
        secret = secret[..Hashing.Size(_hash)];
        LabeledKdf.Extract(_hash, _suite, shared, "secret"u8, default, secret);
        LabeledKdf.Expand(_hash, _suite, secret, "key"u8, context, key);
        LabeledKdf.Expand(_hash, _suite, secret, "base_nonce"u8, context, nonce);
        CryptographicOperations.ZeroMemory(secret);
    }

    private void Export(
        ReadOnlySpan<byte> shared, ReadOnlySpan<byte> info, ReadOnlySpan<byte> exporterContext, Span<byte> exported)
    {
        Span<byte> secrets = stackalloc byte[2 * Hashing.MaxSize];
        Span<byte> secret = secrets[..Hashing.Size(_hash)];
        Span<byte> exporter = secrets.Slice(Hashing.MaxSize, Hashing.Size(_hash));
        LabeledKdf.Extract(_hash, _suite, shared, "secret"u8, default, secret);
        LabeledKdf.Expand(_hash, _suite, secret, "exp"u8, ContextOf(info), exporter);
        LabeledKdf.Expand(_hash, _suite, exporter, "sec"u8, exporterContext, exported);
        CryptographicOperations.ZeroMemory(secrets);
    }
}
