namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>What holds for every decoder, whatever the bytes.</summary>
public sealed class DecoderTests
{
    private const int Mutations = 1_000_000;

    public static TheoryData<string> Names => [.. Codec.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_example_decodes_and_encodes_to_the_same_bytes(string name)
    {
        Codec codec = Codec.Named(name);
        Assert.True(codec.Decode(codec.Example));
        Assert.Equal(codec.Example, codec.Recode(codec.Example));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_example_cut_at_any_byte_is_refused_or_is_a_shorter_valid_encoding(string name)
    {
        Codec codec = Codec.Named(name);
        for (int cut = 0; cut < codec.Example.Length; cut++)
        {
            byte[] bytes = codec.Example[..cut];
            Assert.True(codec.AcceptsCut(cut) == codec.Decode(bytes), $"{name} cut to {cut} bytes");
            if (codec.AcceptsCut(cut))
                Assert.Equal(bytes, codec.Recode(bytes));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_accepted_says_the_same_after_being_written_again(string name)
    {
        Codec codec = Codec.Named(name);
        var mutator = new Mutator(seed: 2);
        for (int i = 0; i < 20_000; i++)
        {
            ReadOnlySpan<byte> bytes = mutator.Next(codec.Example);
            byte[]? written = codec.Recode(bytes);
            Assert.Equal(written is not null, codec.Decode(bytes));
            if (written is not null)
                Assert.Equal(written, codec.Recode(written));
        }
    }

    [Fact]
    public void A_million_mutated_frames_raise_no_exception_and_allocate_nothing()
    {
        var mutator = new Mutator(seed: 1);
        foreach (Codec codec in Codec.All)
            codec.Decode(mutator.Next(codec.Example));

        int accepted = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Mutations; i++)
        {
            Codec codec = Codec.All[i % Codec.All.Length];
            accepted += codec.Decode(mutator.Next(codec.Example)) ? 1 : 0;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocated);
        Assert.InRange(accepted, Mutations / 100, Mutations);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Random_bytes_of_every_length_raise_no_exception(string name)
    {
        Codec codec = Codec.Named(name);
        var random = new Random(3);
        byte[] bytes = new byte[600];
        for (int length = 0; length <= bytes.Length; length++)
        {
            random.NextBytes(bytes);
            _ = codec.Decode(bytes.AsSpan(0, length));
        }
    }
}
