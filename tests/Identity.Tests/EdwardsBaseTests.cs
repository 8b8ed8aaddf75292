using System.Numerics;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Tests;

public class EdwardsBaseTests
{
    private static readonly BigInteger Modulus = BigInteger.Pow(2, 255) - 19;

    [Fact]
    public void Both_ways_to_a_public_key_lead_to_the_same_one()
    {
        byte[] secret = new byte[32];
        byte[] fast = new byte[32];
        byte[] plain = new byte[32];
        for (int i = 0; i < 2000; i++)
        {
            // Digests of a counter, and at first the extremes: the clamping has to agree in every bit.
            if (i < 256)
                Array.Fill(secret, (byte)i);
            else
                SHA256.HashData(BitConverter.GetBytes(i), secret);
            if (i == 0)
                secret[0] = 8;
            Assert.True(EdwardsBase.TryPublicKeys(secret, fast));
            X25519.PublicKeyOnMontgomeryCurve(secret, plain);
            Assert.Equal(plain, fast);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(40)]
    public void Public_keys_made_together_are_those_made_alone(int count)
    {
        byte[] secrets = new byte[count * 32];
        new Random(count).NextBytes(secrets);
        byte[] together = new byte[count * 32];
        Assert.True(EdwardsBase.TryPublicKeys(secrets, together));
        for (int i = 0; i < count; i++)
        {
            byte[] alone = new byte[32];
            X25519.PublicKeyOnMontgomeryCurve(secrets.AsSpan(32 * i, 32), alone);
            Assert.Equal(alone, together[(32 * i)..(32 * i + 32)]);
        }
    }

    [Fact]
    public void A_secret_of_zeros_is_clamped_like_any_other()
    {
        byte[] secrets = new byte[3 * 32];
        new Random(1).NextBytes(secrets.AsSpan(0, 32));
        byte[] keys = new byte[3 * 32];
        X25519.PublicKeys(secrets, keys);
        byte[] alone = new byte[32];
        X25519.PublicKeyOnMontgomeryCurve(new byte[32], alone);
        Assert.Equal(alone, keys[64..]);
    }

    [Fact]
    public void Ephemeral_keys_are_pairs_and_come_once()
    {
        int drawn = 0;
        Random random = new(7);
        using EphemeralKeys keys = new(destination =>
        {
            drawn++;
            random.NextBytes(destination);
        }, 8);
        HashSet<string> seen = [];
        byte[] secret = new byte[32];
        byte[] publicKey = new byte[32];
        byte[] expected = new byte[32];
        for (int i = 0; i < 100; i++)
        {
            keys.Take(secret, publicKey);
            X25519.PublicKeyOnMontgomeryCurve(secret, expected);
            Assert.Equal(expected, publicKey);
            Assert.True(seen.Add(Convert.ToHexString(secret)));
        }

        Assert.Equal(104, drawn);
    }

    [Fact]
    public void Field_arithmetic_agrees_with_big_integers()
    {
        for (int i = 0; i < 500; i++)
        {
            byte[] x = SHA256.HashData([(byte)i, (byte)(i >> 8), 1]);
            byte[] y = SHA256.HashData([(byte)i, (byte)(i >> 8), 2]);
            if (i < 40)
            {
                // Around zero and around the modulus, where the last reduction decides.
                x = Bytes((Modulus + i - 20) % BigInteger.Pow(2, 255));
                y = Bytes(i);
            }
            BigInteger a = Number(x), b = Number(y);
            Field25519 fa = Field25519.Read(x), fb = Field25519.Read(y);
            Assert.Equal((a + b) % Modulus, Written(fa + fb));
            Assert.Equal((a + 2 * Modulus - b) % Modulus, Written(fa - fb));
            Assert.Equal(a * b % Modulus, Written(fa * fb));
            Assert.Equal(BigInteger.ModPow(a, Modulus - 2, Modulus), Written(fa.Inverse()));
        }
    }

    private static BigInteger Number(byte[] bytes) =>
        new BigInteger(bytes, isUnsigned: true) % BigInteger.Pow(2, 255) % Modulus;

    private static byte[] Bytes(BigInteger value)
    {
        byte[] bytes = new byte[32];
        value.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }

    private static BigInteger Written(Field25519 value)
    {
        byte[] bytes = new byte[32];
        value.Write(bytes);
        return new BigInteger(bytes, isUnsigned: true);
    }
}
