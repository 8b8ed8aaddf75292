namespace QuicProChat.Mesh.Identity.Tests;

/// <summary>SipHash-2-4 against its designers' vectors: key 00..0f, inputs 00, 00 01, ... of each length.</summary>
public sealed class SipHash24Tests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SipHash24.KeySize).Select(i => (byte)i)];

    // The paper's appendix A has the one of 15 bytes; the others are the first of vectors.h of the reference
    // implementation.
    [Theory]
    [InlineData(0, "310e0edd47db6f72")]
    [InlineData(1, "fd67dc93c539f874")]
    [InlineData(2, "5a4fa9d909806c0d")]
    [InlineData(3, "2d7efbd796666785")]
    [InlineData(4, "b7877127e09427cf")]
    [InlineData(5, "8da699cd64557618")]
    [InlineData(6, "cee3fe586e46c9cb")]
    [InlineData(7, "37d1018bf50002ab")]
    [InlineData(8, "6224939a79f5f593")]
    [InlineData(15, "e545be4961ca29a1")]
    public void An_input_has_the_published_hash(int length, string hash)
    {
        byte[] input = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        Assert.Equal(hash, Convert.ToHexStringLower(BitConverter.GetBytes(SipHash24.Hash(Key, input))));
    }

    [Fact]
    public void A_sum_is_the_sum_of_the_hashes_modulo_two_to_the_sixty_fourth()
    {
        byte[] inputs = [.. Enumerable.Range(0, 16 * 100).Select(i => (byte)(i * 7))];
        ulong expected = 0;
        for (int i = 0; i < 100; i++)
            expected = unchecked(expected + SipHash24.Hash(Key, inputs.AsSpan(16 * i, 16)));
        Assert.Equal(expected, SipHash24.Sum(Key, inputs, 16));
        Assert.Equal(0UL, SipHash24.Sum(Key, [], 16));
    }

    [Fact]
    public void Inputs_that_do_not_divide_evenly_and_keys_of_another_size_are_misuse()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SipHash24.Sum(Key, new byte[17], 16));
        Assert.Throws<ArgumentException>(() => SipHash24.Hash(Key.AsSpan(1), []));
        Assert.Throws<ArgumentOutOfRangeException>(() => SipHash24.Hash(Key, new byte[SipHash24.MaxInput + 1]));
    }
}
