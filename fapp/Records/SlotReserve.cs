using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Records;

// docs/reference/fapp.md, section 3.1: a map, and zeros behind it up to 288 bytes; what is zero or empty is left out
//
// 0 version   1 verb   2 slot bin(4)   3 flags   4 effort u64   5 PIN   6 note   7 person bin(15)   8 id bin(16)   9
// proof bin(16)

/// <summary>What is sealed to a practice: reserve, acknowledge and cancel have one layout and one length.</summary>
public sealed record SlotReserve
{
    /// <summary>Its size in bytes, padding included.</summary>
    public const int Size = 288;

    /// <summary>Longest PIN in bytes.</summary>
    public const int MaxPin = 16;

    /// <summary>Longest note in bytes of UTF-8.</summary>
    public const int MaxNote = 160;

    /// <summary>Size of the hash of a person: the first 15 bytes of SHA-256 over salt, name and birth date.</summary>
    public const int PersonSize = 15;

    /// <summary>Size of the proof that an earlier request was of the same patient.</summary>
    public const int ProofSize = 16;

    private const int Version = 1;

    /// <summary>What the patient wants.</summary>
    public required SlotVerb Verb { get; init; }

    /// <summary>With which slot.</summary>
    public required SlotId Slot { get; init; }

    /// <summary>How.</summary>
    public SlotFlags Flags { get; init; }

    /// <summary>The puzzle's solution; 0 where none is asked for.</summary>
    public ulong Effort { get; init; }

    /// <summary>The PIN from the practice's answering machine; empty for none.</summary>
    public string Pin { get; init; } = "";

    /// <summary>A word to the practice; empty for none.</summary>
    public string Note { get; init; } = "";

    /// <summary>The hash of the person that a refusal is made out to (15 bytes); empty for none.</summary>
    public byte[] Person { get; init; } = [];

    /// <summary>
    /// To acknowledge or cancel: the request that is meant. To reserve: an earlier request of this patient that was
    /// kept, or none.
    /// </summary>
    public RequestId? Of { get; init; }

    /// <summary>
    /// The proof that <see cref="Of"/> is this patient's (<see cref="Requests.AnswerKeys.Prove"/>), 16 bytes; empty for
    /// none.
    /// </summary>
    public byte[] Proof { get; init; } = [];

    /// <summary>Writes it and the padding.</summary>
    /// <param name="destination">Receives <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        var output = new ArrayBufferWriter<byte>(Size);
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(3 + (Flags != 0 ? 1 : 0) + (Effort != 0 ? 1 : 0) + (Pin.Length > 0 ? 1 : 0)
            + (Note.Length > 0 ? 1 : 0)
            + (Person.Length > 0 ? 1 : 0) + (Of is null ? 0 : 1) + (Proof.Length > 0 ? 1 : 0));
        Span<byte> bytes = stackalloc byte[RequestId.Size];
        writer.Write(0);
        writer.Write(Version);
        writer.Write(1);
        writer.Write((int)Verb);
        writer.Write(2);
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Slot.Value);
        writer.WriteBinary(bytes[..SlotId.Size]);
        if (Flags != 0)
        {
            writer.Write(3);
            writer.Write((int)Flags);
        }

        if (Effort != 0)
        {
            writer.Write(4);
            writer.Write(Effort);
        }

        Text(writer, 5, Pin);
        Text(writer, 6, Note);
        Bytes(writer, 7, Person);
        if (Of is { } of)
        {
            of.Write(bytes);
            Bytes(writer, 8, bytes);
        }

        Bytes(writer, 9, Proof);
        destination.Clear();
        output.WrittenSpan.CopyTo(destination);
    }

    /// <summary>Reads it; null if it is malformed, of another version, or its padding is not zero.</summary>
    public static SlotReserve? TryRead(ReadOnlySpan<byte> bytes)
    {
        var reader = new MessagePackReader(bytes);
        if (bytes.Length != Size || !reader.TryReadMapHeader(out int pairs))
            return null;
        uint version = 0, verb = 0, flags = 0;
        ulong effort = 0;
        string pin = "", note = "";
        byte[] slot = [], person = [], of = [], proof = [];
        long last = -1;
        for (int i = 0; i < pairs; i++)
        {
            if (!reader.TryReadUInt32(uint.MaxValue, out uint key) || key <= last)
                return null;
            last = key;
            bool isRead = key switch
            {
                0 => reader.TryReadUInt32(byte.MaxValue, out version),
                1 => reader.TryReadUInt32((uint)SlotVerb.Cancel, out verb),
                2 => TryReadBytes(ref reader, SlotId.Size, ref slot),
                3 => reader.TryReadUInt32(byte.MaxValue, out flags),
                4 => reader.TryReadUInt64(out effort),
                5 => TryReadText(ref reader, MaxPin, ref pin),
                6 => TryReadText(ref reader, MaxNote, ref note),
                7 => TryReadBytes(ref reader, PersonSize, ref person),
                8 => TryReadBytes(ref reader, RequestId.Size, ref of),
                9 => TryReadBytes(ref reader, ProofSize, ref proof),
                _ => reader.TrySkip(),
            };
            if (!isRead)
                return null;
        }

        bool isWhole = version == Version && verb > 0 && slot.Length > 0 && bytes[^reader.Remaining..]
            .IndexOfAnyExcept((byte)0) < 0
            && (verb == (uint)SlotVerb.Reserve || of.Length > 0) && (of.Length > 0) == (proof.Length > 0);
        return !isWhole ? null : new SlotReserve
        {
            Verb = (SlotVerb)verb,
            Slot = new SlotId(BinaryPrimitives.ReadUInt32BigEndian(slot)),
            Flags = (SlotFlags)flags,
            Effort = effort,
            Pin = pin,
            Note = note,
            Person = person,
            Of = of.Length > 0 ? RequestId.Read(of) : null,
            Proof = proof,
        };
    }

    private static bool TryReadBytes(ref MessagePackReader reader, int size, ref byte[] value)
    {
        if (!reader.TryReadBinary(out ReadOnlySpan<byte> read) || read.Length != size)
            return false;
        value = read.ToArray();
        return true;
    }

    private static bool TryReadText(ref MessagePackReader reader, int most, ref string value)
    {
        if (!reader.TryReadString(out ReadOnlySpan<byte> utf8) || !DisplayName.IsValid(utf8, most))
            return false;
        value = Encoding.UTF8.GetString(utf8);
        return true;
    }

    private static void Text(in MessagePackWriter writer, int key, string value)
    {
        if (value.Length == 0)
            return;
        writer.Write(key);
        writer.Write(value);
    }

    private static void Bytes(in MessagePackWriter writer, int key, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return;
        writer.Write(key);
        writer.WriteBinary(value);
    }
}
