using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Transcripts;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Transcripts;

public sealed class TranscriptTests
{
    private static readonly Argon2Cost Cheap = new(8, 1);
    private static readonly DateTimeOffset At = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_transcript_comes_back_as_it_was_written()
    {
        byte[][] parts = Write(5);
        (TranscriptVerdict verdict, List<TranscriptRecord> read) = Read(Join(parts));
        Assert.Equal(new TranscriptVerdict(5, null), verdict);
        Assert.Equal(Enumerable.Range(0, 5).Select(Record), read);
        Assert.Equal(new TranscriptVerdict(0, null), Read(Join(Write(0))).Verdict);
    }

    [Fact]
    public void Nothing_of_it_is_to_be_read_without_the_passphrase()
    {
        byte[] file = Join(Write(5));
        Assert.True(file.AsSpan().IndexOf("message"u8) < 0);
        Assert.Equal(0, Read(file, "another"u8.ToArray()).Verdict.Count);
        Assert.NotNull(Read(file, "another"u8.ToArray()).Verdict.Fault);
    }

    [Fact]
    public void A_record_that_is_missing_is_found_wherever_it_was()
    {
        byte[][] parts = Write(5);
        for (int gone = 1; gone < parts.Length; gone++)
        {
            TranscriptVerdict verdict = Read(Join([.. parts.Where((_, i) => i != gone)])).Verdict;
            Assert.Equal(gone - 1, verdict.Count);
            Assert.NotNull(verdict.Fault);
        }
    }

    [Fact]
    public void Records_in_another_order_or_twice_are_found()
    {
        byte[][] parts = Write(5);
        for (int i = 1; i < 5; i++)
        {
            byte[][] swapped = [.. parts];
            (swapped[i], swapped[i + 1]) = (swapped[i + 1], swapped[i]);
            Assert.Equal((long)i - 1, Read(Join(swapped)).Verdict.Count);
            Assert.NotNull(Read(Join([.. parts[..i], parts[i], .. parts[i..]])).Verdict.Fault);
        }
    }

    [Fact]
    public void A_record_of_another_transcript_is_found()
    {
        byte[][] parts = Write(5), other = Write(5, seed: 2);
        other[3].CopyTo(parts[3], 0);
        Assert.Equal((2, true), (Read(Join(parts)).Verdict.Count, Read(Join(parts)).Verdict.Fault is not null));
    }

    [Fact]
    public void Every_byte_that_is_changed_and_every_place_where_the_file_is_cut_is_found()
    {
        byte[] file = Join(Write(3));
        for (int i = 0; i < file.Length; i++)
        {
            byte[] changed = [.. file];
            changed[i] ^= 0x10;
            // The cost in the head may become one that takes a machine long.
            if (i is < 9 or >= 14)
                Assert.NotNull(Read(changed).Verdict.Fault);
            Assert.NotNull(Read(file[..i]).Verdict.Fault);
        }

        Assert.NotNull(Read([.. file, 0]).Verdict.Fault);
    }

    private static TranscriptRecord Record(int number) => new(
        number % 2 == 0, new NodeAddress(1, (ulong)number), new EnvelopeId(2, (ulong)number), At.AddSeconds(number),
        number == 3 ? new DeletedContent() : new TextContent($"message {number}"));

    private static byte[][] Write(int count, int seed = 1)
    {
        var random = new Random(seed);
        using var writer = new TranscriptWriter("passphrase"u8, random.NextBytes, Cheap);
        return [writer.Head.ToArray(), .. Enumerable.Range(0, count).Select(i => writer.Add(Record(i)))
            .ToArray(), writer.End()];
    }

    private static byte[] Join(byte[][] parts) => [.. parts.SelectMany(p => p)];

    private static (
        TranscriptVerdict Verdict, List<TranscriptRecord> Records) Read(byte[] file, byte[]? passphrase = null)
    {
        var records = new List<TranscriptRecord>();
        using var stream = new MemoryStream(file);
        TranscriptVerdict verdict = TranscriptReader.Read(
            buffer => stream.ReadAtLeast(buffer.Span, buffer.Length, throwOnEndOfStream: false),
            passphrase ?? "passphrase"u8.ToArray(),
            records.Add);
        return (verdict, records);
    }
}
