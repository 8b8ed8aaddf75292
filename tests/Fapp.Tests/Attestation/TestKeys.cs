using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Tests.Attestation;

/// <summary>Mesh keys by name, and the day of the tests.</summary>
internal static class TestKeys
{
    internal static readonly DateTimeOffset Today = new(2026, 11, 29, 20, 0, 0, TimeSpan.Zero);

    internal static readonly ushort Day = Statement.DayOf(Today);

    internal static long Seconds(double days = 0) => Today.AddDays(days).ToUnixTimeSeconds();

    internal static MeshKey Key(string name)
    {
        byte[] seed = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        byte[] key = new byte[Ed25519.PublicKeySize], secret = new byte[Ed25519.SecretKeySize];
        Ed25519.KeyPairFromSeed(seed, key, secret);
        return MeshKey.Read(key);
    }
}
