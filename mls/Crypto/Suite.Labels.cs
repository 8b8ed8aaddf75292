using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Crypto;

// The labelled functions: SignWithLabel (5.1.2), EncryptWithLabel (5.1.3), RefHash (5.2), ExpandWithLabel (8).
internal sealed partial class Suite
{
    private const int StackLimit = 512;

    /// <summary>ExpandWithLabel (section 8); the label without its "MLS 1.0 " prefix.</summary>
    internal void ExpandWithLabel(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        // struct { uint16 length; opaque label<V>; opaque context<V>; } KDFLabel, and HKDF's counter byte behind it.
        int labelLength = 8 + label.Length;
        int length = 2 + MlsWriter.HeaderSize(labelLength) + labelLength
            + MlsWriter.HeaderSize(context.Length) + context.Length + 1;
        if (labelLength >= 64 || context.Length >= 64 || length > StackLimit)
        {
            ExpandWithLongLabel(secret, label, context, output);
            return;
        }
        Span<byte> info = stackalloc byte[length];
        info[0] = (byte)(output.Length >> 8);
        info[1] = (byte)output.Length;
        info[2] = (byte)labelLength;
        "MLS 1.0 "u8.CopyTo(info[3..]);
        label.CopyTo(info[11..]);
        info[11 + label.Length] = (byte)context.Length;
        context.CopyTo(info[(12 + label.Length)..]);
        Hashing.Expand(Hash, secret, info, output);
    }

    internal byte[] ExpandWithLabel(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, int length)
    {
        byte[] output = new byte[length];
        ExpandWithLabel(secret, label, context, output);
        return output;
    }

    /// <summary>DeriveSecret (section 8).</summary>
    internal byte[] DeriveSecret(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label) =>
        ExpandWithLabel(secret, label, default, HashSize);

    /// <summary>DeriveTreeSecret (section 9.1).</summary>
    internal byte[] DeriveTreeSecret(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, uint generation, int length)
    {
        Span<byte> context = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(context, generation);
        return ExpandWithLabel(secret, label, context, length);
    }

    /// <summary>RefHash (section 5.2); the label is complete.</summary>
    internal byte[] RefHash(ReadOnlySpan<byte> label, ReadOnlySpan<byte> value)
    {
        using MlsWriter writer = new(value.Length + 64);
        writer.Vector(label);
        writer.Vector(value);
        return HashOf(writer.Written);
    }

    /// <summary>MakeKeyPackageRef (section 5.2).</summary>
    internal byte[] KeyPackageRef(ReadOnlySpan<byte> keyPackage) =>
        RefHash("MLS 1.0 KeyPackage Reference"u8, keyPackage);

    /// <summary>MakeProposalRef (section 5.2) of an AuthenticatedContent.</summary>
    internal byte[] ProposalRef(ReadOnlySpan<byte> content) => RefHash("MLS 1.0 Proposal Reference"u8, content);

    /// <summary>SignWithLabel (section 5.1.2).</summary>
    internal static byte[] SignWithLabel(Signer signer, ReadOnlySpan<byte> label, ReadOnlySpan<byte> content)
    {
        using MlsWriter writer = Labelled(label, content);
        return signer.Sign(writer.Written);
    }

    /// <summary>VerifyWithLabel (section 5.1.2).</summary>
    internal bool VerifyWithLabel(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> label, ReadOnlySpan<byte> content,
        ReadOnlySpan<byte> signature)
    {
        using MlsWriter writer = Labelled(label, content);
        return Signature.Verify(publicKey, writer.Written, signature);
    }

    /// <summary>EncryptWithLabel (section 5.1.3); false if the public key is invalid.</summary>
    internal bool TryEncryptWithLabel(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context,
        ReadOnlySpan<byte> plaintext,
        RandomFill random, out HpkeCiphertext ciphertext)
    {
        using MlsWriter info = Labelled(label, context);
        return Hpke.TrySeal(publicKey, info.Written, default, plaintext, random, out ciphertext);
    }

    /// <summary>The HPKE context of EncryptWithLabel, computed once for many recipients.</summary>
    internal byte[] EncryptionContext(ReadOnlySpan<byte> label, ReadOnlySpan<byte> context)
    {
        using MlsWriter info = Labelled(label, context);
        return Hpke.ContextOf(info.Written);
    }

    /// <summary>DecryptWithLabel (section 5.1.3); null if it fails.</summary>
    internal byte[]? DecryptWithLabel(
        ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> label,
        ReadOnlySpan<byte> context,
        HpkeCiphertext ciphertext)
    {
        using MlsWriter info = Labelled(label, context);
        return Hpke.Open(ciphertext.KemOutput.Span, privateKey, publicKey, info.Written, default,
            ciphertext.Ciphertext.Span);
    }

    // struct { opaque label<V>; opaque content<V>; } with "MLS 1.0 " before the label: SignContent and EncryptContext
    // alike.
    private static MlsWriter Labelled(ReadOnlySpan<byte> label, ReadOnlySpan<byte> content)
    {
        MlsWriter writer = new(content.Length + label.Length + 32);
        writer.VectorHeader(8 + label.Length);
        writer.Raw("MLS 1.0 "u8);
        writer.Raw(label);
        writer.Vector(content);
        return writer;
    }

    private void ExpandWithLongLabel(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        using MlsWriter writer = new(context.Length + label.Length + 32);
        writer.UInt16((ushort)output.Length);
        writer.VectorHeader(8 + label.Length);
        writer.Raw("MLS 1.0 "u8);
        writer.Raw(label);
        writer.Vector(context);
        writer.Byte(0);
        byte[] info = writer.ToArray();
        Hashing.Expand(Hash, secret, info, output);
    }
}
