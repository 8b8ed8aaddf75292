using System.Buffers.Binary;

namespace QuicProChat.Mesh.Messaging.Content;

// 88 revision(2) minutes(2)        revision > 0; minutes 0: messages stay

/// <summary>
/// From now on messages of the conversation disappear after a time, or stay. Each message says its own time too, so
/// this one tells the others what to put into theirs.
/// </summary>
/// <param name="Revision">One more than that of the change before it; 1 to 65,535, and then 1 again.</param>
/// <param name="Time">After what time.</param>
public sealed record TimerContent(ushort Revision, DisappearAfter Time) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Timer;

    /// <inheritdoc/>
    protected override int BodySize => sizeof(ushort) + DisappearAfter.Size;

    internal static TimerContent? Read(ReadOnlySpan<byte> body) =>
        body.Length == sizeof(ushort) + DisappearAfter.Size && BinaryPrimitives.ReadUInt16BigEndian(body) is > 0
            and var revision
        ? new TimerContent(revision, new DisappearAfter(BinaryPrimitives.ReadUInt16BigEndian(body[sizeof(ushort)..])))
        : null;

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, Revision);
        BinaryPrimitives.WriteUInt16BigEndian(destination[sizeof(ushort)..], Time.Minutes);
        return BodySize;
    }
}
