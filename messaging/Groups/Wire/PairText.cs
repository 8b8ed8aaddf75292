using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

/// <summary>
/// What a text of a pair says: the same bytes as inside a sealed message (docs/reference/protocol.md, section 4.1),
/// with the time, the lifetime and the padding, so that a conversation shows the same whichever way a text went.
/// </summary>
internal static class PairText
{
    /// <summary>Writes it.</summary>
    /// <param name="content">What it says.</param>
    /// <param name="at">When it was written.</param>
    /// <param name="lifetime">How long it may take.</param>
    /// <param name="pads">With padding behind it.</param>
    internal static byte[] Write(MessageContent content, DateTimeOffset at, TimeSpan lifetime, bool pads)
    {
        ushort units = SealedContent.ToLifetime(lifetime);
        int before = SealedContent.SizeOf(0, units);
        byte[] body = new byte[pads ? ContentPadding.SizeOf(content.Size, before) : content.Size];
        content.Write(body);
        if (pads)
            ContentPadding.Write(body, content.Size);
        byte[] text = new byte[before + body.Length];
        SealedContent.Write(
            text, pads ? ContentType.Padded : ContentType.Content, keySign: false, SealedContent.ToTime(at), units,
            body);
        return text;
    }

    /// <summary>Reads it; false if it says nothing that this node takes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="now">The calendar's time.</param>
    /// <param name="content">What it says.</param>
    /// <param name="sentAt">When its sender says that it was written; null where that is not said.</param>
    /// <param name="isLate">It came after its lifetime, by this node's clock.</param>
    internal static bool TryRead(
        ReadOnlySpan<byte> bytes, DateTimeOffset now, out MessageContent content, out DateTimeOffset? sentAt,
        out bool isLate)
    {
        (content, sentAt, isLate) = (null!, null, false);
        if (!SealedContent.TryRead(bytes, out SealedContent sealedContent)
            || !sealedContent.TryGetContent(out ReadOnlySpan<byte> body)
            || !MessageContent.TryRead(body, out MessageContent? read))
            return false;
        content = read;
        sentAt = SealedContent.FromTime(sealedContent.Time);
        isLate = SentTimes.IsLate(sentAt, sealedContent.LifetimeUnits, now);
        return true;
    }
}
