using System.Security.Cryptography;
using QuicProChat.Mesh.Store.Probe;

namespace QuicProChat.Mesh.Store.Tests;

public sealed class RowCipherTests
{
    [Fact]
    public void A_sealed_value_opens_only_as_it_is_where_it_is_and_with_its_key()
    {
        using var cipher = new RowCipher(Samples.Key, RandomNumberGenerator.Fill);
        byte[] other = [.. Samples.Key];
        other[31] ^= 1;
        using var stranger = new RowCipher(other, RandomNumberGenerator.Fill);
        byte[] value = [1, 2, 3], opened = new byte[3], sealedValue = new byte[3 + RowCipher.Overhead];
        cipher.Seal("row"u8, value, sealedValue);
        Assert.True(cipher.TryOpen("row"u8, sealedValue, opened));
        Assert.Equal(value, opened);
        Assert.False(cipher.TryOpen("raw"u8, sealedValue, opened));
        Assert.False(stranger.TryOpen("row"u8, sealedValue, opened));
        for (int bit = 0; bit < sealedValue.Length * 8; bit++)
        {
            sealedValue[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(cipher.TryOpen("row"u8, sealedValue, opened));
            sealedValue[bit / 8] ^= (byte)(1 << bit % 8);
        }

        for (int cut = 0; cut < sealedValue.Length; cut++)
            Assert.False(cipher.TryOpen("row"u8, sealedValue.AsSpan(0, cut), opened));
    }

    [Fact]
    public void A_nonce_never_repeats_within_an_opening_nor_across_openings()
    {
        var nonces = new HashSet<string>();
        for (int opening = 0; opening < 20; opening++)
        {
            using var cipher = new RowCipher(Samples.Key, RandomNumberGenerator.Fill);
            byte[] sealedValue = new byte[RowCipher.Overhead];
            for (int i = 0; i < 500; i++)
            {
                cipher.Seal([], [], sealedValue);
                Assert.True(nonces.Add(Convert.ToHexString(sealedValue.AsSpan(0, 24))));
            }
        }
    }

    [Fact]
    public void A_key_of_another_size_is_misuse()
    {
        Assert.Throws<ArgumentException>(() => new RowCipher(new byte[31], RandomNumberGenerator.Fill));
    }
}
