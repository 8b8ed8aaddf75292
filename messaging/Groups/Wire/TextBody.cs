using QuicProChat.Mesh.Messaging.Content;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  0 | content                       a text that was not sealed before
//  1 | first place 14 | content      one that is sealed again, because keys changed before it arrived
//
/// <summary>
/// What is inside an MLS application message. A message belongs to the conversation and not to an epoch: sealed again
/// it keeps its first place, so that whoever has it already shows it once.
/// </summary>
internal readonly ref struct TextBody
{
    /// <summary>Bytes before the content of a text that is sealed again.</summary>
    internal const int AgainSize = 1 + MessagePlace.Size;

    private TextBody(MessagePlace? first, ReadOnlySpan<byte> content)
    {
        First = first;
        Content = content;
    }

    /// <summary>Where the text stands, since it was sealed first; null if that is now.</summary>
    internal MessagePlace? First { get; }

    internal ReadOnlySpan<byte> Content { get; }

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out TextBody body)
    {
        body = default;
        if (bytes.IsEmpty || bytes[0] > 1 || (bytes[0] == 1 && bytes.Length < AgainSize))
            return false;
        body = bytes[0] == 0
            ? new TextBody(null, bytes[1..])
            : new TextBody(MessagePlace.Read(bytes[1..]), bytes[AgainSize..]);
        return true;
    }

    internal static byte[] Write(MessagePlace? first, ReadOnlySpan<byte> content)
    {
        byte[] bytes = new byte[(first is null ? 1 : AgainSize) + content.Length];
        if (first is { } place)
        {
            bytes[0] = 1;
            place.Write(bytes.AsSpan(1));
        }

        content.CopyTo(bytes.AsSpan(bytes.Length - content.Length));
        return bytes;
    }
}
