using System.Buffers.Binary;

namespace QuicProChat.Mesh.Messaging.Content;

// 81 minutes(2) content(1..)           minutes > 0; a content that is shown, and not itself timed

/// <summary>A content that disappears: its time travels with it, so that no order of arrival can lose it.</summary>
/// <param name="Time">After what time.</param>
/// <param name="Inner">The content.</param>
public sealed record TimedContent(DisappearAfter Time, MessageContent Inner) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Timed;

    /// <inheritdoc/>
    public override string Text => Inner.Text;

    /// <inheritdoc/>
    public override DisappearAfter After => Time;

    /// <inheritdoc/>
    public override MessageContent Plain => Inner;

    /// <inheritdoc/>
    protected override int BodySize => DisappearAfter.Size + Inner.Size;

    /// <summary>Gives a content a time; without one it stays as it is.</summary>
    public static MessageContent Of(DisappearAfter time, MessageContent content) =>
        time.IsNever || !content.IsShown || content is TimerContent ? content.Plain
            : new TimedContent(time, content.Plain);

    internal static TimedContent? Read(ReadOnlySpan<byte> body)
    {
        if (body.Length <= DisappearAfter.Size
            || BinaryPrimitives.ReadUInt16BigEndian(body) is not (> 0 and var minutes))
            return null;
        return TryRead(body[DisappearAfter.Size..], out MessageContent? inner)
            && inner is not (TimedContent or TimerContent) && inner.IsShown
            ? new TimedContent(new DisappearAfter(minutes), inner) : null;
    }

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, Time.Minutes);
        return DisappearAfter.Size + Inner.Write(destination[DisappearAfter.Size..]);
    }
}
