using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Queries;

// docs/reference/fapp.md, section 3.5: what a relay is asked
//
//  version(1) = 1  type(1) = 1  length(1) filter(length)        zeros      a search
//  version(1) = 1  type(1) = 2  author(32) place(1) first(1)    zeros      a practice's answers        128 bytes

/// <summary>
/// What a node asks a relay for that follows regions, where only radios reach it: what fits a search, or a practice's
/// answers.
/// </summary>
public sealed record SlotQuery
{
    /// <summary>Its size in bytes, whatever it asks.</summary>
    public const int Size = 128;

    private const byte Version = 1;
    private const byte Search = 1;
    private const byte Answers = 2;
    private const int FilterAt = 3;
    private const int AuthorAt = 2;
    private const int PlaceAt = AuthorAt + Ed25519.PublicKeySize;
    private const int FirstAt = PlaceAt + 1;

    /// <summary>What is looked for; null: answers are asked for.</summary>
    public SlotFilter? Filter { get; init; }

    /// <summary>Whose answers, 32 bytes; empty for a search.</summary>
    public byte[] Author { get; init; } = [];

    /// <summary>Which of its places.</summary>
    public byte Place { get; init; }

    /// <summary>The first byte of the request's id: it names the shard of its answer.</summary>
    public byte First { get; init; }

    /// <summary>Writes it.</summary>
    /// <param name="bytes">Receives <see cref="Size"/> bytes.</param>
    /// <returns>False if the filter is too long for it.</returns>
    public bool TryWrite(Span<byte> bytes)
    {
        bytes.Clear();
        bytes[0] = Version;
        if (Filter is { } filter)
        {
            byte[] encoded = filter.Encode();
            if (encoded.Length > Size - FilterAt)
                return false;
            (bytes[1], bytes[2]) = (Search, (byte)encoded.Length);
            encoded.CopyTo(bytes[FilterAt..]);
            return true;
        }

        bytes[1] = Answers;
        Author.CopyTo(bytes[AuthorAt..]);
        (bytes[PlaceAt], bytes[FirstAt]) = (Place, First);
        return true;
    }

    /// <summary>Reads it; null if it is malformed, of another version, or its padding is not zero.</summary>
    public static SlotQuery? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size || bytes[0] != Version)
            return null;
        switch (bytes[1])
        {
            case Search:
                int end = FilterAt + bytes[2];
                if (end > Size || bytes[end..].IndexOfAnyExcept((byte)0) >= 0)
                    return null;
                return SlotFilter.TryRead(bytes[FilterAt..end]) is { } filter
                    ? new SlotQuery { Filter = filter } : null;
            case Answers:
                if (bytes[(FirstAt + 1)..].IndexOfAnyExcept((byte)0) >= 0)
                    return null;
                return new SlotQuery
                {
                    Author = bytes.Slice(AuthorAt, Ed25519.PublicKeySize).ToArray(),
                    Place = bytes[PlaceAt],
                    First = bytes[FirstAt],
                };
            default:
                return null;
        }
    }
}
