using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Content;

// 83 reference(9 or 15) turn(1) emoji(1..48)       turn: 1 added, 2 taken back, 3 added again, ...

/// <summary>
/// A sign on another message (MIMI: disposition reaction). Each change of one sign by one person has a turn of its
/// own, odd where it is there and even where it is taken back; the highest counts, in whatever order they come.
/// </summary>
/// <param name="To">The message.</param>
/// <param name="Turn">1 to 255.</param>
/// <param name="Emoji">The sign.</param>
public sealed record ReactionContent(ContentReference To, byte Turn, string Emoji) : MessageContent
{
    /// <summary>Largest sign in bytes of UTF-8: a family of four with skin tones has 41. Arbitrary.</summary>
    public const int MaxEmojiSize = 48;

    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Reaction;

    /// <inheritdoc/>
    public override bool IsShown => false;

    /// <summary>The sign is there after it.</summary>
    public bool IsAdded => Turn % 2 == 1;

    /// <inheritdoc/>
    protected override int BodySize => To.Size + 1 + ContentText.Size(Emoji);

    /// <summary>Tells whether a text can be a sign: short, visible, without blanks.</summary>
    public static bool IsEmoji(string text) =>
        text.Length > 0 && !text.Any(char.IsWhiteSpace) && DisplayName.IsValid(text, MaxEmojiSize);

    internal static ReactionContent? Read(ReadOnlySpan<byte> body)
    {
        if (!ContentReference.TryRead(ref body, out ContentReference to) || body.Length is < 2 or > 1 + MaxEmojiSize)
            return null;
        byte turn = body[0];
        return turn > 0 && DisplayName.IsValid(body[1..], MaxEmojiSize)
            && Encoding.UTF8.GetString(body[1..]) is var emoji && IsEmoji(emoji)
            ? new ReactionContent(to, turn, emoji) : null;
    }

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        int written = To.Write(destination);
        destination[written++] = Turn;
        return written + ContentText.Write(Emoji, destination[written..]);
    }
}
