using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire.Files;

// docs/reference/files.md, section 5; sealed:
//
//  02 file(16) status(1) session(8) have(0..256)

/// <summary>How a member stands to a file.</summary>
public enum FileAnswerStatus : byte
{
    /// <summary>It has all of it.</summary>
    Whole = 0,

    /// <summary>It has some chunks: one bit each, the first of them the highest of the first byte.</summary>
    Part = 1,

    /// <summary>It has it, and does not send it over a radio.</summary>
    NotOverRadio = 2,

    /// <summary>It sends to others at the moment.</summary>
    Busy = 3,
}

/// <summary>A view of an answer: what a member has of a file.</summary>
public readonly ref struct FileAnswer
{
    private const int HeaderSize = 1 + FileTag.Size + 1 + sizeof(ulong);
    private readonly ReadOnlySpan<byte> _word;

    private FileAnswer(ReadOnlySpan<byte> word) => _word = word;

    /// <summary>The file.</summary>
    public FileTag File => FileTag.Read(_word[1..]);

    /// <summary>How the member stands to it.</summary>
    public FileAnswerStatus Status => (FileAnswerStatus)_word[1 + FileTag.Size];

    /// <summary>A number that the member drew: requests name it, so that none of an earlier time counts.</summary>
    public ulong Session => BinaryPrimitives.ReadUInt64BigEndian(_word[(2 + FileTag.Size)..]);

    /// <summary>The chunks that it has; empty but for <see cref="FileAnswerStatus.Part"/>.</summary>
    public ReadOnlySpan<byte> Have => _word[HeaderSize..];

    /// <summary>Size in bytes with a set of chunks of a given size.</summary>
    public static int SizeOf(int haveSize) => HeaderSize + haveSize;

    /// <summary>Reads a word; false if it is cut, too long, begins otherwise, or its status is unknown.</summary>
    public static bool TryRead(ReadOnlySpan<byte> word, out FileAnswer answer)
    {
        answer = default;
        if (word.Length < HeaderSize || word.Length > SizeOf(FileFormat.MaxHaveSize)
            || (word[0] & 0x7F) != (byte)FileWordKind.Answer || word[1 + FileTag.Size] > (byte)FileAnswerStatus.Busy
            || word[1 + FileTag.Size] == (byte)FileAnswerStatus.Part != word.Length > HeaderSize)
            return false;
        answer = new FileAnswer(word);
        return true;
    }

    /// <summary>Writes the word; returns the bytes written.</summary>
    public static int Write(
        Span<byte> word, in FileTag file, FileAnswerStatus status, ulong session, ReadOnlySpan<byte> have)
    {
        word[0] = (byte)FileWordKind.Answer;
        file.Write(word[1..]);
        word[1 + FileTag.Size] = (byte)status;
        BinaryPrimitives.WriteUInt64BigEndian(word[(2 + FileTag.Size)..], session);
        have.CopyTo(word[HeaderSize..]);
        return SizeOf(have.Length);
    }
}
