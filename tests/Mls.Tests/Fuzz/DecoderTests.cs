using System.Text.Json;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Fuzz;

/// <summary>
/// Every decoder, cut at every byte and mutated a million times: it gives a value or it says no. An exception of any
/// kind fails the test. (GHSA-rrmv-c79f-cf5r: a decoder that read beyond its input.)
/// </summary>
public class DecoderTests
{
    private const int Mutations = 1_000_000;

    /// <summary>
    /// What a decoder may allocate for a byte of input, beyond a constant: a blank node costs one byte and a reference.
    /// </summary>
    private const int BytesPerInputByte = 64;

    private const int ConstantBytes = 64 * 1024;

    [SharedFact("vectors/mls/messages.json")]
    public void Every_message_cut_at_any_byte_is_refused() => Cut(MlsInputs.Cases("messages").Take(4));

    [Fact]
    public void Every_message_of_mlspp_cut_at_any_byte_is_refused() => Cut(MlsInputs.OfMlspp("messages"));

    private static void Cut(IEnumerable<JsonElement> messages)
    {
        foreach (JsonElement item in messages)
        {
            foreach (MlsDecoder decoder in MlsDecoder.For(item))
            {
                byte[] whole = decoder.Sample(item);
                Assert.True(decoder.Decode(whole), decoder.Field);
                for (int length = 0; length < whole.Length; length++)
                    Assert.False(decoder.Decode(whole.AsMemory(0, length)), $"{decoder.Field} cut at {length}");
                byte[] longer = [.. whole, 0];
                Assert.False(decoder.Decode(longer), $"{decoder.Field} with a byte too many");
            }
        }
    }

    [SharedFact("vectors/mls/messages.json")]
    public void A_million_mutations_give_a_value_or_a_refusal_and_cost_no_more_than_their_size() =>
        Mutate([.. MlsInputs.Cases("messages").Take(16)]);

    [Fact]
    public void A_million_mutations_of_messages_of_mlspp_give_a_value_or_a_refusal_and_cost_no_more_than_their_size() =>
        Mutate([.. MlsInputs.OfMlspp("messages")]);

    private static void Mutate(JsonElement[] items)
    {
        (byte[] Bytes, MlsDecoder Decoder)[] samples =
            [.. items.SelectMany(i => MlsDecoder.For(i).Select(d => (d.Sample(i), d)))
                .Where(s => s.Item1.Length < 4096)];
        Random random = new(9420);
        int accepted = 0;
        byte[] buffer = new byte[8192];
        for (int i = 0; i < Mutations; i++)
        {
            (byte[] bytes, MlsDecoder decoder) = samples[random.Next(samples.Length)];
            int length = Mutate(random, bytes, buffer);
            long before = GC.GetAllocatedBytesForCurrentThread();
            accepted += decoder.Decode(buffer.AsMemory(0, length)) ? 1 : 0;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= ConstantBytes + (long)BytesPerInputByte
                * length, $"{allocated} bytes for an input of {length}");
        }
        Assert.InRange(accepted, Mutations / 100, Mutations);
    }

    [Fact]
    public void A_length_that_is_not_there_costs_nothing()
    {
        byte[] huge = [0xbf, 0xff, 0xff, 0xff, 0, 0];
        foreach (MlsDecoder decoder in MlsDecoder.All)
        {
            decoder.Decode(huge);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.False(decoder.Decode(huge), decoder.Field);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
        }
    }

    private static int Mutate(Random random, byte[] source, byte[] buffer)
    {
        source.CopyTo(buffer, 0);
        int length = source.Length;
        for (int n = random.Next(1, 5); n > 0 && length > 0; n--)
        {
            int at = random.Next(length);
            switch (random.Next(6))
            {
                case 0:
                    buffer[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    buffer[at] = (byte)random.Next(256);
                    break;
                case 2:
                    length = at;
                    break;
                case 3:
                    int removed = Math.Min(random.Next(1, 9), length - at);
                    buffer.AsSpan(at + removed, length - at - removed).CopyTo(buffer.AsSpan(at));
                    length -= removed;
                    break;
                case 4:
                    int added = random.Next(1, 9);
                    buffer.AsSpan(at, length - at).CopyTo(buffer.AsSpan(at + added));
                    random.NextBytes(buffer.AsSpan(at, added));
                    length += added;
                    break;
                default:
                    buffer[at] = (byte)(0x3f | (random.Next(4) << 6));
                    break;
            }
        }
        return length;
    }
}
