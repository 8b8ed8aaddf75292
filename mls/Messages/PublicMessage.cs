using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     FramedContent content;
//     FramedContentAuthData auth;
//     select (PublicMessage.content.sender.sender_type) {
//         case member: MAC membership_tag;            opaque<V>
//         case external: case new_member_commit: case new_member_proposal: struct{};
//     };
// } PublicMessage;                                    RFC 9420, section 6.2
internal sealed class PublicMessage(AuthenticatedContent authenticated, ReadOnlyMemory<byte> membershipTag)
{
    internal AuthenticatedContent Authenticated { get; } = authenticated;

    internal FramedContent Content => Authenticated.Content;

    internal ReadOnlyMemory<byte> MembershipTag { get; } = membershipTag;

    internal static bool TryRead(ref MlsReader reader, out PublicMessage message)
    {
        message = null!;
        if (!FramedContent.TryRead(ref reader, out FramedContent content)
            || !AuthenticatedContent.TryReadAuth(ref reader, content.ContentType, out ReadOnlyMemory<byte> signature,
                out ReadOnlyMemory<byte> confirmation))
        {
            return false;
        }
        ReadOnlyMemory<byte> tag = default;
        if (content.Sender.Type == SenderType.Member && !reader.TryReadVector(out tag))
            return false;
        message = new PublicMessage(
            new AuthenticatedContent(WireFormat.PublicMessage, content, signature, confirmation), tag);
        return true;
    }

    internal void Write(MlsWriter writer)
    {
        writer.Raw(Content.Encoded);
        Authenticated.WriteAuth(writer);
        if (Content.Sender.Type == SenderType.Member)
            writer.Vector(MembershipTag);
    }

    /// <summary>Adds the membership tag, if the sender is a member (section 6.2).</summary>
    internal static PublicMessage Protect(
        Suite suite, AuthenticatedContent authenticated, GroupContext? context, ReadOnlySpan<byte> membershipKey)
    {
        if (authenticated.Content.Sender.Type != SenderType.Member)
            return new PublicMessage(authenticated, default);
        using MlsWriter writer = new(authenticated.Content.Encoded.Length + 512);
        WriteToBeMaced(writer, authenticated, context!);
        return new PublicMessage(authenticated, suite.Mac(membershipKey, writer.Written));
    }

    internal bool VerifyMembershipTag(Suite suite, GroupContext context, ReadOnlySpan<byte> membershipKey)
    {
        using MlsWriter writer = new(Content.Encoded.Length + 512);
        WriteToBeMaced(writer, Authenticated, context);
        return suite.VerifyMac(membershipKey, writer.Written, MembershipTag.Span);
    }

    internal byte[] ToMessage()
    {
        using MlsWriter writer = new(Content.Encoded.Length + 256);
        MlsFrame.WriteHeader(writer, WireFormat.PublicMessage);
        Write(writer);
        return writer.ToArray();
    }

    // struct { FramedContentTBS content_tbs; FramedContentAuthData auth; } AuthenticatedContentTBM;
    private static void WriteToBeMaced(MlsWriter writer, AuthenticatedContent authenticated, GroupContext context)
    {
        AuthenticatedContent.WriteToBeSigned(writer, WireFormat.PublicMessage, authenticated.Content, context);
        authenticated.WriteAuth(writer);
    }
}
