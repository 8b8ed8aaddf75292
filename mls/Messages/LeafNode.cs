using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     HPKEPublicKey encryption_key;                   opaque<V>
//     SignaturePublicKey signature_key;               opaque<V>
//     Credential credential;
//     Capabilities capabilities;
//     LeafNodeSource leaf_node_source;                uint8
//     select (LeafNode.leaf_node_source) {
//         case key_package: Lifetime lifetime;        uint64 not_before, uint64 not_after
//         case update:      struct{};
//         case commit:      opaque parent_hash<V>;
//     };
//     Extension extensions<V>;
//     opaque signature<V>;                            SignWithLabel(., "LeafNodeTBS", LeafNodeTBS)
// } LeafNode;                                         RFC 9420, section 7.2
/// <summary>
/// A member as it stands in the ratchet tree. Kept in its encoding with the offsets of its fields,
/// because a group has thousands of them and most are only ever hashed.
/// </summary>
public sealed class LeafNode
{
    private readonly Part _encryptionKey;
    private readonly Part _signatureKey;
    private readonly Part _credential;
    private readonly Part _capabilities;
    private readonly Part _parentHash;
    private readonly Part _extensions;
    private readonly Part _signature;
    private readonly int _signedLength;

    private LeafNode(
        ReadOnlyMemory<byte> encoded, Part encryptionKey, Part signatureKey, Part credential, ushort credentialType,
        Part capabilities, LeafNodeSource source, ulong notBefore, ulong notAfter, Part parentHash, Part extensions,
        Part signature, int signedLength)
    {
        Encoded = encoded;
        _encryptionKey = encryptionKey;
        _signatureKey = signatureKey;
        _credential = credential;
        CredentialType = credentialType;
        _capabilities = capabilities;
        Source = source;
        NotBefore = notBefore;
        NotAfter = notAfter;
        _parentHash = parentHash;
        _extensions = extensions;
        _signature = signature;
        _signedLength = signedLength;
    }

    /// <summary>The HPKE public key of the member.</summary>
    public ReadOnlyMemory<byte> EncryptionKey => At(_encryptionKey);

    /// <summary>The public signature key of the member.</summary>
    public ReadOnlyMemory<byte> SignatureKey => At(_signatureKey);

    /// <summary>Who the member claims to be.</summary>
    public Credential Credential => Credential.FromEncoded(At(_credential));

    /// <summary>What the member supports.</summary>
    public Capabilities Capabilities => CapabilitiesView.ToCapabilities();

    /// <summary>How the leaf node came into being.</summary>
    public LeafNodeSource Source { get; }

    /// <summary>Begin of the lifetime, in seconds since 1970 UTC; 0 unless the source is a key package.</summary>
    public ulong NotBefore { get; }

    /// <summary>End of the lifetime, in seconds since 1970 UTC; 0 unless the source is a key package.</summary>
    public ulong NotAfter { get; }

    /// <summary>The extensions of the leaf node.</summary>
    public ExtensionList Extensions => ExtensionList.Parse(At(_extensions));

    internal ReadOnlyMemory<byte> Encoded { get; }

    internal ushort CredentialType { get; }

    internal ReadOnlyMemory<byte> EncodedCredential => At(_credential);

    internal CapabilitiesView CapabilitiesView => new(At(_capabilities));

    internal ReadOnlyMemory<byte> ParentHash => At(_parentHash);

    internal ReadOnlyMemory<byte> ExtensionsBody => At(_extensions);

    internal bool HasExtensions => _extensions.Length > 0;

    internal static bool TryRead(ref MlsReader reader, out LeafNode leaf)
    {
        leaf = null!;
        int start = reader.Position;
        Part parentHash = default;
        ulong notBefore = 0, notAfter = 0;
        if (!TryReadPart(ref reader, start, out Part encryptionKey)
            || !TryReadPart(ref reader, start, out Part signatureKey))
            return false;
        int credentialStart = reader.Position;
        if (!Credential.TrySkip(ref reader, out ushort credentialType, out _))
            return false;
        int capabilitiesStart = reader.Position;
        if (!Capabilities.TrySkip(ref reader))
            return false;
        int capabilitiesEnd = reader.Position;
        if (!reader.TryReadByte(out byte source))
            return false;
        bool ok = (LeafNodeSource)source switch
        {
            LeafNodeSource.KeyPackage => reader.TryReadUInt64(out notBefore) && reader.TryReadUInt64(out notAfter),
            LeafNodeSource.Update => true,
            LeafNodeSource.Commit => TryReadPart(ref reader, start, out parentHash),
            _ => false,
        };
        if (!ok || !ExtensionList.TrySkip(ref reader, out ReadOnlyMemory<byte> extensions))
            return false;
        int signedEnd = reader.Position;
        if (!TryReadPart(ref reader, start, out Part signature))
            return false;
        leaf = new LeafNode(
            reader.Since(start), encryptionKey, signatureKey,
            new Part(credentialStart - start, capabilitiesStart - credentialStart), credentialType,
            new Part(capabilitiesStart - start, capabilitiesEnd - capabilitiesStart),
            (LeafNodeSource)source, notBefore, notAfter, parentHash,
            new Part(signedEnd - extensions.Length - start, extensions.Length), signature, signedEnd - start);
        return true;
    }

    /// <summary>
    /// Verifies the signature (section 7.2); the group's id and the leaf's index count unless it is from a key package.
    /// </summary>
    internal bool VerifySignature(Suite suite, ReadOnlySpan<byte> groupId, LeafIndex index)
    {
        using MlsWriter writer = new(_signedLength + groupId.Length + 16);
        writer.Raw(Encoded.Span[.._signedLength]);
        if (Source != LeafNodeSource.KeyPackage)
        {
            writer.Vector(groupId);
            writer.UInt32(index.Value);
        }
        return suite.VerifyWithLabel(SignatureKey.Span, "LeafNodeTBS"u8, writer.Written, At(_signature).Span);
    }

    /// <summary>Whether two leaves encode alike.</summary>
    internal bool SameAs(LeafNode other) => ReferenceEquals(this, other)
        || Encoded.Span.SequenceEqual(other.Encoded.Span);

    /// <summary>A copy that does not keep alive the message it came in.</summary>
    internal LeafNode Detach()
    {
        MlsReader reader = new(Encoded.ToArray());
        return TryRead(ref reader, out LeafNode copy) ? copy
            : throw new InvalidOperationException("The leaf was read before.");
    }

    private static bool TryReadPart(ref MlsReader reader, int start, out Part part)
    {
        bool ok = reader.TryReadVector(out ReadOnlyMemory<byte> value);
        part = new Part(reader.Position - start - value.Length, value.Length);
        return ok;
    }

    private ReadOnlyMemory<byte> At(Part part) => Encoded.Slice(part.Start, part.Length);

    private readonly record struct Part(int Start, int Length);
}
