using System.Buffers.Binary;
using System.Globalization;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Transcripts;

/// <summary>What a transcript turned out to be.</summary>
/// <param name="Count">Messages that are as they were written, from the first.</param>
/// <param name="Fault">What is wrong behind them; null if all is as it was written.</param>
public readonly record struct TranscriptVerdict(long Count, string? Fault);

/// <summary>Reads a transcript and checks it, record by record.</summary>
public static class TranscriptReader
{
    /// <summary>Reads all of a file.</summary>
    /// <param name="file">Its bytes, a piece at a time: fills what it is given, and less only at the end.</param>
    /// <param name="passphrase">UTF-8.</param>
    /// <param name="each">Told every message that holds, in order.</param>
    public static TranscriptVerdict Read(
        Func<Memory<byte>, int> file, ReadOnlySpan<byte> passphrase, Action<TranscriptRecord> each)
    {
        byte[] head = new byte[TranscriptSeal.HeadSize];
        if (file(head) != head.Length)
            return new TranscriptVerdict(0, "this is no transcript");
        using TranscriptSeal? seal = TranscriptSeal.TryOpen(head, passphrase);
        if (seal is null)
            return new TranscriptVerdict(0, "this is no transcript, or one of a later version");
        long count = 0;
        byte[] buffer = new byte[sizeof(int) + TranscriptRecord.MaxSize + XChaChaPoly.TagSize];
        while (true)
        {
            byte[]? record = ReadRecord(file, seal, buffer, out string fault);
            if (record is null)
                return new TranscriptVerdict(count, Explain(count, fault));
            if (record is [TranscriptRecord.End, ..])
                return End(file, record, count);
            if (!TranscriptRecord.TryRead(record, out TranscriptRecord? message))
                return new TranscriptVerdict(count, Explain(count, "is of a later version"));
            count++;
            each(message);
        }
    }

    private static byte[]? ReadRecord(
        Func<Memory<byte>, int> file, TranscriptSeal seal, byte[] buffer, out string fault)
    {
        fault = "is missing: the file was cut";
        if (file(buffer.AsMemory(0, sizeof(int))) != sizeof(int))
            return null;
        int size = BinaryPrimitives.ReadInt32BigEndian(buffer);
        fault = "was changed, or is not the one that was written there";
        if (size < XChaChaPoly.TagSize || size > buffer.Length - sizeof(int))
            return null;
        if (file(buffer.AsMemory(sizeof(int), size)) != size)
        {
            fault = "is cut";
            return null;
        }

        return seal.Open(buffer.AsSpan(0, sizeof(int) + size));
    }

    private static TranscriptVerdict End(Func<Memory<byte>, int> file, byte[] record, long count)
    {
        bool isWhole = record.Length == TranscriptRecord.EndSize
            && BinaryPrimitives.ReadInt64BigEndian(record.AsSpan(1)) == count;
        return new TranscriptVerdict(
            count,
            !isWhole ? "the end names another number of messages"
            : file(new byte[1]) != 0 ? "there is something behind the end" : null);
    }

    // Without the passphrase the very first record does not open.
    private static string Explain(long count, string fault) => count == 0
        ? $"the passphrase is another, or record 1 {fault}"
        : string.Create(CultureInfo.InvariantCulture, $"record {count + 1} {fault}");
}
