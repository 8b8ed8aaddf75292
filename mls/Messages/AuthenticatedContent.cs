using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     opaque signature<V>;                            SignWithLabel(., "FramedContentTBS", FramedContentTBS)
//     select (FramedContent.content_type) {
//         case commit: MAC confirmation_tag;          opaque<V>
//         case application: case proposal: struct{};
//     };
// } FramedContentAuthData;                            RFC 9420, section 6.1
//
// struct {
//     WireFormat wire_format;                         uint16
//     FramedContent content;
//     FramedContentAuthData auth;
// } AuthenticatedContent;                             RFC 9420, section 6
internal sealed class AuthenticatedContent(
    WireFormat wireFormat, FramedContent content, ReadOnlyMemory<byte> signature, ReadOnlyMemory<byte> confirmationTag)
{
    internal WireFormat WireFormat { get; } = wireFormat;

    internal FramedContent Content { get; } = content;

    internal ReadOnlyMemory<byte> Signature { get; } = signature;

    internal ReadOnlyMemory<byte> ConfirmationTag { get; } = confirmationTag;

    internal static bool TryRead(ref MlsReader reader, out AuthenticatedContent value)
    {
        value = null!;
        if (!reader.TryReadUInt16(out ushort format) || !FramedContent.TryRead(ref reader, out FramedContent content)
            || !TryReadAuth(ref reader, content.ContentType, out ReadOnlyMemory<byte> signature,
                out ReadOnlyMemory<byte> tag))
        {
            return false;
        }
        value = new AuthenticatedContent((WireFormat)format, content, signature, tag);
        return true;
    }

    internal static bool TryReadAuth(
        ref MlsReader reader, ContentType type, out ReadOnlyMemory<byte> signature,
        out ReadOnlyMemory<byte> confirmationTag)
    {
        confirmationTag = default;
        return reader.TryReadVector(out signature)
            && (type != ContentType.Commit || reader.TryReadVector(out confirmationTag));
    }

    internal void WriteAuth(MlsWriter writer)
    {
        writer.Vector(Signature);
        if (Content.ContentType == ContentType.Commit)
            writer.Vector(ConfirmationTag);
    }

    internal void Write(MlsWriter writer)
    {
        writer.UInt16((ushort)WireFormat);
        writer.Raw(Content.Encoded);
        WriteAuth(writer);
    }

    /// <summary>Writes FramedContentTBS (section 6.1).</summary>
    internal static void WriteToBeSigned(
        MlsWriter writer, WireFormat format, FramedContent content, GroupContext? context)
    {
        writer.UInt16(Protocol.Version);
        writer.UInt16((ushort)format);
        writer.Raw(content.Encoded);
        if (content.Sender.SignsContext)
            writer.Raw(context!.Encoded);
    }

    internal static byte[] Sign(WireFormat format, FramedContent content, GroupContext? context, Signer signer)
    {
        using MlsWriter writer = new(content.Encoded.Length + 256);
        WriteToBeSigned(writer, format, content, context);
        return Suite.SignWithLabel(signer, "FramedContentTBS"u8, writer.Written);
    }

    internal bool VerifySignature(Suite suite, ReadOnlySpan<byte> signatureKey, GroupContext? context)
    {
        using MlsWriter writer = new(Content.Encoded.Length + 256);
        WriteToBeSigned(writer, WireFormat, Content, context);
        return suite.VerifyWithLabel(signatureKey, "FramedContentTBS"u8, writer.Written, Signature.Span);
    }

    /// <summary>MakeProposalRef (section 5.2).</summary>
    internal byte[] Reference(Suite suite)
    {
        using MlsWriter writer = new(Content.Encoded.Length + 128);
        Write(writer);
        return suite.ProposalRef(writer.Written);
    }

    /// <summary>The confirmed transcript hash that this commit leads to (section 8.2).</summary>
    internal byte[] ConfirmedTranscriptHash(Suite suite, ReadOnlySpan<byte> interimBefore) =>
        ConfirmedTranscriptHash(suite, interimBefore, WireFormat, Content, Signature.Span);

    internal static byte[] ConfirmedTranscriptHash(
        Suite suite, ReadOnlySpan<byte> interimBefore, WireFormat format, FramedContent content,
        ReadOnlySpan<byte> signature)
    {
        using MlsWriter writer = new(content.Encoded.Length + 256);
        writer.Raw(interimBefore);
        writer.UInt16((ushort)format);
        writer.Raw(content.Encoded);
        writer.Vector(signature);
        return suite.HashOf(writer.Written);
    }

    /// <summary>The interim transcript hash (section 8.2).</summary>
    internal static byte[] InterimTranscriptHash(
        Suite suite, ReadOnlySpan<byte> confirmed, ReadOnlySpan<byte> confirmationTag)
    {
        using MlsWriter writer = new();
        writer.Raw(confirmed);
        writer.Vector(confirmationTag);
        return suite.HashOf(writer.Written);
    }
}
