using System.Text.Json;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

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

    private delegate bool Decoder(ReadOnlyMemory<byte> bytes);

    private static readonly Suite Suite1 = Suite.Require(CipherSuite.X25519Aes128GcmSha256Ed25519);

    private static readonly (string Field, ushort Prefix, Decoder Decode)[] Decoders =
    [
        ("mls_welcome", 0, b => UnverifiedWelcome.Parse(b.Span).IsOk),
        ("mls_group_info", 0, b => UnverifiedGroupInfo.Parse(b.Span).IsOk),
        ("mls_key_package", 0, b => UnverifiedKeyPackage.Parse(b.Span).IsOk),
        ("ratchet_tree", 0, b => !RatchetTree.TryRead(Suite1, b, out _).Failed),
        ("group_secrets", 0, b => Read(b, (ref MlsReader r) => GroupSecrets.TryRead(ref r, out _))),
        ("add_proposal", ProposalType.Add, ReadProposal),
        ("update_proposal", ProposalType.Update, ReadProposal),
        ("remove_proposal", ProposalType.Remove, ReadProposal),
        ("pre_shared_key_proposal", ProposalType.Psk, ReadProposal),
        ("re_init_proposal", ProposalType.ReInit, ReadProposal),
        ("external_init_proposal", ProposalType.ExternalInit, ReadProposal),
        ("group_context_extensions_proposal", ProposalType.GroupContextExtensions, ReadProposal),
        ("commit", 0, b => Read(b, (ref MlsReader r) => Commit.TryRead(ref r, out _))),
        ("public_message_application", 0, b => UnverifiedMessage.Parse(b.Span).IsOk),
        ("public_message_proposal", 0, b => UnverifiedMessage.Parse(b.Span).IsOk),
        ("public_message_commit", 0, b => UnverifiedMessage.Parse(b.Span).IsOk),
        ("private_message", 0, b => UnverifiedMessage.Parse(b.Span).IsOk),
    ];

    private delegate bool Reading(ref MlsReader reader);

    [SharedFact("vectors/mls/messages.json")]
    public void Every_message_cut_at_any_byte_is_refused() => Cut(MlsInputs.Cases("messages").Take(4));

    [Fact]
    public void Every_message_of_mlspp_cut_at_any_byte_is_refused() => Cut(MlsInputs.OfMlspp("messages"));

    private static void Cut(IEnumerable<JsonElement> messages)
    {
        foreach (JsonElement item in messages)
        {
            foreach ((string field, ushort prefix, Decoder decode) in DecodersFor(item))
            {
                byte[] whole = Sample(item, field, prefix);
                Assert.True(decode(whole), field);
                for (int length = 0; length < whole.Length; length++)
                    Assert.False(decode(whole.AsMemory(0, length)), $"{field} cut at {length}");
                byte[] longer = [.. whole, 0];
                Assert.False(decode(longer), $"{field} with a byte too many");
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
        (byte[] Bytes, Decoder Decode)[] samples =
            [.. items.SelectMany(i => DecodersFor(i).Select(d => (Sample(i, d.Field, d.Prefix), d.Decode)))
                .Where(s => s.Item1.Length < 4096)];
        Random random = new(9420);
        int accepted = 0;
        byte[] buffer = new byte[8192];
        for (int i = 0; i < Mutations; i++)
        {
            (byte[] bytes, Decoder decode) = samples[random.Next(samples.Length)];
            int length = Mutate(random, bytes, buffer);
            long before = GC.GetAllocatedBytesForCurrentThread();
            accepted += decode(buffer.AsMemory(0, length)) ? 1 : 0;
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
        foreach ((string field, _, Decoder decode) in Decoders)
        {
            decode(huge);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.False(decode(huge), field);
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

    /// <summary>
    /// mlspp makes no application data in a public message (section 6.2 forbids to send it), the published file does.
    /// </summary>
    private static IEnumerable<(string Field, ushort Prefix, Decoder Decode)> DecodersFor(JsonElement item) =>
        Decoders.Where(d => d.Field != "public_message_application" || item.TryGetProperty(d.Field, out _));

    private static byte[] Sample(JsonElement item, string field, ushort prefix) =>
        prefix == 0 ? item.Hex(field) : [(byte)(prefix >> 8), (byte)prefix, .. item.Hex(field)];

    private static bool ReadProposal(ReadOnlyMemory<byte> bytes) =>
        Read(bytes, (ref MlsReader r) => Proposal.TryRead(ref r, out _));

    private static bool Read(ReadOnlyMemory<byte> bytes, Reading reading)
    {
        MlsReader reader = new(bytes);
        return reading(ref reader) && reader.AtEnd;
    }
}
