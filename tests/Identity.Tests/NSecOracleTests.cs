using NSec.Cryptography;
using Oracle = NSec.Cryptography;

namespace QuicProChat.Mesh.Identity.Tests;

/// <summary>
/// Our use of libsodium against NSec's, which is written by others: sizes, orders of arguments, parameters. The
/// primitives themselves are held to published vectors elsewhere.
/// </summary>
public sealed class NSecOracleTests
{
    private const int Rounds = 50;

    private readonly Random _random = new(7);

    [Fact]
    public void Signatures_are_the_same_bytes_and_verify_both_ways()
    {
        for (int i = 0; i < Rounds; i++)
        {
            byte[] seed = Bytes(32), message = Bytes(_random.Next(300));
            byte[] publicKey = new byte[Ed25519.PublicKeySize], secretKey = new byte[Ed25519.SecretKeySize];
            Ed25519.KeyPairFromSeed(seed, publicKey, secretKey);
            byte[] ours = new byte[Ed25519.SignatureSize];
            Ed25519.Sign(message, secretKey, ours);

            using var key = Oracle.Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
            Assert.Equal(key.PublicKey.Export(KeyBlobFormat.RawPublicKey), publicKey);
            Assert.Equal(SignatureAlgorithm.Ed25519.Sign(key, message), ours);
            Assert.True(SignatureAlgorithm.Ed25519.Verify(key.PublicKey, message, ours));
            ours[_random.Next(ours.Length)] ^= 1;
            Assert.Equal(SignatureAlgorithm.Ed25519.Verify(key.PublicKey, message, ours),
                Ed25519.Verify(message, publicKey, ours));
        }
    }

    [Fact]
    public void Agreements_give_the_same_secret()
    {
        for (int i = 0; i < Rounds; i++)
        {
            byte[] ours = Bytes(32), theirs = Bytes(32), shared = new byte[32], theirPublic = new byte[32];
            using var oracle = Oracle.Key.Import(KeyAgreementAlgorithm.X25519, ours, KeyBlobFormat.RawPrivateKey);
            X25519.PublicKey(theirs, theirPublic);
            Assert.True(X25519.TryAgree(ours, theirPublic, shared));
            using SharedSecret? secret = KeyAgreementAlgorithm.X25519.Agree(
                oracle, Oracle.PublicKey.Import(KeyAgreementAlgorithm.X25519, theirPublic, KeyBlobFormat.RawPublicKey),
                new SharedSecretCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextArchiving });
            Assert.Equal(secret!.Export(SharedSecretBlobFormat.RawSharedSecret), shared);
        }
    }

    [Fact]
    public void Sealed_boxes_are_the_same_bytes()
    {
        for (int i = 0; i < Rounds; i++)
        {
            byte[] key = Bytes(32), associated = Bytes(_random.Next(40)), message = Bytes(_random.Next(300));
            byte[] cipher = new byte[message.Length + ChaChaPoly.TagSize];
            byte[] nonce = Bytes(ChaChaPoly.NonceSize);
            ChaChaPoly.Seal(key, nonce, associated, message, cipher);
            Assert.Equal(Encrypt(AeadAlgorithm.ChaCha20Poly1305, key, nonce, associated, message), cipher);
            nonce = Bytes(XChaChaPoly.NonceSize);
            XChaChaPoly.Seal(key, nonce, associated, message, cipher);
            Assert.Equal(Encrypt(AeadAlgorithm.XChaCha20Poly1305, key, nonce, associated, message), cipher);
        }
    }

    [Fact]
    public void Passphrases_give_the_same_key()
    {
        byte[] salt = Bytes(Argon2id.SaltSize), passphrase = Bytes(20), derived = new byte[32];
        Argon2id.Derive(passphrase, salt, new Argon2Cost(16 * 1024, 3), derived);
        var oracle = PasswordBasedKeyDerivationAlgorithm.Argon2id(
            new Argon2Parameters { DegreeOfParallelism = 1, MemorySize = 16 * 1024, NumberOfPasses = 3 });
        Assert.Equal(oracle.DeriveBytes(passphrase, salt, 32), derived);
    }

    [Fact]
    public void Authentication_codes_are_the_same()
    {
        for (int i = 0; i < Rounds; i++)
        {
            byte[] secret = Bytes(HmacSha256.MaxKeySize), data = Bytes(_random.Next(300)),
                mac = new byte[HmacSha256.MacSize];
            HmacSha256.Compute(secret, data, mac);
            using var key = Oracle.Key.Import(MacAlgorithm.HmacSha256, secret, KeyBlobFormat.RawSymmetricKey);
            Assert.Equal(MacAlgorithm.HmacSha256.Mac(key, data), mac);
        }
    }

    private static byte[] Encrypt(AeadAlgorithm algorithm, byte[] key, byte[] nonce, byte[] associated, byte[] message)
    {
        using var imported = Oracle.Key.Import(algorithm, key, KeyBlobFormat.RawSymmetricKey);
        return algorithm.Encrypt(imported, nonce, associated, message);
    }

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}
