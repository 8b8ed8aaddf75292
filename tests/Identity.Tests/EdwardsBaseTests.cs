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
            Assert.True(EdwardsBase.TryPublicKey(secret, fast));
            X25519.PublicKeyOnMontgomeryCurve(secret, plain);
            Assert.Equal(plain, fast);
        }
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
