using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Crypto;

//  private key:       seed 32; SHAKE256 makes of it ML-KEM's seed 64 and X25519's scalar 32
//  public key:        ML-KEM-768 encapsulation key 1184 | X25519 public key 32
//  encapsulated key:  ML-KEM-768 ciphertext 1088 | X25519 ephemeral public key 32
//
/// <summary>
/// MLKEM768-X25519, number 0x647a (draft-ietf-hpke-pq-04, section 4): X-Wing (draft-connolly-cfrg-xwing-kem-10,
/// section 5). Whoever breaks one of the two still lacks the other.
/// </summary>
internal sealed class XWingKem : Kem
{
    internal static readonly XWingKem Instance = new();

    /// <summary>Bytes of randomness of an encapsulation: for ML-KEM, and the ephemeral scalar.</summary>
    internal const int EncapsulationSeedSize = MlKem768.MessageSize + X25519.SecretKeySize;

    private const int SeedSize = 32;

    private const int ExpandedSize = MlKem768.SeedSize + X25519.SecretKeySize;

    internal override ushort Id => 0x647a;

    internal override int SharedSecretSize => 32;

    internal override int PublicKeySize => MlKem768.EncapsulationKeySize + X25519.PublicKeySize;

    internal override int PrivateKeySize => SeedSize;

    internal override int OutputSize => MlKem768.CiphertextSize + X25519.PublicKeySize;

    private static ReadOnlySpan<byte> CombinerLabel => """\.//^\"""u8;

    internal override HpkeKeyPair DeriveKeyPair(ReadOnlySpan<byte> ikm)
    {
        // SHAKE256.LabeledDerive(ikm, "DeriveKeyPair", "", 32) of draft-ietf-hpke-hpke, with suite_id "KEM" 0x647a.
        ReadOnlySpan<byte> rest = [.. "HPKE-v1KEM"u8, 0x64, 0x7a, 0, 13, .. "DeriveKeyPair"u8, 0, SeedSize];
        byte[] seed = new byte[SeedSize];
        ShakeDigest shake = new(256);
        shake.BlockUpdate(ikm);
        shake.BlockUpdate(rest);
        shake.OutputFinal(seed);
        return WithPublicKey(seed);
    }

    internal override HpkeKeyPair Generate(RandomFill random) => WithPublicKey(random.Bytes(SeedSize));

    internal override bool TryGetPublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        if (privateKey.Length != SeedSize || publicKey.Length != PublicKeySize)
            return false;
        Span<byte> expanded = stackalloc byte[ExpandedSize];
        Expand(privateKey, expanded);
        MlKem768.EncapsulationKey(expanded[..MlKem768.SeedSize], publicKey[..MlKem768.EncapsulationKeySize]);
        X25519.PublicKey(expanded[MlKem768.SeedSize..], publicKey[MlKem768.EncapsulationKeySize..]);
        CryptographicOperations.ZeroMemory(expanded);
        return true;
    }

    internal override bool IsValidPublicKey(ReadOnlySpan<byte> publicKey) =>
        publicKey.Length == PublicKeySize && !X25519.IsSmallOrder(publicKey[MlKem768.EncapsulationKeySize..])
        && MlKem768.IsValidKey(publicKey[..MlKem768.EncapsulationKeySize]);

    internal override bool TryEncapsulate(
        ReadOnlySpan<byte> publicKey, RandomFill random, Span<byte> shared, out byte[] kemOutput)
    {
        kemOutput = [];
        if (!IsValidPublicKey(publicKey))
            return false;
        byte[] output = new byte[OutputSize];
        Span<byte> drawn = stackalloc byte[EncapsulationSeedSize];
        Span<byte> secrets = stackalloc byte[MlKem768.SharedSecretSize + X25519.SharedSecretSize];
        random(drawn);
        ReadOnlySpan<byte> scalar = drawn[MlKem768.MessageSize..];
        ReadOnlySpan<byte> peer = publicKey[MlKem768.EncapsulationKeySize..];
        Span<byte> ephemeral = output.AsSpan(MlKem768.CiphertextSize);
        X25519.PublicKey(scalar, ephemeral);
        bool ok = X25519.TryAgree(scalar, peer, secrets[MlKem768.SharedSecretSize..]);
        if (ok)
        {
            MlKem768.Encapsulate(
                publicKey[..MlKem768.EncapsulationKeySize], drawn[..MlKem768.MessageSize],
                output.AsSpan(0, MlKem768.CiphertextSize), secrets[..MlKem768.SharedSecretSize]);
            Combine(secrets, ephemeral, peer, shared);
            kemOutput = output;
        }
        CryptographicOperations.ZeroMemory(drawn);
        CryptographicOperations.ZeroMemory(secrets);
        return ok;
    }

    /// <remarks>
    /// False for a wrong length, and for an ephemeral key of small order, which no honest sender makes. Whatever else
    /// is wrong gives another secret than the sender's: what is sealed with it does not open.
    /// </remarks>
    internal override bool TryDecapsulate(
        ReadOnlySpan<byte> kemOutput, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> shared)
    {
        if (kemOutput.Length != OutputSize || privateKey.Length != SeedSize || publicKey.Length != PublicKeySize)
            return false;
        Span<byte> expanded = stackalloc byte[ExpandedSize];
        Span<byte> secrets = stackalloc byte[MlKem768.SharedSecretSize + X25519.SharedSecretSize];
        Expand(privateKey, expanded);
        ReadOnlySpan<byte> ephemeral = kemOutput[MlKem768.CiphertextSize..];
        bool ok = X25519.TryAgree(
            expanded[MlKem768.SeedSize..], ephemeral, secrets[MlKem768.SharedSecretSize..]);
        if (ok)
        {
            MlKem768.Decapsulate(
                expanded[..MlKem768.SeedSize], kemOutput[..MlKem768.CiphertextSize],
                secrets[..MlKem768.SharedSecretSize]);
            Combine(secrets, ephemeral, publicKey[MlKem768.EncapsulationKeySize..], shared);
        }
        CryptographicOperations.ZeroMemory(expanded);
        CryptographicOperations.ZeroMemory(secrets);
        return ok;
    }

    // SHA3-256(ssM || ssX || ctX || pkX || XWingLabel); the digest clears its state when it is done.
    private static void Combine(
        ReadOnlySpan<byte> secrets, ReadOnlySpan<byte> ephemeral, ReadOnlySpan<byte> recipient, Span<byte> shared)
    {
        Sha3Digest digest = new(256);
        digest.BlockUpdate(secrets);
        digest.BlockUpdate(ephemeral);
        digest.BlockUpdate(recipient);
        digest.BlockUpdate(CombinerLabel);
        digest.DoFinal(shared);
    }

    private static void Expand(ReadOnlySpan<byte> seed, Span<byte> expanded)
    {
        ShakeDigest shake = new(256);
        shake.BlockUpdate(seed);
        shake.OutputFinal(expanded);
    }

    private HpkeKeyPair WithPublicKey(byte[] seed)
    {
        byte[] publicKey = new byte[PublicKeySize];
        TryGetPublicKey(seed, publicKey);
        return new HpkeKeyPair(seed, publicKey);
    }
}
