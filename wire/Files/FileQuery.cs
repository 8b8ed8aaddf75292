namespace QuicProChat.Mesh.Wire.Files;

// docs/reference/files.md, section 5; sealed:
//
//  01 file(16)

/// <summary>Asks a member of the conversation whether it has a file.</summary>
/// <param name="File">The file.</param>
public readonly record struct FileQuery(FileTag File)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 1 + FileTag.Size;

    /// <summary>Reads a word; false if it has another size or begins otherwise.</summary>
    public static bool TryRead(ReadOnlySpan<byte> word, out FileQuery query)
    {
        query = default;
        if (word.Length != Size || (word[0] & 0x7F) != (byte)FileWordKind.Query)
            return false;
        query = new FileQuery(FileTag.Read(word[1..]));
        return true;
    }

    /// <summary>Writes the word.</summary>
    public void Write(Span<byte> word)
    {
        word[0] = (byte)FileWordKind.Query;
        File.Write(word[1..]);
    }
}
