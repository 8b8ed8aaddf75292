using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Tests;

public class HmacSha256Tests
{
    [Fact]
    public void Codes_are_those_of_the_framework_for_every_length_of_key()
    {
        for (int keyLength = 0; keyLength <= HmacSha256.MaxKeySize; keyLength++)
        {
            foreach (int length in new[] { 0, 1, 55, 56, 63, 64, 65, 200 })
            {
                byte[] key = [.. Enumerable.Range(1, keyLength).Select(i => (byte)i)];
                byte[] data = [.. Enumerable.Range(7, length).Select(i => (byte)i)];
                byte[] mac = new byte[HmacSha256.MacSize];
                HmacSha256.Compute(key, data, mac);
                Assert.Equal(HMACSHA256.HashData(key, data), mac);
            }
        }
        Assert.Throws<ArgumentException>(() => HmacSha256.Compute(new byte[33], default, new byte[32]));
    }
}
