using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     GroupContext group_context;
//     Extension extensions<V>;
//     MAC confirmation_tag;                           opaque<V>
//     uint32 signer;
//     opaque signature<V>;                            SignWithLabel(., "GroupInfoTBS", GroupInfoTBS)
// } GroupInfo;                                        RFC 9420, section 12.4.3
/// <summary>
/// The state of a group as a member published it; a joiner checks the signature once it has the tree.
/// </summary>
public sealed class UnverifiedGroupInfo
{
    private readonly ReadOnlyMemory<byte> _signature;
    private readonly int _signedLength;

    private UnverifiedGroupInfo(
        ReadOnlyMemory<byte> encoded, ushort version, GroupContext context, ExtensionList extensions,
        ReadOnlyMemory<byte> confirmationTag, uint signer, ReadOnlyMemory<byte> signature, int signedLength)
    {
        Encoded = encoded;
        Version = version;
        Context = context;
        Extensions = extensions;
        ConfirmationTag = confirmationTag;
        Signer = new LeafIndex(signer);
        _signature = signature;
        _signedLength = signedLength;
    }

    /// <summary>The group's id.</summary>
    public ReadOnlyMemory<byte> GroupId => Context.GroupId;

    /// <summary>The group's epoch.</summary>
    public ulong Epoch => Context.Epoch;

    /// <summary>The group's cipher suite; it may be one that this library does not know.</summary>
    public CipherSuite CipherSuite => Context.CipherSuite;

    internal ReadOnlyMemory<byte> Encoded { get; }

    internal ushort Version { get; }

    internal GroupContext Context { get; }

    internal ExtensionList Extensions { get; }

    internal ReadOnlyMemory<byte> ConfirmationTag { get; }

    internal LeafIndex Signer { get; }

    /// <summary>Parses an MLSMessage that carries a GroupInfo.</summary>
    public static MlsResult<UnverifiedGroupInfo> Parse(ReadOnlySpan<byte> message)
    {
        MlsReader reader = new(message.ToArray());
        if (!MlsFrame.TryReadHeader(ref reader, out WireFormat format, out MlsError error))
            return error;
        if (format != WireFormat.GroupInfo)
            return Errors.WrongFormat;
        return TryRead(ref reader, out UnverifiedGroupInfo info) && reader.AtEnd ? info : Errors.Malformed("12.4.3");
    }

    internal static bool TryRead(ref MlsReader reader, out UnverifiedGroupInfo info)
    {
        info = null!;
        int start = reader.Position;
        if (!GroupContext.TryRead(ref reader, out GroupContext context, out ushort version)
            || !ExtensionList.TryRead(ref reader, out ExtensionList extensions)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> tag) || !reader.TryReadUInt32(out uint signer))
        {
            return false;
        }
        int signedLength = reader.Position - start;
        if (!reader.TryReadVector(out ReadOnlyMemory<byte> signature))
            return false;
        info = new UnverifiedGroupInfo(reader.Since(start), version, context, extensions, tag, signer, signature,
            signedLength);
        return true;
    }

    internal bool VerifySignature(Suite suite, ReadOnlySpan<byte> signatureKey) =>
        suite.VerifyWithLabel(signatureKey, "GroupInfoTBS"u8, Encoded.Span[.._signedLength], _signature.Span);

    /// <summary>
    /// Writes and signs a GroupInfo; the extensions are written by the caller, so that a tree is written once.
    /// </summary>
    internal static byte[] Create(
        GroupContext context, Action<MlsWriter> writeExtensions, ReadOnlySpan<byte> confirmationTag,
        LeafIndex signer, Signer key)
    {
        using MlsWriter writer = new(1024);
        writer.Raw(context.Encoded);
        int mark = writer.Begin();
        writeExtensions(writer);
        writer.End(mark);
        writer.Vector(confirmationTag);
        writer.UInt32(signer.Value);
        writer.Vector(Suite.SignWithLabel(key, "GroupInfoTBS"u8, writer.Written));
        return writer.ToArray();
    }
}
