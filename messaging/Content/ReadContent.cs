namespace QuicProChat.Mesh.Messaging.Content;

// 86 references(1..32 x (9 or 15))

/// <summary>Messages were read by whoever says so.</summary>
/// <param name="Messages">Which; 1 to <see cref="MaxMessages"/>.</param>
public sealed record ReadContent(IReadOnlyList<ContentReference> Messages) : MessageContent
{
    /// <summary>Messages in one of them at most. Arbitrary.</summary>
    public const int MaxMessages = 32;

    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Read;

    /// <inheritdoc/>
    public override bool IsShown => false;

    /// <inheritdoc/>
    protected override int BodySize => Messages.Sum(static m => m.Size);

    internal static ReadContent? Read(ReadOnlySpan<byte> body)
    {
        var messages = new List<ContentReference>();
        while (!body.IsEmpty)
        {
            if (messages.Count == MaxMessages || !ContentReference.TryRead(ref body, out ContentReference message))
                return null;
            messages.Add(message);
        }

        return messages.Count > 0 ? new ReadContent(messages) : null;
    }

    /// <inheritdoc/>
    public bool Equals(ReadContent? other) => other is not null && Messages.SequenceEqual(other.Messages);

    /// <inheritdoc/>
    public override int GetHashCode() => Messages.Count == 0 ? 0 : Messages[0].GetHashCode();

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        int written = 0;
        foreach (ContentReference message in Messages)
            written += message.Write(destination[written..]);
        return written;
    }
}
