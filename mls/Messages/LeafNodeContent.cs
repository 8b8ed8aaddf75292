using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Messages;

/// <summary>What goes into a leaf node of our own, before it is signed (RFC 9420, section 7.2).</summary>
internal sealed record LeafNodeContent(
    ReadOnlyMemory<byte> EncryptionKey, Credential Credential, Capabilities Capabilities, ExtensionList Extensions)
{
    /// <summary>Signs a leaf for a key package.</summary>
    internal LeafNode SignForKeyPackage(Signer signer, ulong notBefore, ulong notAfter)
    {
        using MlsWriter writer = new();
        Begin(writer, signer, LeafNodeSource.KeyPackage);
        writer.UInt64(notBefore);
        writer.UInt64(notAfter);
        Extensions.Write(writer);
        return Finish(writer, signer, writer.Written);
    }

    /// <summary>Signs a leaf for an Update proposal, or, with a parent hash, for the path of a commit.</summary>
    internal LeafNode SignForGroup(Signer signer, byte[]? parentHash, ReadOnlySpan<byte> groupId, LeafIndex index)
    {
        using MlsWriter writer = new();
        Begin(writer, signer, parentHash is null ? LeafNodeSource.Update : LeafNodeSource.Commit);
        if (parentHash is not null)
            writer.Vector(parentHash);
        Extensions.Write(writer);
        using MlsWriter signed = new(writer.Length + groupId.Length + 16);
        signed.Raw(writer.Written);
        signed.Vector(groupId);
        signed.UInt32(index.Value);
        return Finish(writer, signer, signed.Written);
    }

    private void Begin(MlsWriter writer, Signer signer, LeafNodeSource source)
    {
        writer.Vector(EncryptionKey);
        writer.Vector(signer.PublicKey);
        writer.Raw(Credential.Encoded);
        Capabilities.Write(writer);
        writer.Byte((byte)source);
    }

    private static LeafNode Finish(MlsWriter writer, Signer signer, ReadOnlySpan<byte> signed)
    {
        writer.Vector(Suite.SignWithLabel(signer, "LeafNodeTBS"u8, signed));
        MlsReader reader = new(writer.ToArray());
        return LeafNode.TryRead(ref reader, out LeafNode leaf)
            ? leaf
            : throw new InvalidOperationException("An own leaf must be readable.");
    }
}
