namespace QuicProChat.Mesh.Messaging.Content;

// B2 name(0..)         local

/// <summary>A conversation has another name.</summary>
/// <param name="Name">The name.</param>
public sealed record RenamedNotice(string Name) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Renamed;

    /// <inheritdoc/>
    public override string Text => Name;

    /// <inheritdoc/>
    protected override int BodySize => ContentText.Size(Name);

    internal static RenamedNotice? Read(ReadOnlySpan<byte> body) =>
        ContentText.Read(body) is { } name ? new RenamedNotice(name) : null;

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination) => ContentText.Write(Name, destination);
}
