using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Content;

// B0 address(16)       joined, local
// B1 address(16)       left, local

/// <summary>Somebody joined or left a conversation, as this node saw it.</summary>
/// <param name="Member">Who.</param>
/// <param name="HasJoined">False: left.</param>
public sealed record MemberNotice(NodeAddress Member, bool HasJoined) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => HasJoined ? MessageContentType.Joined : MessageContentType.Left;

    /// <inheritdoc/>
    protected override int BodySize => NodeAddress.Size;

    internal static MemberNotice? Read(MessageContentType type, ReadOnlySpan<byte> body) =>
        body.Length == NodeAddress.Size
        ? new MemberNotice(NodeAddress.Read(body), type == MessageContentType.Joined) : null;

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        Member.Write(destination);
        return NodeAddress.Size;
    }
}
