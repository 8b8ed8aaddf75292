using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     ProtocolVersion version;                        uint16
//     CipherSuite cipher_suite;                       uint16
//     HPKEPublicKey init_key;                         opaque<V>
//     LeafNode leaf_node;
//     Extension extensions<V>;
//     opaque signature<V>;                            SignWithLabel(., "KeyPackageTBS", KeyPackageTBS)
// } KeyPackage;                                       RFC 9420, section 10
/// <summary>
/// A key package whose signatures nobody has checked yet; a client makes a <see cref="KeyPackage"/> of it.
/// </summary>
public sealed class UnverifiedKeyPackage
{
    private readonly int _signedLength;

    private UnverifiedKeyPackage(
        ReadOnlyMemory<byte> encoded, ushort version, ushort suite, ReadOnlyMemory<byte> initKey, LeafNode leaf,
        ReadOnlyMemory<byte> extensions, ReadOnlyMemory<byte> signature, int signedLength)
    {
        Encoded = encoded;
        Version = version;
        CipherSuite = (CipherSuite)suite;
        InitKey = initKey;
        Leaf = leaf;
        ExtensionsBody = extensions;
        Signature = signature;
        _signedLength = signedLength;
    }

    /// <summary>The cipher suite; it may be one that this library does not know.</summary>
    public CipherSuite CipherSuite { get; }

    /// <summary>The leaf node that the owner asks to be added.</summary>
    public LeafNode Leaf { get; }

    /// <summary>The extensions of the key package.</summary>
    public ExtensionList Extensions => ExtensionList.Parse(ExtensionsBody);

    internal ReadOnlyMemory<byte> Encoded { get; }

    internal ushort Version { get; }

    internal ReadOnlyMemory<byte> InitKey { get; }

    internal ReadOnlyMemory<byte> ExtensionsBody { get; }

    internal ReadOnlyMemory<byte> Signature { get; }

    /// <summary>Parses an MLSMessage that carries a key package.</summary>
    public static MlsResult<UnverifiedKeyPackage> Parse(ReadOnlySpan<byte> message)
    {
        MlsReader reader = new(message.ToArray());
        if (!MlsFrame.TryReadHeader(ref reader, out WireFormat format, out MlsError error))
            return error;
        if (format != WireFormat.KeyPackage)
            return Errors.WrongFormat;
        return TryRead(ref reader, out UnverifiedKeyPackage keyPackage) && reader.AtEnd
            ? keyPackage
            : Errors.Malformed("10");
    }

    internal static bool TryRead(ref MlsReader reader, out UnverifiedKeyPackage keyPackage)
    {
        keyPackage = null!;
        int start = reader.Position;
        if (!reader.TryReadUInt16(out ushort version) || !reader.TryReadUInt16(out ushort suite)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> initKey)
            || !LeafNode.TryRead(ref reader, out LeafNode leaf)
            || !ExtensionList.TrySkip(ref reader, out ReadOnlyMemory<byte> extensions))
        {
            return false;
        }
        int signedLength = reader.Position - start;
        if (!reader.TryReadVector(out ReadOnlyMemory<byte> signature))
            return false;
        keyPackage = new UnverifiedKeyPackage(
            reader.Since(start), version, suite, initKey, leaf, extensions, signature, signedLength);
        return true;
    }

    internal bool VerifySignature(Suite suite) => suite.VerifyWithLabel(
        Leaf.SignatureKey.Span, "KeyPackageTBS"u8, Encoded.Span[.._signedLength], Signature.Span);

    /// <summary>Builds and signs a key package of our own.</summary>
    internal static UnverifiedKeyPackage Create(
        Suite suite, ReadOnlySpan<byte> initKey, LeafNode leaf, ExtensionList extensions, Signer signer)
    {
        using MlsWriter writer = new();
        writer.UInt16(Protocol.Version);
        writer.UInt16((ushort)suite.Id);
        writer.Vector(initKey);
        writer.Raw(leaf.Encoded);
        extensions.Write(writer);
        writer.Vector(Suite.SignWithLabel(signer, "KeyPackageTBS"u8, writer.Written));
        MlsReader reader = new(writer.ToArray());
        return TryRead(ref reader, out UnverifiedKeyPackage keyPackage)
            ? keyPackage
            : throw new InvalidOperationException("An own key package must be readable.");
    }

    /// <summary>The MLSMessage that carries the key package.</summary>
    public byte[] ToMessage() => MlsFrame.Write(WireFormat.KeyPackage, Encoded.Span);
}
